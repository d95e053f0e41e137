using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class SyntheticTests
{
    static readonly DateTimeOffset End = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void The_same_arguments_give_the_same_bytes([Values] Uploader uploader)
    {
        var (first, second, other) = (Synthetic.Site(uploader, 3, 2, End), Synthetic.Site(uploader, 3, 2, End), Synthetic.Site(uploader, 4, 2, End));

        Assert.That(Texts(first.Entries), Is.EqualTo(Texts(second.Entries)));
        Assert.That(Texts(first.DeviceStatus), Is.EqualTo(Texts(second.DeviceStatus)));
        Assert.That(Texts(first.Entries), Is.Not.EqualTo(Texts(other.Entries)));
    }

    [Test]
    public void A_site_has_every_kind_of_record_within_its_days([Values] Uploader uploader)
    {
        var site = Synthetic.Site(uploader, 1, 14, End);

        Assert.That(site.Entries.Count, Is.InRange(14 * 250, 14 * 288 + 6));
        Assert.That(site.Treatments.Count, Is.GreaterThan(14 * 3));
        Assert.That(site.DeviceStatus.Count, Is.GreaterThan(14 * 90));
        Assert.That(site.Profiles.Count, Is.GreaterThan(0));
        Assert.That(Parsed(site.Entries).Select(Date).OfType<double>().Where(date => date > 1e12 && date < End.AddYears(1).ToUnixTimeMilliseconds()),
            Is.All.InRange(End.AddDays(-14).ToUnixTimeMilliseconds(), End.ToUnixTimeMilliseconds()));
    }

    [Test]
    public void Ids_are_unique([Values] Uploader uploader)
    {
        var site = Synthetic.Site(uploader, 1, 3, End);

        foreach (var records in new[] { site.Entries, site.Treatments, site.DeviceStatus, site.Profiles })
            Assert.That(Parsed(records).Select(record => record.GetProperty("_id").GetString()), Is.Unique);
    }

    [Test]
    public void Glucose_looks_like_a_life_with_lows_highs_and_mostly_neither()
    {
        var values = Parsed(Synthetic.Site(Uploader.Share2, 2, 60, End).Entries).Select(record => record.GetProperty("sgv").GetInt32()).ToList();
        var steps = values.Zip(values.Skip(1), (a, b) => Math.Abs(a - b)).ToList();

        double Share(Func<int, bool> which) => values.Count(which) / (double)values.Count;
        Assert.That(Share(value => value is >= 70 and <= 180), Is.InRange(0.55, 0.95));
        Assert.That(Share(value => value < 70), Is.InRange(0.003, 0.1));
        Assert.That(Share(value => value > 180), Is.InRange(0.03, 0.4));
        Assert.That(values.Average(), Is.InRange(115, 175));
        Assert.That(steps.Average(), Is.InRange(1, 8));
    }

    [Test]
    public void Filling_on_continues_the_same_life()
    {
        var whole = Synthetic.Site(Uploader.Aaps, 5, 4, End);
        var parts = Synthetic.Site(Uploader.Aaps, 5, 0, End);
        Synthetic.Fill(parts, Uploader.Aaps, 5, End.AddDays(-4), End.AddDays(-1));
        Synthetic.Fill(parts, Uploader.Aaps, 5, End.AddDays(-1), End);

        Assert.That(Texts(parts.Entries), Is.EqualTo(Texts(whole.Entries)));
        Assert.That(parts.Treatments.Count, Is.EqualTo(whole.Treatments.Count));
    }

    [TestCase(Uploader.OpenAps, "raw_duration", "openaps://medtronic/722", "\"rate\":\"offset\"", "\"carbs\":\"\"", "\"type\":\"pumpdata\"",
        "predBGs", "\"iob\":[{", "pump_serial", "mmtune", "\"timeAsSeconds\":\"0\"")]
    [TestCase(Uploader.Aaps, "\"created_at\":1", "bolusCalculatorResult\":\"{", "profileJson\":\"{", "extendedEmulated", "durationInMilliseconds",
        "\"isValid\":false", "\"subject\":", "configuration", "\"type\":\"SMB\"", "\"noise\":null")]
    [TestCase(Uploader.Loop, "loop://", "s iPhone", "syncIdentifier", "deviceToken", "ETC/GMT", "durationType", "correctionRange", "\\u0000",
        "\\ud83d\"", "failureReason", "bundleIdentifier", "secondsFromGMT", "absorptionTime")]
    [TestCase(Uploader.Trio, "transmitterID", "\"units\":\"mg/dL\"", "deviceToken", "teamID", "→", "\"timestamp\":\"false\"", "\"uploader\":55",
        "\"units\":\"mmol\"")]
    [TestCase(Uploader.XDrip, "insulinInjections\":\"[", "\"noise\":\"Clean\"", "+0100", "-08:00", "\"sgv\":7.4", "<none>", "temperature", "hr-bpm")]
    [TestCase(Uploader.Share2, "\"uploaderBattery\":false", "\"device\":\"share2\"", "AEDT", "\"enteredBy\":\"Mum\"", "\"units\":\"mmol\"",
        "555-0199", "\"carbs\":\"35\"")]
    public void Every_uploader_has_its_oddities(Uploader uploader, params string[] marks)
    {
        var site = Synthetic.Site(uploader, 1, 30, End);
        SiteRecords[] collections = [site.Entries, site.Treatments, site.DeviceStatus, site.Profiles, site.Activity, site.Food];
        var text = string.Join('\n', collections.SelectMany(Texts));

        foreach (var mark in marks)
            Assert.That(text.Contains(mark, StringComparison.Ordinal), Is.True, mark);
    }

    [TestCase(Uploader.Loop, true)]
    [TestCase(Uploader.Trio, true)]
    [TestCase(Uploader.XDrip, false)]
    public void Swift_writes_fractions_into_dates(Uploader uploader, bool fractions)
    {
        var dates = Parsed(Synthetic.Site(uploader, 1, 2, End).Entries).Select(Date).OfType<double>().ToList();

        Assert.That(dates.Count(date => date % 1 != 0) > dates.Count / 2, Is.EqualTo(fractions));
    }

    [Test]
    public void AAPS_entries_have_no_dateString()
    {
        Assert.That(Parsed(Synthetic.Site(Uploader.Aaps, 1, 1, End).Entries).Any(record => record.TryGetProperty("dateString", out _)), Is.False);
    }

    [Test]
    public async Task A_generated_site_serves_years_it_never_stores()
    {
        await using var world = await SiteWorld.StartAsync();
        var site = world.Sandbox.Sites.Add(Synthetic.Generated(Uploader.Loop, 9, new(2023, 11, 22), new(2026, 11, 21)));
        using var http = new HttpClient { BaseAddress = world.Sandbox.Sites.UrlOf(site) };

        async Task<JsonArray> ListAsync(string query) => JsonNode.Parse(await http.GetStringAsync($"api/v1/{query}"))!.AsArray();
        var oldest = await ListAsync("entries.json?count=3&sort[date]=1&find[date][$gte]=0");
        var midway = await ListAsync("entries.json?count=500&sort[date]=1&find[date][$gte]=1750000000000");
        var again = await ListAsync("entries.json?count=500&sort[date]=1&find[date][$gte]=1750000000000");
        var statuses = await ListAsync("devicestatus.json?count=20&find[created_at][$gte]=2025-01-01T00:00:00Z&find[created_at][$lt]=2025-01-01T01:00:00Z");
        var treatments = await ListAsync("treatments.json?count=500&find[created_at][$gte]=2024-02-29&find[created_at][$lt]=2024-03-01");

        Assert.That(site.Entries.Count, Is.Zero);
        Assert.That((double)oldest[^1]!["date"]!, Is.LessThan(new DateTimeOffset(2023, 11, 22, 1, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds()));
        Assert.That((midway.Count, (double)midway[^1]!["date"]! >= 1750000000000), Is.EqualTo((500, true)));
        Assert.That(again.ToJsonString(), Is.EqualTo(midway.ToJsonString()));
        Assert.That((statuses.Count, treatments.Count), Is.EqualTo((12, treatments.Count)));
        Assert.That(treatments, Has.Count.GreaterThan(90));
    }

    [Test]
    public async Task A_late_record_is_merged_into_a_generated_site()
    {
        await using var world = await SiteWorld.StartAsync();
        var site = world.Sandbox.Sites.Add(Synthetic.Generated(Uploader.Share2, 9, new(2026, 11, 1), new(2026, 11, 21)));
        var late = new DateTimeOffset(2026, 11, 5, 6, 2, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        site.Entries.Insert($$"""{"type":"sgv","sgv":55,"date":{{late}},"device":"late"}""");
        using var http = new HttpClient { BaseAddress = world.Sandbox.Sites.UrlOf(site) };

        var listed = JsonNode.Parse(await http.GetStringAsync($"api/v1/entries.json?count=5&sort[date]=1&find[date][$gte]={late - 600_000}"))!.AsArray();

        Assert.That(listed.Count(record => (string)record!["device"]! == "late"), Is.EqualTo(1));
        Assert.That(listed.Select(record => (double)record!["date"]!), Is.Ordered.Descending);
    }

    static IEnumerable<JsonElement> Parsed(SiteRecords records) => records.All.Select(json => JsonDocument.Parse(json).RootElement);

    static double? Date(JsonElement entry) => entry.GetProperty("date").ValueKind == JsonValueKind.Number ? entry.GetProperty("date").GetDouble() : null;

    static List<string> Texts(SiteRecords records) => [.. records.All.Select(json => Encoding.UTF8.GetString(json.Span))];
}
