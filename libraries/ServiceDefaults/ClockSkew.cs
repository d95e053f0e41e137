using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults;

/// <summary>
/// How far our clock is from those of Open Humans and of participants' sites, by the <c>Date</c> of answers that were asked for anyway. Positive: theirs is ahead.
/// A wrong clock here ends tokens early, reads the wrong days, and refuses certificates; a single site whose clock is off is noted with its participant.
/// </summary>
public sealed class ClockSkew : IHealthCheck, IDisposable
{
    /// <summary>More is wrong. A <c>Date</c> has whole seconds, and an answer takes a few.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    /// <summary>A host that slept answers after a minute, and nobody knows at which moment of it.</summary>
    static readonly TimeSpan Slow = TimeSpan.FromSeconds(10), Forgotten = TimeSpan.FromDays(1);

    const int LastAnswers = 5, FewestSites = 3;

    readonly TimeProvider _clock;
    readonly Meter _meter = new(Telemetry.Name);
    readonly ConcurrentQueue<TimeSpan> _openHumans = new();
    readonly ConcurrentDictionary<long, (TimeSpan Skew, DateTimeOffset At)> _sites = new();

    public ClockSkew(TimeProvider clock)
    {
        _clock = clock;
        _meter.CreateObservableGauge("openaps.clock.skew", () => new[] { ("open humans", OpenHumans), ("sites", Sites) }.Where(one => one.Item2 is not null)
            .Select(one => new Measurement<double>(one.Item2!.Value.TotalSeconds, new KeyValuePair<string, object?>("openaps.against", one.Item1))), "s", "How far the clocks of others are ahead of ours");
    }

    /// <returns>How far ahead of us who answered is; null: the answer does not tell, is from a cache, or took too long.</returns>
    public static TimeSpan? Of(HttpResponseMessage answer, DateTimeOffset asked, DateTimeOffset answered) =>
        answer.Headers.Date is { } date && answer.Headers.Age is null && answered - asked is var took && took >= TimeSpan.Zero && took < Slow
            ? date + TimeSpan.FromSeconds(0.5) - (asked + took / 2) : null;

    public void NoteOpenHumans(TimeSpan skew)
    {
        _openHumans.Enqueue(skew);
        while (_openHumans.Count > LastAnswers)
            _openHumans.TryDequeue(out _);
    }

    public void NoteSite(long participantId, TimeSpan skew) => _sites[participantId] = (skew, _clock.GetUtcNow());

    /// <summary>The median of the last answers; null: there was none.</summary>
    public TimeSpan? OpenHumans => Median(_openHumans);

    /// <summary>The median of sites that answered within a day; null: there are too few to say whose clock is wrong.</summary>
    public TimeSpan? Sites => Median(_sites.Values.Where(site => site.At > _clock.GetUtcNow() - Forgotten).Select(site => site.Skew), FewestSites);

    /// <summary>By how much our own clock is behind; null: it is right, or nobody says otherwise. Where Open Humans and the sites disagree, it is not ours that is wrong.</summary>
    public TimeSpan? Own => (OpenHumans, Sites) switch
    {
        ({ } openHumans, { } sites) => openHumans.Duration() > Most && sites.Duration() > Most && openHumans > TimeSpan.Zero == sites > TimeSpan.Zero ? openHumans : null,
        var (openHumans, sites) => (openHumans ?? sites) is { } only && only.Duration() > Most ? only : null,
    };

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Own is { } own
        ? HealthCheckResult.Degraded($"this machine's clock is {Math.Abs(own.TotalSeconds):0} s {(own > TimeSpan.Zero ? "behind" : "ahead")}, by what {(OpenHumans is null ? "" : "Open Humans")}{(OpenHumans is null || Sites is null ? "" : " and ")}{(Sites is null ? "" : "participants' sites")} answered; set it by NTP (timedatectl)")
        : HealthCheckResult.Healthy());

    public void Dispose() => _meter.Dispose();

    static TimeSpan? Median(IEnumerable<TimeSpan> skews, int fewest = 1) => skews.Order().ToList() is { } all && all.Count >= fewest ? all[all.Count / 2] : null;
}

/// <summary>Notes the clock of Open Humans with each of its answers; its storage elsewhere has another clock.</summary>
public sealed class OpenHumansClock(ClockSkew skew, string host, TimeProvider clock) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = clock.GetUtcNow();
        var answer = await base.SendAsync(request, cancellationToken);
        if (request.RequestUri?.Host == host && ClockSkew.Of(answer, asked, clock.GetUtcNow()) is { } found)
            skew.NoteOpenHumans(found);
        return answer;
    }
}
