using System.ComponentModel.DataAnnotations;

namespace DataManagementApp;

/// <summary>Configuration section <c>Portal</c>.</summary>
public sealed record PortalOptions
{
    /// <summary>Address of the portal as browsers see it; links in mails and invitations start with it.</summary>
    [Required(ErrorMessage = "Set Portal__BaseUrl: the address of the portal as browsers see it, for instance https://data.example.org")]
    public Uri? BaseUrl { get; init; }

    /// <summary>Where finished exports are kept; all replicas need the same folder. Default: <c>exports</c> in the working directory.</summary>
    [Required]
    public string ExportFolder { get; init; } = "exports";

    /// <summary>How long a finished export is kept. Default: 7 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan KeepExports { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often the queue of exports is looked at. Default: half a second, so that the first rows are there within one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How often is looked for participants who left or share less, whose exports are then taken back. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:50")]
    public TimeSpan WithdrawalBeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Exports of one user that wait or are being built at the same time; more are refused. Default: 10.</summary>
    [Range(1, 1000)]
    public int MostOpenExports { get; init; } = 10;

    /// <summary>Bytes that must be free where exports are kept for one to begin; else it waits. Default: 2 GB.</summary>
    [Range(0, long.MaxValue)]
    public long LeastFreeSpace { get; init; } = 2_000_000_000;

    /// <summary>Most bytes of a zip; what is more is given out as single files. Default: 2 GB.</summary>
    [Range(1, long.MaxValue)]
    public long MostInZip { get; init; } = 2_000_000_000;

    /// <summary>Exports built at the same time by one replica. Default: 2.</summary>
    [Range(1, 32)]
    public int Concurrency { get; init; } = 2;

    /// <summary>Blocks of one file that are packed at the same time, while the next is read. Default: 2.</summary>
    [Range(1, 32)]
    public int PackingWorkers { get; init; } = 2;

    /// <summary>Whether administrators need a second factor. Off for the demo and tests only; refused in production. Default: true.</summary>
    public bool AdministratorsNeedSecondFactor { get; init; } = true;

    /// <summary>How often it is looked for mails to send. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan MailBeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the text of a mail is kept after it was sent. Default: 3 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan KeepMails { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Forms for who is not signed in (sign-in, codes, applications) that are taken from one address of browsers in a minute. Default: 30, for many researchers behind one.</summary>
    [Range(1, 1_000_000)]
    public int FormsPerMinute { get; init; } = 30;

    /// <summary>Calls of the HTTP API that one token may make in a minute; ten times as many are taken from one address. Default: 600.</summary>
    [Range(1, 1_000_000)]
    public int CallsPerMinute { get; init; } = 600;

    /// <summary>The other services by name, and where the page on their health asks them (<c>/health/ready</c>). Default: none.</summary>
    public IReadOnlyDictionary<string, Uri> Services { get; init; } = new Dictionary<string, Uri>();
}
