using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nightscout;
using Sandbox;
using Testing;

namespace NightscoutIngester.Tests;

/// <summary>The ingester against Nightscout itself (0.12.8): what it really answers, and what becomes of it in the files.</summary>
public sealed class RealNightscoutTests
{
    static readonly string[] Collections = ["entries", "treatments", "devicestatus", "profile"];

    World _world = null!;
    RealNightscout _nightscout = null!;

    [SetUp]
    public async Task Start() => _world = await World.CreateAsync();

    [TearDown]
    public async Task Stop()
    {
        await _world.DisposeAsync();
        await _nightscout.DisposeAsync();
    }

    [TestCase("readable")]
    [TestCase("denied")]
    public async Task Every_record_of_a_real_site_is_copied_and_the_next_run_costs_no_bytes(string roles)
    {
        var participant = await CopiedAsync(roles);
        foreach (var collection in Collections)
            await CompareAsync(participant, collection);

        await participant.RunAfterAsync(TimeSpan.FromMinutes(30)); // asks for less than the import
        var outcome = await participant.RunAfterAsync(TimeSpan.FromMinutes(30));

        Assert.That((outcome.Totals.FilesWritten, outcome.Totals.RecordsRead), Is.EqualTo((0, 0)));
        if (roles == "readable") // else the token's web token is asked for, which has a body
            Assert.That(outcome.Totals.Visit.Bytes, Is.Zero, "every page is answered with 304");
    }

    [Test]
    public async Task Edits_replace_and_what_moved_stands_once_under_its_new_day()
    {
        var participant = await CopiedAsync("readable");
        var treatments = await ListAsync("treatments");
        var (edited, moved) = (treatments[0].AsObject(), treatments[1].AsObject());
        edited["notes"] = "changed";
        await _nightscout.PutAsync("treatments", edited.DeepClone());
        moved["created_at"] = DateTimeOffset.Parse(moved["created_at"]!.ToString()).AddDays(-3).Iso();
        await _nightscout.PutAsync("treatments", moved.DeepClone());
        var entry = (await ListAsync("entries"))[0].AsObject();
        entry["sgv"] = 333;
        await _nightscout.PostAsync("entries", [Encoding.UTF8.GetBytes(entry.ToJsonString())]);

        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        await participant.RunAfterAsync(TimeSpan.FromHours(24)); // the day's run
        await participant.RunAfterAsync(TimeSpan.FromHours(24)); // what is absent for a day is asked for by its id

        foreach (var collection in Collections)
            await CompareAsync(participant, collection);
        Assert.That(participant.Records("entries")[entry["_id"]!.ToString()], Does.Contain("\"sgv\":333"));
        Assert.That(participant.Records("treatments")[moved["_id"]!.ToString()], Does.Contain(moved["created_at"]!.ToString()));
    }

    [Test]
    public async Task Deleted_records_are_marked_after_two_complete_reads_a_day_apart()
    {
        var participant = await CopiedAsync("readable");
        var deleted = new Dictionary<string, string>();
        foreach (var collection in new[] { "entries", "treatments", "devicestatus" })
        {
            deleted[collection] = (await ListAsync(collection))[0]["_id"]!.ToString(); // the newest: older ones exist
            await _nightscout.DeleteAsync(collection, deleted[collection]);
        }

        await participant.RunAfterAsync(TimeSpan.FromMinutes(30));
        Assert.That(deleted.Where(record => participant.Records(record.Key)[record.Value].Contains("\"isValid\":false")), Is.Empty, "one read is not enough");
        await participant.RunAfterAsync(TimeSpan.FromHours(24));

        foreach (var collection in new[] { "entries", "treatments" })
            Assert.That(participant.Records(collection)[deleted[collection]], Does.EndWith(",\"isValid\":false}"));
        Assert.That(participant.Records("devicestatus")[deleted["devicestatus"]], Does.Not.Contain("isValid"), "pruned, for all we know");
    }

    [Test]
    public async Task Late_records_are_found_by_the_run_that_reads_their_age()
    {
        var participant = await CopiedAsync("readable");
        var now = _world.Clock.GetUtcNow(); // the values posted are higher than any of the synthetic records
        await PostEntryAsync(now.AddDays(-2), 501);
        await PostEntryAsync(now.AddDays(-30), 502);
        await PostEntryAsync(now.AddDays(-200), 503);

        await participant.RunAfterAsync(TimeSpan.FromHours(1));
        Assert.That(Glucose(participant), Has.None.EqualTo(501).And.None.EqualTo(502).And.None.EqualTo(503));
        await participant.RunAfterAsync(TimeSpan.FromHours(23));
        Assert.That(Glucose(participant), Has.Some.EqualTo(501).And.None.EqualTo(502).And.None.EqualTo(503));
        await participant.RunAfterAsync(TimeSpan.FromDays(6));
        Assert.That(Glucose(participant), Has.Some.EqualTo(502).And.None.EqualTo(503));
        await participant.RunThroughANightAsync(days: 81);

        await CompareAsync(participant, "entries");
        Assert.That(Glucose(participant), Has.Some.EqualTo(503));
    }

    [TestCase("entries")]
    [TestCase("treatments")]
    [TestCase("devicestatus")]
    public async Task A_record_is_found_by_its_id_whatever_its_date(string name)
    {
        await StartAsync("readable");
        var (client, collection) = (_world.Get<NightscoutClient>(), Collection.Named(name)!);
        var id = (await ListAsync(name))[^1]["_id"]!.ToString();
        var site = new Site(_nightscout.Url, null);

        Assert.That(await client.FindAsync(site, collection, id, default), Is.Not.Null);
        Assert.That(await client.FindAsync(site, collection, "aaaaaaaaaaaaaaaaaaaaaaaa", default), Is.Null);
        Assert.That(() => client.FindAsync(site, collection, "5f6d1c9e-1111-4222-8333-444455556666", default), Throws.TypeOf<SiteTemporaryException>(), "500, as of every id that is no ObjectId");
    }

    [Test]
    public async Task Records_that_no_range_finds_are_copied_with_the_others()
    {
        await StartAsync("readable");
        await _nightscout.PostAsync("entries", [Encoding.UTF8.GetBytes("""{"type":"sgv","sgv":511,"date":"1500000000000","dateString":"2017-07-14T02:40:00.000Z"}""")]);
        await _nightscout.PostAsync("entries", [Encoding.UTF8.GetBytes("""{"type":"sgv","sgv":512,"date":-5000,"dateString":"1969-12-31T23:59:55.000Z"}""")]);
        var participant = await _world.EnrolAsync(_nightscout.Url, new("none"));

        await participant.RunAfterAsync(TimeSpan.Zero);

        Assert.That(Glucose(participant), Has.Some.EqualTo(511).And.Some.EqualTo(512));
        Assert.That(participant.Files.Keys, Is.SupersetOf(new[] { "entries_1969-12", "entries_2017-07" }));
    }

    [Test]
    public async Task An_entry_of_the_moment_zero_is_copied_and_keeps_no_other_from_it()
    {
        _nightscout = await RealNightscout.StartAsync("readable");
        await _nightscout.PostAsync("entries", [Encoding.UTF8.GetBytes("""{"type":"sgv","sgv":113,"date":0,"dateString":"1970-01-01T00:00:00.000Z"}"""),
            Encoding.UTF8.GetBytes("""{"type":"sgv","sgv":114,"date":1500000000000,"dateString":"2017-07-14T02:40:00.000Z"}""")]);
        Assert.That((await _nightscout.GetAsync("entries.json?count=1&sort[date]=-1&find[date][$lt]=1")).Status, Is.EqualTo(HttpStatusCode.InternalServerError), "it fails for an answer that begins with that entry");
        var participant = await _world.EnrolAsync(_nightscout.Url, new("none"));

        await participant.RunAfterAsync(TimeSpan.Zero);

        Assert.That(Glucose(participant), Is.EquivalentTo(new[] { 113, 114 }));
        Assert.That(await participant.QueryAsync<bool>("select imported_all_at is not null from ingest.cursor where participant_id = @Participant and collection = 'entries'"), Is.True);
    }

    [Test]
    public async Task The_question_for_texts_that_are_no_dates_is_understood()
    {
        await StartAsync("readable");
        var date = Uri.EscapeDataString(RecordTime.Date);

        foreach (var (all, others) in new[] { ("$or", "$nor"), ("$nor", "$or") })
        {
            var found = await _nightscout.GetAsync($"treatments.json?count=9999&find[{all}][0][created_at][$regex]={date}&find[dateString][$ne]=x");
            var wrong = await _nightscout.GetAsync($"treatments.json?count=9999&find[{others}][0][created_at][$regex]={date}&find[dateString][$ne]=x");
            Assert.That((found.Status, wrong.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
            Assert.That(JsonNode.Parse(found.Body)!.AsArray(), all == "$or" ? Has.Count.GreaterThan(10) : Is.Empty);
        }
    }

    async Task<Enrolled> CopiedAsync(string roles)
    {
        await StartAsync(roles);
        var participant = await _world.EnrolAsync(_nightscout.Url, new("none"), roles == "denied" ? await _nightscout.AddReaderAsync() : null);
        await participant.RunAfterAsync(TimeSpan.Zero);
        return participant;
    }

    /// <summary>A site with some weeks of records in the shapes of two uploaders, the newest of an hour before noon.</summary>
    async Task StartAsync(string roles)
    {
        _nightscout = await RealNightscout.StartAsync(roles);
        _world.ToNoon();
        foreach (var (uploader, age) in new[] { (Uploader.OpenAps, 40), (Uploader.XDrip, 0) })
        {
            var site = Synthetic.Site(uploader, seed: 5, days: 2, _world.Clock.GetUtcNow().AddHours(-1).AddDays(-age));
            foreach (var (collection, records) in new[] { ("entries", site.Entries), ("treatments", site.Treatments), ("devicestatus", site.DeviceStatus), ("profile", site.Profiles) })
                await _nightscout.PostAsync(collection, [.. records.All.Where(IsPlain).TakeLast(80)]);
        }
        await PostEntryAsync(_world.Clock.GetUtcNow().AddHours(-1), 100);
        await _nightscout.PostAsync("treatments", [.. Enumerable.Range(1, 3).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
            $$"""{"eventType":"Note","notes":"n{{i}}","created_at":"{{_world.Clock.GetUtcNow().AddMinutes(-i).Iso()}}"}"""))]);
        await _nightscout.PostAsync("devicestatus", [Encoding.UTF8.GetBytes($$"""{"device":"pump","created_at":"{{_world.Clock.GetUtcNow().AddMinutes(-5).Iso()}}"}""")]);
    }

    Task PostEntryAsync(DateTimeOffset at, int glucose) => _nightscout.PostAsync("entries", [Encoding.UTF8.GetBytes(
        $$"""{"type":"sgv","sgv":{{glucose}},"date":{{at.ToUnixTimeMilliseconds()}},"dateString":"{{at.Iso()}}","device":"late"}""")]);

    /// <summary>All records, newest first; then those with a date of text.</summary>
    async Task<IReadOnlyList<JsonNode>> ListAsync(string collection)
    {
        string[] conditions = collection == "entries" ? ["find[date][$gte]=1", "find[$or][0][date][$gte]=0&find[dateString][$ne]=x"] : ["find[created_at][$gte]=1900-01-01"];
        var records = new List<JsonNode>();
        foreach (var condition in conditions)
            records.AddRange(JsonNode.Parse((await _nightscout.GetAsync($"{collection}.json?count=10000&{condition}")).Body)!.AsArray().Select(record => record!));
        return records;
    }

    /// <summary>The files hold what the site serves, record by record.</summary>
    async Task CompareAsync(Enrolled participant, string collection)
    {
        var key = new NightscoutSite("any");
        var records = key.Entries; // any store: nothing is looked up in it
        records.InsertAll((await ListAsync(collection)).Select(record => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(record.ToJsonString())));
        var served = participant.Served(records);
        var copied = participant.Records(collection);
        Assert.That(served.Where(record => !copied.ContainsKey(record.Key)), Is.Empty, collection);
        Assert.That(copied.Where(record => !served.ContainsKey(record.Key)), Is.Empty, collection);
        Assert.That(copied.Where(record => !JsonNode.DeepEquals(JsonNode.Parse(record.Value), JsonNode.Parse(served[record.Key]))), Is.Empty, collection);
    }

    static IEnumerable<int> Glucose(Enrolled participant) =>
        participant.Records("entries").Values.Select(json => JsonNode.Parse(json)!["sgv"]).Where(sgv => sgv?.GetValueKind() == System.Text.Json.JsonValueKind.Number).Select(sgv => (int)sgv!.GetValue<double>());

    static bool IsPlain(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonNode.Parse(json.Span)!.AsObject().ToJsonString().Length > 0;
        }
        catch (Exception odd) when (odd is ArgumentException or InvalidOperationException)
        {
            return false; // duplicate keys, cut emoji
        }
    }
}
