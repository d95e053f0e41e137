using System.Diagnostics;
using System.Web;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>The ingester: a large site's first import, an hour in which nobody has anything new, and what history costs.</summary>
static class IngestBench
{
    const int Entries = 300_000, Statuses = 30_000, PerDay = 288;

    /// <summary>Most records of one answer: contract Nightscout §7.</summary>
    static readonly Dictionary<string, int> Advised = new() { ["entries"] = 2000, ["treatments"] = 1000, ["devicestatus"] = 200, ["profile"] = 100 };

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken) =>
        [.. await ImportAsync(settings, cancellationToken), .. await HistoryCost.RunAsync(settings, cancellationToken), .. await IdleCycle.RunAsync(settings, cancellationToken)];

    /// <summary>First copy of a site with at least 300,000 entries and 30,000 device statuses to Open Humans.</summary>
    public static async Task<IReadOnlyList<Figure>> ImportAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var system = await DemoSystem.StartAsync(settings, cancellationToken);
        var end = DateTimeOffset.UtcNow; // years of data up to yesterday, as a newcomer's site has them
        var last = DateOnly.FromDateTime(end.UtcDateTime).AddDays(-1);
        var site = Synthetic.Generated(Uploader.Share2, seed: 1, last.AddDays(-Entries / PerDay * 11 / 10), last, "large"); // days have gaps
        site.DeviceStatus.InsertAll(Synthetic.Site(Uploader.OpenAps, seed: 1, Statuses / PerDay + 1, end).DeviceStatus.All.Take(Statuses));
        system.Sandbox.Sites.Add(site);
        var watch = Stopwatch.StartNew();
        var participant = await system.EnrolAsync("large", system.Sandbox.Sites.UrlOf(site), null, "none", cancellationToken);
        await system.WaitUntilLoadedAsync([participant], _ => { }, Patience, cancellationToken);
        var seconds = watch.Elapsed.TotalSeconds;

        var (copied, entries, statuses) = (await CopiedAsync("%"), await CopiedAsync("entries"), await CopiedAsync("devicestatus"));
        if (entries < Entries || statuses < Statuses)
            throw new DemoException($"Only {entries:N0} entries and {statuses:N0} device statuses were copied.");
        var figures = new List<Figure>
        {
            Figure.Memory("the ingester", PeakMemory.Of(system.Services["nightscout-ingester"].ProcessId)),
            Figure.Beside($"ingest, ms per 1,000 of {entries:N0} entries and {copied - entries:N0} other records", seconds * 1e6 / copied, "a second per 1,000", 1000),
        };
        var served = system.Sandbox.Sites.Requests.Served;
        foreach (var (collection, advised) in Advised)
            figures.Add(Figure.AtMost($"largest page of {collection} asked for, records",
                served.Where(request => request.Template.Contains(collection, StringComparison.Ordinal)).Select(request => int.Parse(HttpUtility.ParseQueryString(request.Query)["count"] ?? "0")).DefaultIfEmpty().Max(), advised));
        return figures;

        Task<long> CopiedAsync(string collection) => system.Database.QueryAsync<long>(
            $"select coalesce(sum(records), 0)::bigint from ingest.file where state = 'current' and collection like '{collection}'", cancellationToken);
    }
}
