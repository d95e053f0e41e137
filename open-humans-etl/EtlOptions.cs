using System.ComponentModel.DataAnnotations;

namespace OpenHumansEtl;

/// <summary>Configuration section <c>Etl</c> (environment: <c>Etl__Beat</c>, …).</summary>
public sealed record EtlOptions
{
    /// <summary>How often the queue of due participants is looked at. Default: 20 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Participants loaded at the same time by one replica. Default: 2, about the cores that are free.</summary>
    [Range(1, 64)]
    public int Concurrency { get; init; } = 2;

    /// <summary>Everybody's files are listed at least this often, also when nothing new was written. Default: one day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan ListEvery { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long a replica may be silent before another takes its participant over. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Lines committed together. Default: 50,000.</summary>
    [Range(1, 1_000_000)]
    public int BatchLines { get; init; } = 50_000;

    /// <summary>Bytes of lines committed together, which bounds memory where lines are long. Default: 24 MB.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int BatchBytes { get; init; } = 24 * 1024 * 1024;

    /// <summary>Where a file waits on disk while it is loaded. Default: the system's temporary folder.</summary>
    public string WorkFolder { get; init; } = Path.GetTempPath();
}
