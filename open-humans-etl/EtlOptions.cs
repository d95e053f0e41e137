using System.ComponentModel.DataAnnotations;

namespace OpenHumansEtl;

/// <summary>Configuration section <c>Etl</c> (environment: <c>Etl__Beat</c>, …).</summary>
public sealed record EtlOptions
{
    /// <summary>How often the queue of due participants is looked at. Default: 20 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the consent ledger is looked at for who withdrew or is erased; removal begins within a minute in any case. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:50")]
    public TimeSpan WithdrawalBeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Participants loaded at the same time by one replica or command. Default: as many as there are cores.</summary>
    [Range(1, 64)]
    public int Concurrency { get; init; } = Math.Min(Environment.ProcessorCount, 64);

    /// <summary>Everybody's files are listed at least this often, also when nothing new was written. Default: one day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan ListEvery { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long a replica may be silent before another takes its participant over. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>First pause before load-project asks Open Humans again for what it did not give; it grows. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Lines committed together. Default: 40,000.</summary>
    [Range(1, 1_000_000)]
    public int BatchLines { get; init; } = 40_000;

    /// <summary>Bytes of lines committed together, which bounds memory where lines are long. Default: 12 MB.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int BatchBytes { get; init; } = 12 * 1024 * 1024;

    /// <summary>Whether lines are read while those before them are stored. Default: true. Without, a load takes longer, and its time in the database is that of the database alone.</summary>
    public bool ReadAhead { get; init; } = true;

    /// <summary>Where a file waits on disk while it is loaded. Default: the system's temporary folder.</summary>
    public string WorkFolder { get; init; } = Path.GetTempPath();
}
