using System.IO.Compression;
using System.Text;

namespace Nightscout.Tests;

public sealed class RecordTests
{
    [TestCase("""{"_id":"a","date":1700000000000}""", "2023-11-14T22:13:20.000Z")]
    [TestCase("""{"_id":"a","date":1700000000000.75}""", "2023-11-14T22:13:20.000Z")]
    [TestCase("""{"_id":"a","date":"1700000000000"}""", "2023-11-14T22:13:20.000Z")]
    [TestCase("""{"_id":"a","date":null,"dateString":"2023-11-14T23:13:20+0100"}""", "2023-11-14T22:13:20.000Z")]
    [TestCase("""{"_id":"a","date":1700000000}""", "1970-01-20T16:13:20.000Z")]
    [TestCase("""{"_id":"a","date":-5}""", "1969-12-31T23:59:59.995Z")]
    public void The_time_of_an_entry_is_read_from_any_form(string json, string time) =>
        Assert.That(Read(json, Collection.Entries).Time?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), Is.EqualTo(time));

    [Test]
    public void The_keys_of_a_record_do_not_depend_on_the_order_of_its_fields()
    {
        var keys = RecordKeys.Of("""{"_id":"a","NSCLIENT_ID":7,"eventType":"Meal Bolus","created_at":"2026-11-20T20:30:00Z"}"""u8.ToArray(), Collection.Treatments);

        var same = RecordKeys.Of("""{"created_at":"2026-11-20T20:30:00Z","eventType":"Meal Bolus","NSCLIENT_ID":7,"_id":"a"}"""u8.ToArray(), Collection.Treatments);
        Assert.That((same.Event, same.IsNamed), Is.EqualTo((keys.Event, true)));
        Assert.That(same.Identifiers, Is.EquivalentTo(keys.Identifiers).And.Not.Empty);
        var other = RecordKeys.Of("""{"_id":"b","NSCLIENT_ID":7,"eventType":"Carb Correction","created_at":"2026-11-20T20:31:00Z"}"""u8.ToArray(), Collection.Treatments);
        Assert.That(other.Identifiers.Intersect(keys.Identifiers), Is.Empty);
        Assert.That(other.Event, Is.Not.EqualTo(keys.Event));
    }

    [TestCase("2018-02-13T10:00:00-08:00", "2018-02-13T10:00:00")]
    [TestCase("2018-02-13 10:00:59.123", "2018-02-13T10:00:59")]
    [TestCase("2018-02-13T10:00Z", "2018-02-13T10:00:00")]
    [TestCase("2018-02-13", "2018-02-13T00:00:00")]
    [TestCase("2018-02-31T10:00:00Z", "2018-02-28T10:00:00")]
    [TestCase("2018-13-01T10:00:00Z", null)]
    [TestCase("2018-02-13T25:00:00Z", null)]
    [TestCase("02/13/2018 10:00", null)]
    [TestCase("2018/02/13 10:00", null)]
    [TestCase("1700000000000", null)]
    [TestCase("Tue Feb 13 00:50:20 AEDT 2018", null)]
    public void A_text_stands_in_the_servers_order_where_its_wall_clock_says_and_else_is_odd(string text, string? wallClock)
    {
        var head = Read($$"""{"_id":"a","created_at":"{{text}}"}""", Collection.Treatments);

        Assert.That(head.Order?.ToString("yyyy-MM-dd'T'HH:mm:ss"), Is.EqualTo(wallClock));
        Assert.That(head.IsOdd, Is.EqualTo(wallClock is null));
        Assert.That(head.Time, wallClock is null ? Is.Null.Or.Not.Null : Is.Not.Null, "what ranges find has a time, so that they do not lose it");
    }

    [TestCase("""{"_id":"a"}""")]
    [TestCase("""{"_id":"a","date":"soon"}""")]
    [TestCase("""{"_id":"a","date":1e400}""")]
    [TestCase("""{"_id":"a","date":9e18}""")]
    [TestCase("""{"_id":"a","date":{"$date":1700000000000}}""")]
    public void A_record_without_a_usable_time_has_none(string json) => Assert.That(Read(json, Collection.Entries).Time, Is.Null);

    [Test]
    public void A_text_time_is_ordered_by_its_wall_clock()
    {
        var head = Read("""{"_id":"a","created_at":"2026-11-20T20:30:00-08:00"}""", Collection.Treatments);

        Assert.That(head.Time, Is.EqualTo(new DateTimeOffset(2026, 11, 21, 4, 30, 0, TimeSpan.Zero)));
        Assert.That(head.Order, Is.EqualTo(new DateTimeOffset(2026, 11, 20, 20, 30, 0, TimeSpan.Zero)));
    }

    [Test]
    public void A_record_without_an_identifier_is_named_by_its_content()
    {
        var (one, same, other) = (Read("""{"sgv":1}""", Collection.Entries).Id, Read("""{"sgv":1}""", Collection.Entries).Id, Read("""{"sgv":2}""", Collection.Entries).Id);

        Assert.That(one, Does.Match("^sha256:[0-9a-f]{32}$").And.EqualTo(same).And.Not.EqualTo(other));
    }

    [Test]
    public void Half_an_emoji_and_a_nul_are_no_obstacle()
    {
        var head = Read("""{"notes":"\ud83d","_id":"a\ud83d\u0000","date":1700000000000}""", Collection.Entries);

        Assert.That(head.Id, Is.EqualTo("a\uFFFD\0"));
    }

    [TestCase("{\"a\":1}\n{\"a\":2}\n")]
    [TestCase("{\"a\":1}\r\n\r\n  \n{\"a\":2}")]
    [TestCase("\uFEFF{\"a\":1}\n{\"a\":2}")]
    [TestCase("[{\"a\":1},{\"a\":2}]")]
    [TestCase(" [ {\"a\":1} ,\n {\"a\":2} ] ")]
    public void Records_come_from_lines_and_from_an_array_plain_and_gzipped(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        foreach (var file in new[] { bytes, Gzip(bytes) })
            Assert.That(RecordLines.Read(new MemoryStream(file)).Select(line => Encoding.UTF8.GetString(line.Json.Span).Trim()), Is.EqualTo(new[] { "{\"a\":1}", "{\"a\":2}" }));
    }

    [Test]
    public void Brackets_and_commas_inside_text_do_not_end_an_element()
    {
        const string Element = """{"a":"],{\"}[","b":[[1,2],{"c":","}]}""";

        Assert.That(RecordLines.Read(Stream($"[{Element},{Element}]")).Select(line => Encoding.UTF8.GetString(line.Json.Span)), Is.EqualTo(new[] { Element, Element }));
    }

    [Test]
    public void Records_longer_than_the_buffer_come_whole()
    {
        var records = Enumerable.Range(0, 5).Select(i => $$"""{"n":{{i}},"x":"{{new string('y', 200_000 * i)}}"}""").ToList();

        Assert.That(RecordLines.Read(Stream(string.Join('\n', records))).Select(line => Encoding.UTF8.GetString(line.Json.Span)), Is.EqualTo(records));
        Assert.That(RecordLines.Read(Stream($"[{string.Join(',', records)}]")).Select(line => Encoding.UTF8.GetString(line.Json.Span)), Is.EqualTo(records));
    }

    [Test]
    public void A_damaged_gzip_file_is_an_error_not_an_end()
    {
        var file = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"a\":{i}}}\n"))));
        file[file.Length / 2] ^= 0xff;

        Assert.That(() => RecordLines.Read(new MemoryStream(file)).Count(), Throws.InstanceOf<InvalidDataException>());
    }

    static RecordHead Read(string json, Collection collection) => RecordHead.Read(Encoding.UTF8.GetBytes(json), collection);

    static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    static byte[] Gzip(byte[] bytes)
    {
        var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return file.ToArray();
    }
}
