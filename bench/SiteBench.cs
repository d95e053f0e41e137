using System.Diagnostics;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>"My data" and "My report" of people who are signed in, asked for at a fixed pace whatever the answers take; everything that a deployment runs is on the same machine, Open Humans too.</summary>
static class SiteBench
{
    const int People = 10, Days = 120, PerSecond = 200, Seconds = 20, MillisecondsOfMost = 500;

    static readonly string[] Pages = ["/MyData", "/MyData", "/MyData", "/Report"];

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var system = await DemoSystem.StartAsync(settings, cancellationToken);
        var participants = new List<DemoParticipant>();
        foreach (var uploader in Enumerable.Range(0, People).Select(person => (Uploader)(person % Enum.GetValues<Uploader>().Length)))
        {
            var site = system.Sandbox.Sites.Add(Synthetic.Site(uploader, participants.Count + 1, Days, DateTimeOffset.UtcNow, $"person-{participants.Count + 1}"));
            participants.Add(await system.EnrolAsync(site.Name, system.Sandbox.Sites.UrlOf(site), null, "none", cancellationToken));
        }
        await system.WaitUntilLoadedAsync(participants, _ => { }, TimeSpan.FromMinutes(10), cancellationToken);

        var people = new List<Visitor>();
        foreach (var participant in participants)
            people.Add(await SignedInAsync(system, participant, cancellationToken));
        await AskAsync(people, PerSecond, seconds: 3, cancellationToken); // compiled by then
        var watch = Stopwatch.StartNew();
        var times = await AskAsync(people, PerSecond, Seconds, cancellationToken);
        var took = watch.Elapsed.TotalSeconds;
        var memory = PeakMemory.Of(system.Services["registration-site"].ProcessId);
        people.ForEach(person => person.Dispose());
        return
        [
            Figure.AtMost($"seconds for {times.Count:N0} pages of {People} people asked for at {PerSecond} a second, none of them failed", took, Seconds + 1),
            Figure.AtMost("95th percentile of their times, ms", times.Order().ElementAt(times.Count * 95 / 100).TotalMilliseconds, MillisecondsOfMost),
            Figure.Memory("the registration site", memory),
        ];
    }

    static async Task<Visitor> SignedInAsync(DemoSystem system, DemoParticipant participant, CancellationToken cancellationToken)
    {
        var person = new Visitor(system.RegistrationSite);
        await person.OpenAsync("/sign-in", cancellationToken);
        await person.SubmitAsync(cancellationToken, ("member", participant.Member.Id), ("allow", "Authorize"));
        foreach (var page in Pages.Distinct())
        {
            await person.OpenAsync(page, cancellationToken);
            if (!person.Page.Contains("<svg", StringComparison.Ordinal))
                throw new DemoException($"{page} of {participant.Name} shows no picture of the data: {person.Text}");
        }
        return person;
    }

    /// <returns>How long each page took to its last byte.</returns>
    /// <exception cref="HttpRequestException">One was not answered as it should be.</exception>
    static async Task<IReadOnlyList<TimeSpan>> AskAsync(List<Visitor> people, int perSecond, int seconds, CancellationToken cancellationToken)
    {
        var (watch, asked) = (Stopwatch.StartNew(), new List<Task<TimeSpan>>());
        for (var number = 0; number < perSecond * seconds; number++)
        {
            if (TimeSpan.FromSeconds((double)number / perSecond) - watch.Elapsed is { Ticks: > 0 } early)
                await Task.Delay(early, cancellationToken);
            asked.Add(AskOneAsync(people[number % people.Count], Pages[number / people.Count % Pages.Length]));
        }
        return await Task.WhenAll(asked);

        async Task<TimeSpan> AskOneAsync(Visitor person, string page)
        {
            var one = Stopwatch.StartNew();
            await person.DownloadAsync(page, Stream.Null, cancellationToken);
            return one.Elapsed;
        }
    }
}
