using Nightscout;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>A run in hand: whose, under which lease, what it has moved so far, and what it knows.</summary>
public sealed record Run(Participant Participant, OpenHumansAccount Account, Lease Lease, RunTotals Totals, DateTimeOffset Started)
{
    public long ParticipantId => Participant.ParticipantId;

    /// <summary>Zone of the participant's profile.</summary>
    public LocalDays LocalDays { get; set; } = new(null);

    /// <summary>Our records of days before it came from another site.</summary>
    public DateOnly HistoryFrom { get; set; }

    /// <summary>The site is the one it was.</summary>
    public bool IsSiteProven { get; set; }

    /// <summary>It is the day's longer run: files of closed months may be rewritten and day files joined.</summary>
    public bool IsDaily { get; set; }

    /// <summary>No budget of time ends it.</summary>
    public bool IsUnhurried { get; set; }

    /// <summary>Records looked up by id.</summary>
    public int Lookups { get; set; }

    /// <summary>In <see cref="Refused"/>: the site's API v3.</summary>
    public const string ApiV3 = "v3";

    /// <summary>Names of collections that the site does not let us read, and <see cref="ApiV3"/>: not asked for.</summary>
    public IReadOnlyList<string> Refused { get; set; } = [];

    /// <summary>When the first of them was refused; null: none is.</summary>
    public DateTime? RefusedAt { get; set; }

    public void Refuse(string what) => (Refused, RefusedAt) = ([.. Refused, what], Started.UtcDateTime);

    /// <summary>There is more to copy than one run does.</summary>
    public bool IsUnfinished { get; set; }
}

/// <summary>What a run moved.</summary>
public sealed class RunTotals
{
    public long RecordsRead { get; set; }

    public int FilesWritten { get; set; }

    /// <summary>Sent to Open Humans.</summary>
    public long BytesUp { get; set; }

    /// <summary>Read from Open Humans.</summary>
    public long BytesDown { get; set; }

    /// <summary>What was asked of the site.</summary>
    public SiteVisit Visit { get; init; } = new();

    /// <summary>Where files were read back, by collection: how they differed from the site.</summary>
    public Dictionary<string, Differences> Differences { get; } = [];

    public Differences DifferencesOf(Collection collection) =>
        Differences.TryGetValue(collection.Name, out var known) ? known : Differences[collection.Name] = new();
}

/// <summary>How files of a collection differed from the site.</summary>
public sealed class Differences
{
    /// <summary>Records the site served.</summary>
    public int Served { get; set; }

    /// <summary>Records of the site that no file had.</summary>
    public int Missing { get; set; }

    /// <summary>Records that had changed.</summary>
    public int Changed { get; set; }

    /// <summary>Records that came back under another id.</summary>
    public int Renamed { get; set; }

    /// <summary>Records that only our file has: pruned at the source, or absent for less than a day.</summary>
    public int OnlyOurs { get; set; }

    /// <summary>Records marked as deleted.</summary>
    public int Deleted { get; set; }
}

public sealed record IngestOutcome(Cause Cause, RunTotals Totals);
