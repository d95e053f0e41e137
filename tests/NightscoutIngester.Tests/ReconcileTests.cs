using Sandbox;

namespace NightscoutIngester.Tests;

public sealed class ReconcileTests : WorldTests
{
    [Test]
    public async Task Reconcile_tells_how_site_and_files_differ_and_repairs_it()
    {
        var site = Synthetic.Site(Uploader.OpenAps, seed: 1, days: 3, _world.Clock.GetUtcNow());
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();
        var at = _world.Clock.GetUtcNow().AddDays(-2).ToUnixTimeMilliseconds();
        site.Entries.Insert($$"""{"_id":"aaaaaaaaaaaaaaaaaaaaaaaa","type":"sgv","sgv":101,"date":{{at}}}"""); // older than an hourly run reads
        var first = site.Treatments.All[0];
        site.Treatments.Delete(Nightscout.RecordHead.Read(first.Span, Nightscout.Collection.Treatments).Id);

        var (code, printed) = await ReconcileAsync(participant);

        Assert.That(code, Is.EqualTo(0), printed);
        Assert.That(Line(printed, "entries"), Does.Match(@"entries +[\d,]+ +1 +0 +0 +0 +0"));
        Assert.That(Line(printed, "treatments"), Does.Match(@"treatments +[\d,]+ +0 +0 +0 +0 +[01]"));
        Assert.That(participant.Records("entries"), Contains.Key("aaaaaaaaaaaaaaaaaaaaaaaa"));
        var (_, again) = await ReconcileAsync(participant);
        Assert.That(Line(again, "entries"), Does.Match(@"entries +[\d,]+ +0 +0 +0 +0 +0"));
        Assert.That(again, Does.EndWith($"No file had to be written.{Environment.NewLine}"));
    }

    [Test]
    public async Task Reconcile_of_somebody_unknown_says_so()
    {
        var errors = new StringWriter();

        var code = await _world.Create<Reconcile>().OfMemberAsync("99999999", TextWriter.Null, errors, default);

        Assert.That((code, errors.ToString()), Is.EqualTo((2, $"There is no participant of that project_member_id who has signed in.{Environment.NewLine}")));
    }

    async Task<(int Code, string Printed)> ReconcileAsync(Enrolled participant)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var code = await _world.Create<Reconcile>().OfMemberAsync(participant.Member.Id, output, errors, default);
        return (code, output.ToString() + (code == 0 ? "" : errors));
    }

    static string Line(string printed, string start) => printed.Split(Environment.NewLine).Single(line => line.StartsWith(start, StringComparison.Ordinal));
}
