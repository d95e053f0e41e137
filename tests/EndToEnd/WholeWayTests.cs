using System.Text.Json.Nodes;
using Sandbox;
using Testing;

namespace EndToEnd;

/// <summary>From a Nightscout site to a researcher's file, every service a process of its own, every record compared by a checker that shares no code with them.</summary>
[NonParallelizable]
public sealed class WholeWayTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Test]
    public async Task Every_record_of_a_real_Nightscout_reaches_the_researchers_file()
    {
        await using var nightscout = await RealNightscout.StartAsync("readable");
        var posted = await FillAsync(nightscout);

        await using var demo = DemoProcess.Start("--check", "--uploaders", "0", "--nightscout", nightscout.Url.AbsoluteUri);

        Assert.That(await demo.EndAsync(Patience), Is.Zero, demo.Output);
        var summary = demo.Summary;
        Assert.That(summary["mismatches"]!.GetValue<int>(), Is.Zero);
        Assert.That(new[] { "nightscout", "openHumans", "warehouse", "exported" }.Select(step => summary[step]!.GetValue<int>()), Has.All.EqualTo(summary["nightscout"]!.GetValue<int>()), demo.Output);
        Assert.That(summary["nightscout"]!.GetValue<int>(), Is.GreaterThan(posted * 3 / 4), "all but treatments of one moment, which Nightscout joins");
    }

    [Test]
    public async Task A_protected_real_Nightscout_is_read_with_a_token()
    {
        await using var nightscout = await RealNightscout.StartAsync("denied");
        await FillAsync(nightscout);
        var token = await nightscout.AddReaderAsync();

        await using var demo = DemoProcess.Start("--check", "--uploaders", "0", "--nightscout", nightscout.Url.AbsoluteUri, "--token", token);

        Assert.That(await demo.EndAsync(Patience), Is.Zero, demo.Output);
        Assert.That((demo.Summary["mismatches"]!.GetValue<int>(), demo.Summary["exported"]!.GetValue<int>() > 300), Is.EqualTo((0, true)));
    }

    [Test]
    public async Task Six_synthetic_uploaders_reach_the_researchers_file_and_who_shares_nothing_does_not()
    {
        await using var demo = DemoProcess.Start("--check", "--days", "4");

        Assert.That(await demo.EndAsync(Patience), Is.Zero, demo.Output);
        var summary = demo.Summary;
        Assert.That(summary["mismatches"]!.GetValue<int>(), Is.Zero);
        Assert.That((summary["exported"]!.GetValue<int>() > 5000, summary["notShared"]!.GetValue<int>() > 500), Is.EqualTo((true, true)), demo.Output);
    }

    [TestCase("nightscout")]
    [TestCase("openhumans")]
    [TestCase("warehouse")]
    [TestCase("export")]
    public async Task One_value_altered_after_a_step_is_exactly_one_mismatch(string step)
    {
        await using var demo = DemoProcess.Start("--check", "--days", "2", "--uploaders", "2", "--sabotage", step);

        Assert.That(await demo.EndAsync(Patience), Is.Not.Zero, demo.Output);
        Assert.That(demo.Summary["mismatches"]!.GetValue<int>(), Is.EqualTo(1), demo.Output);
    }

    [Test]
    public async Task The_demo_stays_up_until_Ctrl_C_and_its_settings_serve_operator_commands()
    {
        await using var demo = DemoProcess.Start("--days", "2", "--uploaders", "1");
        await demo.SeesAsync("Ctrl-C stops everything", Patience);
        var environment = File.ReadAllLines((await demo.SeesAsync("source ", Patience)).Trim()["source ".Length..])
            .Select(line => line["export ".Length..].Split('=', 2)).ToDictionary(setting => setting[0], setting => setting[1].Trim('\''));
        var member = Directory.CreateTempSubdirectory("load-").CreateSubdirectory("00000042");
        await File.WriteAllTextAsync(Path.Combine(member.FullName, "00000042_open_aps_data_sharing_consent.txt"), "both");
        await File.WriteAllTextAsync(Path.Combine(member.FullName, "1571000000000_00000042_entries.json"), """{"_id":"a","type":"sgv","sgv":123,"date":1571000000000}""");

        var loaded = await Command.RunAsync("OpenHumansEtl", environment, "load-directory", member.Parent!.FullName);
        var csv = await Command.RunAsync("DataManagementApp", environment, "export", "--for", "admin@demo.example", "--entity", "entries", "--from", "2019-10-13", "--to", "2019-10-13", "--output", "-");
        demo.Interrupt();

        Assert.That(loaded, Does.Contain("\"entries\":{\"read\":1,\"loaded\":1,"));
        Assert.That(csv.Split("\r\n")[1], Does.Contain(",2019-10-13T20:53:20Z,").And.Contain(",123,"));
        Assert.That(await demo.EndAsync(TimeSpan.FromMinutes(1)), Is.Zero, demo.Output);
    }

    /// <summary>A few hundred records of every collection, in the shapes of several uploaders, through Nightscout's own API.</summary>
    /// <returns>How many were posted.</returns>
    static async Task<int> FillAsync(RealNightscout nightscout)
    {
        var posted = 0;
        foreach (var uploader in Enum.GetValues<Uploader>())
        {
            var site = Synthetic.Site(uploader, seed: (int)uploader + 11, days: 1, DateTimeOffset.UtcNow.AddDays(-2 * (int)uploader));
            foreach (var (collection, records, most) in new[] { ("entries", site.Entries, 200), ("treatments", site.Treatments, 100), ("devicestatus", site.DeviceStatus, 60), ("profile", site.Profiles, 5) })
            {
                var some = records.All.Where(IsPlain).Take(most).ToList();
                await nightscout.PostAsync(collection, some);
                posted += some.Count;
            }
        }
        return posted;
    }

    /// <summary>Records with duplicate keys or cut emoji exist in databases but pass through no JSON library on their way in.</summary>
    static bool IsPlain(ReadOnlyMemory<byte> json)
    {
        try
        {
            var record = JsonNode.Parse(json.Span)!.AsObject();
            return record.Remove("_id") && record.ToJsonString().Length > 0;
        }
        catch (Exception odd) when (odd is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
