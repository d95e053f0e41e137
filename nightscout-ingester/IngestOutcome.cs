namespace NightscoutIngester;

/// <summary>Why a run ended: success, or what has to happen next.</summary>
public enum Cause
{
    Success,
    /// <summary>The participant left or has to sign in again.</summary>
    Suspended,
    SignInAgain,
    /// <summary>There is no address file in the participant's Open Humans account.</summary>
    NoAddress,
    AddressUnusable,
    SiteRefused,
    SiteUnreachable,
    SiteMoved,
    NotNightscout,
    SiteTemporary,
    OpenHumansTemporary,
    LeaseLost,
    Stopped,
    /// <summary>A fault of ours: the operator has to look.</summary>
    Unexpected,
}

public static class Causes
{
    /// <summary>The cause as it stands in tables and logs: "sign in again".</summary>
    public static string Name(this Cause cause) =>
        string.Concat(cause.ToString().Select((letter, at) => at > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    /// <summary>
    /// How long to wait for the next run. What only the participant can mend is looked at rarely: their next change makes them due at once.
    /// </summary>
    public static TimeSpan Wait(this Cause cause, TimeSpan every) => cause switch
    {
        Cause.Success => every,
        Cause.Suspended or Cause.SignInAgain or Cause.NoAddress or Cause.AddressUnusable or Cause.SiteRefused or Cause.SiteMoved => TimeSpan.FromDays(1),
        Cause.NotNightscout => TimeSpan.FromHours(3), // or a host that shows a page while it wakes
        Cause.LeaseLost or Cause.Stopped => TimeSpan.Zero,
        _ => TimeSpan.FromTicks(Math.Min(every.Ticks, TimeSpan.FromMinutes(30).Ticks)),
    };
}

/// <summary>What a run moved.</summary>
public sealed class RunTotals
{
    public long RecordsRead { get; set; }

    public int FilesWritten { get; set; }

    public long BytesUp { get; set; }

    public long BytesDown { get; set; }
}

public sealed record IngestOutcome(Cause Cause, RunTotals Totals);
