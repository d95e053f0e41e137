using System.ComponentModel.DataAnnotations;

namespace NightscoutIngester;

/// <summary>Configuration section <c>Ingest</c> (environment: <c>Ingest__Every</c>, …).</summary>
public sealed record IngestOptions
{
    /// <summary>Time between two runs of one participant. Default: one hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the queue of due participants is looked at. Default: 20 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Participants copied at the same time by one replica. Default: 8.</summary>
    [Range(1, 200)]
    public int Concurrency { get; init; } = 8;

    /// <summary>How long a replica may be silent before another takes its participant over. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How far behind the last successful read the next one starts; whole UTC days are read. Default: 3 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan Overlap { get; init; } = TimeSpan.FromHours(3);

    /// <summary>Once a week this much is read again, for what arrived late or was edited. Default: 60 days (devicestatus 14 days).</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "400.00:00:00")]
    public TimeSpan WeeklyOverlap { get; init; } = TimeSpan.FromDays(60);

    /// <summary>Pause between two pages of one site. Default: 200 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan PagePause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Wait for the first byte of an answer. Default: 90 seconds: free hosts sleep and take a minute to wake.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>First pause before a failed read is tried again; it grows. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where records wait on disk while a file is put together; they are deleted with it. Default: the system's temporary folder.</summary>
    public string WorkFolder { get; init; } = Path.GetTempPath();
}
