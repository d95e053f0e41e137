using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>What an hour with new records costs a participant with five years of history, beside what it costs one with a month.</summary>
static class HistoryCost
{
    const int Hours = 20, ProfileEvery = 14, Seed = 7;
    const double Most = 1.2;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var system = await IngestSystem.StartAsync(settings, cancellationToken);
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        var (month, years) = (Add(system, "month", today.AddDays(-30), today), Add(system, "years", today.AddYears(-5), today));
        var newcomer = await system.EnrolAsync(system.Sandbox.Sites.UrlOf(month), cancellationToken);
        var veteran = await system.EnrolAsync(system.Sandbox.Sites.UrlOf(years), cancellationToken);
        await system.StartIngesterAsync("nightscout-ingester", cancellationToken, ("Ingest__Pause", "00:00:00")); // pauses would hide a difference
        await system.WaitUntilImportedAsync([newcomer, veteran], Patience, cancellationToken);

        var (ofMonth, ofYears) = (new List<IngestRun>(), new List<IngestRun>());
        var start = new DateTimeOffset(today, TimeOnly.MinValue, TimeSpan.Zero);
        for (var hour = 0; hour <= Hours; hour++)
        {
            var news = new NightscoutSite("news");
            Synthetic.Fill(news, Uploader.Share2, Seed, start.AddHours(hour), start.AddHours(hour + 1));
            foreach (var site in new[] { month, years })
            {
                site.Entries.InsertAll(news.Entries.All);
                site.Treatments.InsertAll(news.Treatments.All);
                site.DeviceStatus.InsertAll(news.DeviceStatus.All);
            }
            foreach (var (participant, runs) in hour % 2 == 0 ? new[] { (newcomer, ofMonth), (veteran, ofYears) } : [(veteran, ofYears), (newcomer, ofMonth)])
                runs.Add(await system.RunAsync(participant, cancellationToken));
        }
        if (ofYears.Concat(ofMonth).Any(run => run.FilesWritten == 0))
            throw new DemoException("New records were not copied.");
        return
        [
            Ratio("ms", runs => Median(runs.Select(run => run.Seconds * 1000))),
            Ratio("bytes from the site", runs => runs.Average(run => run.SiteBytes)),
            Ratio("bytes to and from Open Humans", runs => runs.Average(run => run.BytesUp + run.BytesDown)),
        ];

        // Without the first run, which warms up.
        Figure Ratio(string what, Func<IEnumerable<IngestRun>, double> cost)
        {
            var (afterYears, afterMonth) = (cost(ofYears.Skip(1)), cost(ofMonth.Skip(1)));
            return Figure.AtMost($"an hour with new records: {afterYears:0} {what} after five years, {afterMonth:0} after a month; ratio", afterYears / afterMonth, Most);
        }
    }

    /// <summary>A site that holds the days up to yesterday, and changes its profile now and then.</summary>
    static NightscoutSite Add(IngestSystem system, string name, DateOnly first, DateOnly today)
    {
        var site = Synthetic.Generated(Uploader.Share2, Seed, first, today.AddDays(-1), name);
        for (var day = first.AddDays(ProfileEvery); day < today; day = day.AddDays(ProfileEvery))
            Synthetic.Fill(site, Uploader.Share2, Seed, new(day, TimeOnly.MinValue, TimeSpan.Zero), new(day, TimeOnly.MinValue, TimeSpan.Zero)); // no time for anything but a profile
        return system.Sandbox.Sites.Add(site);
    }

    static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
