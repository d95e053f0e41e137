using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Register;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>What gets from a site into the participant's files.</summary>
public sealed partial class CopyTests
{
    World _world = null!;

    [SetUp]
    public async Task Start() => _world = await World.CreateAsync();

    [TearDown]
    public async Task Stop() => await _world.DisposeAsync();

    [Test]
    public async Task Every_record_of_every_uploader_is_copied_once([Values] Uploader uploader)
    {
        var participant = await _world.EnrolAsync(Synthetic.Site(uploader, seed: 1, days: 4, _world.Clock.GetUtcNow()));

        var outcome = await participant.RunAsync();

        Assert.That(outcome.Cause, Is.EqualTo(Cause.Success));
        Assert.That(participant.Records("entries").Keys, Is.SubsetOf(participant.Served(participant.Site.Entries).Keys));
        foreach (var (collection, records) in new[]
            { ("entries", participant.Site.Entries), ("treatments", participant.Site.Treatments), ("devicestatus", participant.Site.DeviceStatus), ("profile", participant.Site.Profiles) })
        {
            var (served, copied) = (participant.Served(records), participant.Records(collection));
            var invisible = served.Where(record => !copied.ContainsKey(record.Key)).Select(record => record.Value).ToList();
            Assert.That(invisible.Where(json => !IsInvisible(json, collection)), Is.Empty, collection);
            Assert.That(copied.Where(record => !SameButForAmounts(record.Value, served[record.Key])), Is.Empty, collection);
        }
    }

    [Test]
    public async Task A_second_run_with_nothing_new_writes_nothing()
    {
        var participant = await _world.EnrolAsync(Synthetic.Site(Uploader.OpenAps, seed: 1, days: 3, _world.Clock.GetUtcNow()));
        await participant.RunAsync();
        var files = participant.Files.Values.Select(file => file.Id).ToList();

        var outcome = await participant.RunAsync();

        Assert.That((outcome.Cause, outcome.Totals.FilesWritten, outcome.Totals.BytesUp), Is.EqualTo((Cause.Success, 0, 0)));
        Assert.That(participant.Files.Values.Select(file => file.Id), Is.EqualTo(files));
    }

    [Test]
    public async Task A_new_reading_rewrites_its_day_and_reads_nothing_back()
    {
        var site = Site(100, TimeSpan.FromHours(1));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();
        var before = participant.Files.Keys.ToList();
        _world.Sandbox.OpenHumans.Requests.Clear();

        site.Entries.Insert(Entry("new", _world.Clock.GetUtcNow()));
        var outcome = await participant.RunAsync();

        Assert.That((outcome.Totals.FilesWritten, participant.Files.Keys.Except(before).Count()), Is.EqualTo((1, 0)));
        Assert.That(participant.Records("entries"), Contains.Key("new"));
        Assert.That(_world.Sandbox.OpenHumans.Requests.Served.Select(request => request.Template).Where(path => path.Contains("exchange-member") || path.Contains("datafile-download")), Is.Empty);
    }

    [Test]
    public async Task An_edited_record_is_replaced()
    {
        var site = Site(10, TimeSpan.FromMinutes(5));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();

        site.Entries.Replace("e3", Entry("e3", _world.Clock.GetUtcNow().AddMinutes(-15), sgv: 222));
        await participant.RunAsync();

        Assert.That(participant.Records("entries")["e3"], Does.Contain("\"sgv\":222"));
    }

    [Test]
    public async Task Late_readings_are_never_fetched_D4()
    {
        var site = Site(10, TimeSpan.FromHours(12));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();
        var at = _world.Clock.GetUtcNow();
        site.Entries.Insert(Entry("late", at.AddDays(-4)));

        _world.Clock.Advance(TimeSpan.FromDays(7));
        await participant.RunAsync();

        Assert.That(participant.Records("entries"), Contains.Key("late"));
        Assert.That(participant.Records("entries"), Has.Count.EqualTo(11));
    }

    [Test]
    public async Task What_the_site_no_longer_has_stays_ours()
    {
        var site = Site(10, TimeSpan.FromMinutes(5));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();

        site.Entries.Delete("e3");
        site.Entries.Insert(Entry("new", _world.Clock.GetUtcNow()));
        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.SupersetOf(new[] { "e3", "new" }));
    }

    [Test]
    public async Task Profile_history_disappears_D7()
    {
        var site = new NightscoutSite("p");
        var first = site.Profiles.Insert("""{"_id":"old","startDate":"2026-01-01T00:00:00Z","store":{}}""");
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();

        site.Profiles.Delete(first);
        site.Profiles.Insert("""{"_id":"new","startDate":"2026-02-01T00:00:00Z","store":{}}""");
        await participant.RunAsync();

        Assert.That(participant.Records("profile").Keys, Is.EquivalentTo(new[] { "old", "new" }));
    }

    [Test]
    public async Task More_profiles_than_a_page_are_all_copied()
    {
        var site = new NightscoutSite("p");
        for (var i = 0; i < 350; i++)
            site.Profiles.Insert($$$"""{"_id":"p{{{i}}}","startDate":"{{{new DateTime(2026, 1, 1).AddHours(i):yyyy-MM-dd'T'HH:mm:ss'Z'}}}","store":{}}""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        Assert.That(participant.Records("profile"), Has.Count.EqualTo(350));
    }

    [Test]
    public async Task Records_of_one_moment_that_fill_more_than_a_page_are_all_copied()
    {
        var site = new NightscoutSite("same");
        var at = _world.Clock.GetUtcNow().AddHours(-1);
        for (var i = 0; i < 1500; i++)
            site.DeviceStatus.Insert($$"""{"_id":"d{{i}}","created_at":"{{at:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}"}""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        Assert.That(participant.Records("devicestatus"), Has.Count.EqualTo(1500));
    }

    [Test]
    public async Task An_address_that_was_changed_while_the_account_was_listed_is_read_with_the_next_run()
    {
        var participant = await _world.EnrolAsync(new NightscoutSite("first"));
        await participant.QueryAsync<int?>("update register.participant set changed_at = now() - interval '2 minutes' where participant_id = @Participant");
        await participant.RunAsync();
        var second = new NightscoutSite("second");
        second.Entries.Insert("""{"_id":"there","type":"sgv","sgv":100,"date":1790000000000}""");
        _world.Sandbox.Sites.Add(second);
        participant.Member.AddFile(ParticipantFiles.Address(participant.Member.Id), Encoding.UTF8.GetBytes(_world.Sandbox.Sites.UrlOf(second).AbsoluteUri));
        await participant.QueryAsync<int?>("update register.participant set changed_at = now() - interval '1 minute' where participant_id = @Participant"); // a transaction that began before the listing

        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "there" }));
    }

    [Test]
    public async Task Bulky_records_are_asked_for_in_smaller_pages()
    {
        var site = new NightscoutSite("bulky");
        var at = _world.Clock.GetUtcNow().AddHours(-3);
        var text = new string('x', 60_000);
        for (var i = 0; i < 300; i++)
            site.DeviceStatus.Insert($$"""{"_id":"d{{i}}","created_at":"{{at.AddSeconds(i * 30):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","preferences":"{{text}}"}""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        Assert.That(participant.Records("devicestatus"), Has.Count.EqualTo(300));
        var counts = _world.Sandbox.Sites.Requests.Served.Where(request => request.Template.Contains("devicestatus") && Uri.UnescapeDataString(request.Query).Contains("sort[created_at]=1", StringComparison.Ordinal))
            .Select(request => int.Parse(request.Query[(request.Query.IndexOf("count=", StringComparison.Ordinal) + 6)..].Split('&')[0])).ToList();
        Assert.That(counts, Has.Member(50), "about 4 MB each");
    }

    [Test]
    public async Task Another_address_is_another_history()
    {
        var first = new NightscoutSite("first");
        first.Entries.Insert("""{"_id":"recent","type":"sgv","sgv":100,"date":1790000000000}""");
        var participant = await _world.EnrolAsync(first);
        await participant.RunAsync();
        var second = new NightscoutSite("second");
        second.Entries.Insert("""{"_id":"long ago","type":"sgv","sgv":100,"date":1500000000000}""");
        _world.Sandbox.Sites.Add(second);
        participant.Member.AddFile(ParticipantFiles.Address(participant.Member.Id), Encoding.UTF8.GetBytes(_world.Sandbox.Sites.UrlOf(second).AbsoluteUri));
        await participant.QueryAsync<int?>("update register.participant set changed_at = now() where participant_id = @Participant");

        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "recent", "long ago" }));
    }

    [Test]
    public async Task Local_offsets_odd_types_1970_and_the_future_survive()
    {
        var site = new NightscoutSite("odd");
        site.Treatments.Insert("""{"_id":"offset","eventType":"Note","created_at":"2026-10-20T20:30:00-08:00"}""");
        site.Treatments.Insert("""{"_id":"utc","eventType":"Note","created_at":"2026-10-21T04:31:00.000Z"}""");
        site.Treatments.Insert("""{"_id":"ahead","eventType":"Note","created_at":"2026-10-21T13:00:00+12:00"}""");
        site.Treatments.Insert("""{"_id":"between","eventType":"Note","created_at":"2026-09-15T12:00:00.000Z"}"""); // so that a month's window ends at the month's end
        site.Treatments.Insert("""{"_id":"month before","eventType":"Note","created_at":"2026-09-01T01:00:00+14:00"}""");
        site.Treatments.Insert("""{"_id":"month after","eventType":"Note","created_at":"2026-08-31T23:00:00-10:00"}""");
        site.Treatments.Insert("""{"_id":"number","eventType":"Note","created_at":1616966443000}""");
        site.Treatments.Insert("""{"_id":"missing","eventType":"Note"}""");
        site.Treatments.Insert("""{"_id":"words","eventType":"Note","created_at":"Tue, 13 Feb 2018 00:50:20 GMT"}""");
        site.Entries.Insert("""{"_id":"text","type":"sgv","sgv":100,"date":"1780000000000"}""");
        site.Entries.Insert("""{"_id":"1970","type":"sgv","sgv":100,"date":1700000000}""");
        site.Entries.Insert("""{"_id":"fraction","type":"sgv","sgv":100,"date":1780000000000.123}""");
        site.Entries.Insert("""{"_id":"future","type":"sgv","sgv":100,"date":4102444800000}""");
        site.Entries.Insert("""{"_id":"last","type":"sgv","sgv":100,"date":253402300799000}""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        Assert.That(participant.Records("treatments").Keys, Is.EquivalentTo(new[] { "offset", "utc", "ahead", "between", "month before", "month after", "number", "missing", "words" }));
        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "1970", "fraction", "future", "last", "text" }));
        Assert.That(participant.Files.Keys, Is.SupersetOf(new[] { "entries_1970-01", "entries_2100-01-01", "treatments_undated", "treatments_2021-03", "treatments_2018-02" }));
    }

    /// <summary>Forms of clocks, exports and old uploaders; ranges are of text, and each of these stands elsewhere in its order.</summary>
    [TestCase("02/13/2018 10:00:00")]
    [TestCase("1/5/2018 3:00 PM")]
    [TestCase("2018/02/13 10:00:00")]
    [TestCase("Tue Feb 13 00:50:20 AEDT 2018")]
    [TestCase("2018-02-31T10:00:00Z")]
    [TestCase("2018-13-45T10:00:00Z")]
    [TestCase("2018-02-13")]
    [TestCase("2018-02-13T10:00Z")]
    [TestCase("soon")]
    public async Task Whatever_text_stands_for_a_time_the_record_is_copied_and_stays(string time)
    {
        var site = new NightscoutSite("texts");
        foreach (var (number, days) in new[] { (1, 0), (2, 40), (3, 3000), (4, 4000) })
            site.Treatments.Insert(Records.Of("treatments", number, _world.Clock.GetUtcNow().AddDays(-days)));
        site.Treatments.Insert($$"""{"_id":"5f6d1c9e-1111-4222-8333-444455556666","eventType":"Note","created_at":"{{time}}"}""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAfterAsync(TimeSpan.Zero);
        Assert.That(participant.Records("treatments"), Has.Count.EqualTo(5));
        for (var day = 0; day < 16; day++)
            await participant.RunAfterAsync(TimeSpan.FromDays(1));

        Assert.That(participant.Records("treatments").Values, Has.None.Contain("isValid"));
    }

    [Test]
    public async Task An_entry_of_the_moment_zero_is_copied_though_no_other_is_of_its_month()
    {
        var site = new NightscoutSite("zero");
        site.Entries.Insert(Records.Of("entries", 1, DateTimeOffset.UnixEpoch));
        site.Entries.Insert(Records.Of("entries", 2, _world.Clock.GetUtcNow()));
        var participant = await _world.EnrolAsync(site);

        for (var week = 0; week < 4; week++)
            await participant.RunAfterAsync(TimeSpan.FromDays(7));

        Assert.That(participant.Records("entries"), Has.Count.EqualTo(2));
        Assert.That(participant.Records("entries").Values, Has.None.Contain("isValid"));
    }

    [Test]
    public async Task Of_two_notes_of_one_moment_one_that_is_deleted_is_not_taken_for_the_other()
    {
        var site = new NightscoutSite("notes");
        var at = _world.Clock.GetUtcNow().AddHours(-1).Iso();
        site.Treatments.Insert(Records.Of("treatments", 1, _world.Clock.GetUtcNow().AddDays(-400)));
        foreach (var (number, note, name) in new[] { (2, "ate", "\"syncIdentifier\":\"s2\","), (3, "slept", "") })
            site.Treatments.Insert($$"""{"_id":"{{Records.Id(number)}}","eventType":"Note","notes":"{{note}}",{{name}}"created_at":"{{at}}"}""");
        var participant = await _world.EnrolAsync(site);
        await participant.RunAfterAsync(TimeSpan.Zero);

        site.Treatments.Delete(Records.Id(2));
        site.Treatments.Delete(Records.Id(3));
        site.Treatments.Insert($$"""{"_id":"{{Records.Id(4)}}","eventType":"Note","notes":"ate","syncIdentifier":"s4","created_at":"{{at}}"}""");
        site.Treatments.Insert($$"""{"_id":"{{Records.Id(5)}}","eventType":"Note","notes":"ran","created_at":"{{at}}"}""");
        await participant.RunAfterAsync(TimeSpan.FromMinutes(30));

        Assert.That(participant.Records("treatments"), Has.Count.EqualTo(5), "they are marked as deleted a day later");
    }

    [Test]
    public async Task Gaps_of_years_are_jumped_over()
    {
        var site = new NightscoutSite("gaps");
        foreach (var year in new[] { 2014, 2019, 2025 })
            site.Entries.Insert(Entry($"y{year}", new DateTimeOffset(year, 5, 5, 5, 5, 5, TimeSpan.Zero)));
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        Assert.That(participant.Records("entries").Keys, Is.EquivalentTo(new[] { "y2014", "y2019", "y2025" }));
        Assert.That(_world.Sandbox.Sites.Requests.Served.Count(request => request.Template.Contains("entries")), Is.LessThan(20));
    }

    [Test]
    public async Task Old_months_are_one_file_each_and_recent_days_too()
    {
        var site = Site(200, TimeSpan.FromHours(12)); // a hundred days
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        var today = DateOnly.FromDateTime(_world.Clock.GetUtcNow().UtcDateTime);
        foreach (var name in participant.Files.Keys.Where(name => name.StartsWith("entries_")).Select(name => name["entries_".Length..]))
            Assert.That(name.Length, Is.EqualTo(Register.Period.IsClosed(DateOnly.Parse(name.Length == 7 ? $"{name}-01" : name), today) ? 7 : 10), name);
        Assert.That(participant.Records("entries"), Has.Count.EqualTo(200));
    }

    [Test]
    public async Task Days_of_a_month_are_joined_when_it_is_over()
    {
        var site = Site(40, TimeSpan.FromHours(12));
        var participant = await _world.EnrolAsync(site);
        await participant.RunAsync();
        var before = participant.Records("entries");

        _world.Clock.Advance(TimeSpan.FromDays(70));
        await participant.RunAsync();

        Assert.That(participant.Files.Keys.Where(name => name.StartsWith("entries_")).Select(name => name.Length), Has.All.EqualTo("entries_2026-01".Length));
        Assert.That(participant.Records("entries"), Is.EquivalentTo(before));
    }

    [Test]
    public async Task Scrubbing_random_per_record_D16()
    {
        var site = new NightscoutSite("names");
        for (var i = 0; i < 3; i++)
            site.Treatments.Insert($$"""{"_id":"t{{i}}","eventType":"Note","enteredBy":"Mum","created_at":"2026-11-0{{i + 1}}T00:00:00Z","token":"abc"}""");
        var participant = await _world.EnrolAsync(site);

        await participant.RunAsync();

        var names = participant.Records("treatments").Values.Select(json => JsonNode.Parse(json)!["enteredBy"]!.ToString()).Distinct().ToList();
        Assert.That(names, Has.Count.EqualTo(1).And.None.EqualTo("Mum"));
        Assert.That(string.Concat(participant.Records("treatments").Values), Does.Not.Contain("abc"));
    }

    [Test]
    public async Task A_file_says_what_it_holds()
    {
        var participant = await _world.EnrolAsync(Site(1, TimeSpan.FromMinutes(5)));
        await participant.RunAsync();

        var file = participant.Files.Single(file => file.Key.StartsWith("entries_")).Value;

        var metadata = file.Metadata;
        Assert.That((metadata["collection"]!.ToString(), metadata["records"]!.GetValue<int>(), metadata["revision"]!.GetValue<int>(), metadata["tags"]!.ToJsonString()),
            Is.EqualTo(("entries", 1, 1, """["open-aps","Nightscout","entries","json"]""")));
        Assert.That(metadata["sha256"]!.ToString(), Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.Bytes.Span))));
        using var gzip = new GZipStream(new MemoryStream(file.Bytes.ToArray()), CompressionMode.Decompress);
        Assert.That(new StreamReader(gzip).ReadToEnd(), Does.EndWith("}\n"));
    }

    [Test]
    public async Task Requests_are_bounded_D5()
    {
        var participant = await _world.EnrolAsync(Synthetic.Site(Uploader.OpenAps, seed: 1, days: 3, _world.Clock.GetUtcNow()));

        await participant.RunAsync();

        foreach (var request in _world.Sandbox.Sites.Requests.Served.Where(request => request.Query.Contains("count=")))
            Assert.That(int.Parse(request.Query.Split("count=")[1].Split('&')[0]), Is.LessThanOrEqualTo(request.Template.Contains("entries") ? 2000 : request.Template.Contains("treatments") ? 1000 : 200));
    }

    /// <summary>Readings at equal distances, the newest now.</summary>
    NightscoutSite Site(int count, TimeSpan distance)
    {
        var site = new NightscoutSite($"site-{Guid.NewGuid():N}");
        site.Entries.InsertAll(Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Entry($"e{i}", _world.Clock.GetUtcNow() - i * distance))));
        return site;
    }

    static string Entry(string id, DateTimeOffset at, int sgv = 100) => $$"""{"_id":"{{id}}","type":"sgv","sgv":{{sgv}},"date":{{at.ToUnixTimeMilliseconds()}}}""";

    /// <summary>API v1 has no way to ask for entries whose date is missing or null.</summary>
    static bool IsInvisible(string json, string collection)
    {
        using var record = JsonDocument.Parse(json);
        return collection == "entries" && (!record.RootElement.TryGetProperty("date", out var date) || date.ValueKind == JsonValueKind.Null);
    }

    /// <summary>Nightscout serves <c>carbs</c> and <c>insulin</c> of every treatment as a number or null, whatever is stored (contract §1).</summary>
    internal static bool SameButForAmounts(string copied, string stored) => copied == stored || Amounts().Replace(copied, "") == Amounts().Replace(stored, "");

    [GeneratedRegex(",\"(carbs|insulin)\":(null|\"[^\"]*\"|[^,}]*)")]
    private static partial Regex Amounts();
}
