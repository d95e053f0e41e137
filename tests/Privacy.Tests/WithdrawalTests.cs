using Sandbox;

namespace Privacy.Tests;

/// <summary>Withdrawing and narrowing by the page, with everything running.</summary>
[NonParallelizable]
public sealed class WithdrawalTests
{
    [Test]
    public async Task Choosing_none_removes_rows_segments_and_exports_within_seconds_while_a_load_of_somebody_else_goes_on_D9()
    {
        await using var everything = await Everything.StartAsync();
        var (leaver, leaving, _) = await everything.JoinAsync(Synthetic.Site(Uploader.Share2, seed: 5, days: 1, DateTimeOffset.UtcNow, $"leaver-{Guid.NewGuid():N}"), true, true);
        var (slow, slowly, _) = await everything.JoinAsync(Synthetic.Site(Uploader.Share2, seed: 6, days: 1, DateTimeOffset.UtcNow, $"slow-{Guid.NewGuid():N}"), true, true);
        await everything.LoadedAsync(leaving, slowly);
        var exports = await everything.ExportAsync(true, true);
        everything.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(40), Path = "*/exchange-member/", Member = slow.Id, Count = 10 });
        await everything.QueryAsync<int?>($"update register.participant set changed_at = now() where participant_id = {slowly}"); // due at once
        await everything.WaitAsync($"(select lease_until > now() from openaps.load_state where participant_id = {slowly})");

        using (var person = await everything.SignedInAsync(leaver))
            await Everything.ChooseAsync(person, false, false);
        var took = await everything.WaitAsync($"""
            not exists (select from openaps.entries where participant_id = {leaving}) and not exists (select from openaps.raw_segment where participant_id = {leaving})
            and not exists (select from openaps.loaded_file where participant_id = {leaving}) and not exists (select from openaps.loaded_period where participant_id = {leaving})
            and not exists (select from portal.export where state = 'ready' and export_id in ({string.Join(',', exports)}))
            """);

        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(15)));
        Assert.That(await everything.QueryAsync<bool>($"select exists (select from openaps.entries where participant_id = {slowly})"), Is.True);
        foreach (var export in exports) // the files go right after the rows
            Assert.That(() => Directory.Exists(Path.Combine(everything.Exports.FullName, $"export-{export}")), Is.False.After(10).Seconds.PollEvery(100).MilliSeconds);
        Assert.That(leaver.Files.Count(file => file.Name.EndsWith(".ndjson.gz", StringComparison.Ordinal)), Is.Positive, "the participant's own files stay");
    }

    [Test]
    public async Task Narrowing_from_both_to_one_takes_files_back_and_keeps_the_rows_for_that_one_D8()
    {
        await using var everything = await Everything.StartAsync();
        var (narrower, narrowing, _) = await everything.JoinAsync(Synthetic.Site(Uploader.Share2, seed: 5, days: 1, DateTimeOffset.UtcNow, $"narrower-{Guid.NewGuid():N}"), true, true);
        await everything.LoadedAsync(narrowing);
        var rows = await everything.QueryAsync<long>("select count(*) from openaps.entries");
        var (openAps, nsf) = (await everything.ExportAsync(true, false), await everything.ExportAsync(false, true));

        using (var person = await everything.SignedInAsync(narrower))
            await Everything.ChooseAsync(person, true, false);
        await everything.WaitAsync("(select count(*) = 4 from portal.export where state = 'withdrawn') and (select count(*) = 4 from portal.export where state = 'ready')");

        Assert.That(await everything.QueryAsync<long>("select count(*) from openaps.entries"), Is.EqualTo(rows), "no row was rewritten or removed");
        foreach (var (exports, seen) in new[] { (openAps, true), (nsf, false) })
            foreach (var export in exports)
                Assert.That(await everything.QueryAsync<bool>($"select rows > 0 from portal.export where replaces = {export}"), Is.EqualTo(seen));
    }
}
