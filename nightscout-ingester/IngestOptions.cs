using System.ComponentModel.DataAnnotations;
using Nightscout;

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

    /// <summary>How often is looked for who is erased. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:50")]
    public TimeSpan ErasureBeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Participants copied at the same time by one replica. Default: 12; above 15 raise Postgres__MaxPoolSize, too.</summary>
    [Range(1, 200)]
    public int Concurrency { get; init; } = 12;

    /// <summary>How long a replica may be silent before another takes its participant over. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How far behind the last successful read the next one starts; whole UTC days are read. Default: 3 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan Overlap { get; init; } = TimeSpan.FromHours(3);

    /// <summary>The same of devicestatus. Default: 2 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan DeviceStatusOverlap { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Once a day this much before the day's read before is read again, for what arrived late, was edited or deleted. Default: 48 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "60.00:00:00")]
    public TimeSpan DailyOverlap { get; init; } = TimeSpan.FromHours(48);

    /// <summary>The same of treatments. Default: 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "60.00:00:00")]
    public TimeSpan DailyTreatments { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The same of devicestatus. Default: 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "60.00:00:00")]
    public TimeSpan DailyDeviceStatus { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Once a week this much before the week's read before is read again. Default: 60 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "400.00:00:00")]
    public TimeSpan WeeklyOverlap { get; init; } = TimeSpan.FromDays(60);

    /// <summary>The same of devicestatus, which is bulky and seldom edited. Default: 14 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "400.00:00:00")]
    public TimeSpan WeeklyDeviceStatus { get; init; } = TimeSpan.FromDays(14);

    /// <summary>After this time everything is read again, at night; it takes some nights. Default: 70 days, so that it ends within a quarter.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "400.00:00:00")]
    public TimeSpan FullEvery { get; init; } = TimeSpan.FromDays(70);

    /// <summary>Pages that a read of everything asks for in one night. Default: 500.</summary>
    [Range(1, 100_000)]
    public int FullPages { get; init; } = 500;

    /// <summary>A site that had to be woken is visited this often: waking uses up the free hours of its host. Default: 12 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan WokenEvery { get; init; } = TimeSpan.FromHours(12);

    /// <summary>A first answer that takes longer comes from a host that slept. Default: 12 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan AwakeWithin { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>A run that takes longer goes on with the next one; one that takes twice as long is ended. Default: 30 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RunBudget { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Failures in a row after which a site is left alone for a quarter of an hour. Default: 4.</summary>
    [Range(2, 10_000)]
    public int BreakAfter { get; init; } = 4;

    /// <summary>Pause between two requests of a run. Default: 200 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Wait for the first byte of an answer. Default: 90 seconds: free hosts sleep and take a minute to wake.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>First pause before a failed read is tried again; it grows. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause before a site is tried again whose host answers 502, 503 or 504, as while it starts. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan WakePause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where records wait on disk while a file is put together; they are deleted with it. Default: the system's temporary folder.</summary>
    public string WorkFolder { get; init; } = Path.GetTempPath();

    /// <summary>Until the next run after a success.</summary>
    public TimeSpan EveryAfter(SiteVisit visit) => visit.FirstAnswer > AwakeWithin ? WokenEvery : Every;

    public TimeSpan Hourly(Collection collection) => collection == Collection.DeviceStatus ? DeviceStatusOverlap : Overlap;

    public TimeSpan Daily(Collection collection) =>
        collection == Collection.DeviceStatus ? DailyDeviceStatus : collection == Collection.Treatments ? DailyTreatments : DailyOverlap;

    public TimeSpan Weekly(Collection collection) => collection == Collection.DeviceStatus ? WeeklyDeviceStatus : WeeklyOverlap;
}
