using System.Text;
using Microsoft.Extensions.DependencyInjection;
using RegistrationSite;
using Sandbox;

namespace Privacy.Tests;

/// <summary>After an erasure nothing of the participant is anywhere, and nobody else has lost anything.</summary>
[NonParallelizable]
public sealed class ErasureTests
{
    [TestCase("webhook")]
    [TestCase("operator")]
    public async Task Nothing_of_an_erased_participant_is_left_in_any_table_or_file(string askedBy)
    {
        await using var everything = await Everything.StartAsync();
        var (leaver, leaving, token) = await everything.JoinAsync(Synthetic.Site(Uploader.Aaps, seed: 3, days: 3, DateTimeOffset.UtcNow, $"leaver-{Guid.NewGuid():N}"), true, true);
        var (_, staying, _) = await everything.JoinAsync(Synthetic.Site(Uploader.Loop, seed: 4, days: 2, DateTimeOffset.UtcNow, $"stayer-{Guid.NewGuid():N}"), true, true);
        await everything.LoadedAsync(leaving, staying);
        await everything.ExportAsync(true, true);
        using (var person = await everything.SignedInAsync(leaver)) // a history of consent, too
        {
            await Everything.ChooseAsync(person, true, false);
            await Everything.ChooseAsync(person, true, true);
        }
        await everything.ExportAsync(true, false);
        var needles = await NeedlesAsync(everything, leaver, leaving, token);
        var stayersRows = await RowsAsync(everything, staying);
        Assert.That((await everything.GrepDatabaseAsync(needles)).Select(found => found.Split(':')[0]).Distinct(), Is.SupersetOf(new[]
        {
            "register.participant", "register.consent", "register.open_humans_token", "register.nightscout_token", "ingest.participant", "ingest.run", "ingest.cursor", "ingest.day_digest", "ingest.file",
            "ingest.day_part", "openaps.entries", "openaps.treatments", "openaps.device_status", "openaps.profile", "openaps.raw_segment", "openaps.loaded_file", "openaps.loaded_period", "openaps.load_state",
            "portal.export_participant",
        }), "the search finds what is there");

        if (askedBy == "webhook")
            await leaver.LeaveAsync(erase: true);
        var (receipt, progress) = (new StringWriter(), new StringWriter());
        var code = await ActivatorUtilities.CreateInstance<EraseCommand>(everything.Registration).RunAsync(leaver.Id, wait: true, receipt, progress, default);

        Assert.That(code, Is.Zero, progress.ToString());
        Assert.That(receipt.ToString(), Does.Contain($"\"asked_by\":\"{askedBy}\"").And.Not.Contain("null"));
        await Task.Delay(3000); // runs that were going on have ended and noted nothing
        Assert.That(await everything.GrepDatabaseAsync(needles), Is.Empty);
        Assert.That(everything.GrepExports(needles), Is.Empty);
        Assert.That(everything.Work.GetFiles("*", SearchOption.AllDirectories), Is.Empty, "work files have no names, so they end with the process");
        Assert.That(receipt.ToString(), Does.Not.Contain(leaver.Id).And.Not.Contain($"{leaving}"));
        Assert.That(await RowsAsync(everything, staying), Is.EqualTo(stayersRows), "nobody else lost anything");
        await everything.WaitAsync("(select count(*) = 0 from portal.export where state not in ('ready', 'withdrawn'))");
        Assert.That(await everything.QueryAsync<string>("select string_agg(state, ' ' order by export_id) from portal.export"), Is.EqualTo("withdrawn withdrawn withdrawn withdrawn ready ready ready ready"), "and built again");
        Assert.That(everything.GrepExports(needles), Is.Empty);
    }

    /// <summary>All that a participant could be known by.</summary>
    static async Task<string[]> NeedlesAsync(Everything everything, Member member, long participant, string token)
    {
        var salt = await everything.QueryAsync<byte[]>($"select salt from register.participant where participant_id = {participant}");
        var host = everything.Sandbox.Sites.UrlOf(everything.Sandbox.Sites.All.Single(site => site.Name.StartsWith("leaver", StringComparison.Ordinal)));
        var records = await everything.QueryAsync<string[]>($"""
            select array_agg(id) from (
                select id from openaps.entries where participant_id = {participant} union select id from openaps.treatments where participant_id = {participant}
                union select id from openaps.device_status where participant_id = {participant} union select id from openaps.profile where participant_id = {participant}) as all_ids
            """);
        Assert.That(records, Has.Length.GreaterThan(1000));
        return
        [
            member.Id, $"{participant}", $"{participant:x}", $"{participant:x16}", Convert.ToHexStringLower(salt), Convert.ToBase64String(salt), token, host.AbsoluteUri, host.Host == "127.0.0.1" ? host.AbsolutePath.Trim('/') : host.Host,
            Convert.ToHexStringLower(Encoding.UTF8.GetBytes(member.Id)), Convert.ToHexStringLower(Encoding.UTF8.GetBytes(token)),
            .. records.Where((_, at) => at % 20 == 0), // each of them goes the same way, and a search of all takes minutes
        ];
    }

    static async Task<string> RowsAsync(Everything everything, long participant)
    {
        var counts = new List<string>();
        foreach (var table in (string[])["register.participant", "register.consent", "register.open_humans_token", "ingest.file", "ingest.day_digest", "openaps.entries", "openaps.treatments", "openaps.device_status", "openaps.profile", "openaps.raw_segment"])
            counts.Add($"{table} {await everything.QueryAsync<long>($"select count(*) from {table} where participant_id = {participant}")}");
        return string.Join(", ", counts);
    }
}
