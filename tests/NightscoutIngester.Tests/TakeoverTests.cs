using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Files in the account that our books do not know: whole histories of the system before this one, and files of ours whose books were lost.</summary>
public sealed class TakeoverTests : NoonTests
{
    const int Readings = 300;

    NightscoutSite _site = null!;
    Enrolled _participant = null!;

    [SetUp]
    public async Task EnrolAsync()
    {
        _site = new("site");
        for (var number = 1; number <= Readings; number++) // half a day apart, the newest now
            _site.Entries.Insert(Reading(number));
        _participant = await _world.EnrolAsync(_site);
    }

    [TestCase("lines")]
    [TestCase("array")]
    [TestCase("gzipped lines")]
    [TestCase("gzipped array")]
    [TestCase("lines with consent")]
    public async Task A_whole_history_becomes_period_files_and_the_site_is_not_asked_for_it(string form)
    {
        AddOriginal(1, Readings - 10, form);

        await _participant.RunAfterAsync(TimeSpan.Zero);

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(Enumerable.Range(1, Readings).Select(Records.Id)));
        Assert.That(string.Concat(_participant.Records("entries").Values), Does.Not.Contain("sharing_consent"));
        Assert.That(Originals(), Is.Empty);
        Assert.That(_world.Sandbox.Sites.Requests.Served.Where(request => request.Template.Contains("entries")).Select(request => request.Query), Has.None.Contains("[$lt]"), "no window of the history");
        Assert.That(_world.Sandbox.Sites.Requests.Served.Count(request => request.Template.Contains("entries")), Is.LessThan(6));
    }

    [Test]
    public async Task Of_two_whole_histories_every_record_is_kept_once()
    {
        AddOriginal(1, 200, "lines");
        AddOriginal(150, Readings - 10, "array");

        await _participant.RunAfterAsync(TimeSpan.Zero);

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(Enumerable.Range(1, Readings).Select(Records.Id)));
        Assert.That(Originals(), Is.Empty);
    }

    [TestCase("lines")]
    [TestCase("gzipped lines")]
    public async Task A_file_that_breaks_off_stays_and_what_it_holds_is_copied(string form)
    {
        var cut = AddOriginal(1, 200, form, bytes => bytes[..^40]);
        AddOriginal(150, Readings - 10, "lines");

        await _participant.RunAfterAsync(TimeSpan.Zero);
        await _participant.RunAfterAsync(TimeSpan.FromHours(21)); // the account is listed again

        Assert.That(_participant.Records("entries").Keys, Is.SupersetOf(Enumerable.Range(200, 101).Select(Records.Id)));
        Assert.That(_participant.Records("entries"), Has.Count.GreaterThan(form == "lines" ? 298 : 150));
        Assert.That(Originals().Select(file => file.Id), Is.EqualTo(new[] { cut.Id }));
    }

    [TestCase("*/files/upload/direct/")]
    [TestCase("/storage/*")]
    [TestCase("*/files/upload/complete/")]
    public async Task The_original_is_deleted_only_when_its_records_are_safe(string path)
    {
        AddOriginal(1, Readings - 10, "lines");
        for (var skip = 0; skip < 3; skip++)
        {
            _world.Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = path, Method = path.StartsWith("/storage", StringComparison.Ordinal) ? "PUT" : "POST", Skip = skip });

            Assert.That((await _participant.RunAsync()).Cause, Is.EqualTo(Cause.OpenHumansTemporary));

            Assert.That(Originals(), Has.Count.EqualTo(1));
            _world.Clock.Advance(TimeSpan.FromHours(1));
        }
        await _participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(Enumerable.Range(1, Readings).Select(Records.Id)));
        Assert.That(Originals(), Is.Empty);
    }

    [Test]
    public async Task Holes_of_the_original_are_filled_within_a_month()
    {
        _site.Entries.Insert(Records.Of("entries", 1000, _world.Clock.GetUtcNow().AddDays(-100).AddHours(1))); // arrived late at the site: the file never had it
        AddOriginal(1, Readings - 10, "lines");
        await _participant.RunAfterAsync(TimeSpan.Zero);
        Assert.That(_participant.ValueOf("entries", 1000), Is.Null);

        for (var day = 1; day <= 30 && _participant.ValueOf("entries", 1000) is null; day++)
        {
            _world.ToNight();
            await _participant.RunAfterAsync(TimeSpan.Zero);
        }

        Assert.That(_participant.ValueOf("entries", 1000), Is.EqualTo("first"));
    }

    [Test]
    public async Task Files_of_ours_whose_books_were_lost_are_taken_over()
    {
        await _participant.RunAfterAsync(TimeSpan.Zero);
        var before = _participant.Records("entries");
        _site.Entries.Delete(Records.Id(5)); // only our file has it any more
        await _world.ExecuteAsync("""
            delete from ingest.file; delete from ingest.cursor; delete from ingest.day_digest; delete from ingest.month_pages; delete from ingest.absent; delete from ingest.odd_record;
            delete from ingest.day_part; delete from ingest.day_to_read; update ingest.participant set listed_at = null
            """);

        await _participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(before.Keys), "once each");
        Assert.That(await _participant.QueryAsync<long>("select count(*) from ingest.file where participant_id = @Participant and state = 'current'"), Is.EqualTo(_participant.Files.Count));
        Assert.That(await _participant.QueryAsync<long>("select sum(copied) from ingest.day_summary where participant_id = @Participant and collection = 'entries'"), Is.EqualTo(before.Count));
    }

    [Test]
    public async Task Our_version_of_a_record_stands_when_the_original_goes_on_beside_us()
    {
        await _participant.RunAfterAsync(TimeSpan.Zero);
        AddOriginal(1, Readings, "lines", bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("\"value\":\"first\"", "\"value\":\"old\"", StringComparison.Ordinal)));

        await _participant.RunAfterAsync(TimeSpan.FromHours(21));

        Assert.That(Originals(), Is.Empty);
        Assert.That(_participant.Records("entries").Values.ToList(), Has.Count.EqualTo(Readings).And.None.Contains("old"));
    }

    [Test]
    public async Task What_only_the_original_has_and_the_site_deleted_is_marked_so_in_time()
    {
        await _participant.RunAfterAsync(TimeSpan.Zero);
        AddOriginal(1, Readings, "lines", bytes => [.. bytes, .. Encoding.UTF8.GetBytes(Records.Of("entries", 1000, _world.Clock.GetUtcNow().AddHours(-31)) + "\n")]);

        foreach (var hours in new[] { 21, 25, 25, 25, 25, 25, 25, 25, 25 })
            await _participant.RunAfterAsync(TimeSpan.FromHours(hours));

        Assert.That(_participant.IsMarkedDeleted("entries", 1000), Is.True);
    }

    [Test]
    public async Task A_history_that_takes_several_nights_is_read_within_a_month()
    {
        await using var world = await World.CreateAsync("--Ingest:FullPages=20");
        world.ToNoon();
        var site = new NightscoutSite("long");
        var start = world.Clock.GetUtcNow();
        for (var month = 0; month < 40; month++)
            site.Entries.Insert(Records.Of("entries", month + 1, start.AddDays(-31 * month)));
        var participant = await world.EnrolAsync(site);
        participant.Member.AddFile($"{start.ToUnixTimeMilliseconds()}_{participant.Member.Id}_entries.json", Encoding.UTF8.GetBytes(string.Concat(site.Entries.All.Select(line => Encoding.UTF8.GetString(line.Span) + "\n"))));
        site.Entries.Insert(Records.Of("entries", 1000, start.AddDays(-31 * 39).AddHours(-1))); // the oldest: in the last night
        await participant.RunAfterAsync(TimeSpan.Zero);

        var nights = 0;
        for (var day = 1; day <= 30 && participant.ValueOf("entries", 1000) is null; day++)
        {
            world.ToNight();
            nights += await participant.QueryAsync<bool>("select full_started_at is not null from ingest.cursor where participant_id = @Participant and collection = 'entries'") ? 1 : 0;
            await participant.RunAfterAsync(TimeSpan.Zero);
        }

        Assert.That(participant.ValueOf("entries", 1000), Is.EqualTo("first"));
        Assert.That(nights, Is.GreaterThan(3));
        Assert.That(await participant.QueryAsync<bool>("select bool_and(full_read_at < now() + interval '30 days') from ingest.cursor where participant_id = @Participant"), Is.True);
    }

    string Reading(int number) => Records.Of("entries", number, _world.Clock.GetUtcNow().AddHours(-12 * (Readings - number)));

    IReadOnlyList<DataFile> Originals() => [.. _participant.Member.Files.Where(file => file.Name.Contains("_entries.json", StringComparison.Ordinal))];

    DataFile AddOriginal(int from, int to, string form, Func<byte[], byte[]>? damage = null)
    {
        var records = Enumerable.Range(from, to - from + 1).Select(Reading);
        if (form.EndsWith("consent", StringComparison.Ordinal))
            records = records.Select(json => { var record = JsonNode.Parse(json)!; record["sharing_consent"] = "both"; return record.ToJsonString(); });
        var bytes = Encoding.UTF8.GetBytes(form.EndsWith("array", StringComparison.Ordinal) ? $"[{string.Join(",", records)}]" : string.Concat(records.Select(json => $"{json}\n")));
        if (form.StartsWith("gzipped", StringComparison.Ordinal))
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
                gzip.Write(bytes);
            bytes = packed.ToArray();
        }
        var written = _world.Clock.GetUtcNow().AddHours(-12 * (Readings - to)).ToUnixTimeMilliseconds();
        return _participant.Member.AddFile($"{written}_{_participant.Member.Id}_entries.json{(form.StartsWith("gzipped", StringComparison.Ordinal) ? ".gz" : "")}", damage is null ? bytes : damage(bytes));
    }
}
