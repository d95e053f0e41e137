using System.Text;

namespace Nightscout.Tests;

public sealed class ScrubberTests
{
    static readonly byte[] Key = new byte[32];

    [Test]
    public void Numbers_and_text_stay_as_they_were_sent()
    {
        const string Record = """{"_id":"a","date":1795226000000.1230,"sgv":1.50e2,"notes":"caf\u00e9 \"x\" \ud83d","store":{"Default":{"dia":"3"}},"nothing":null,"list":[1,{"a":[]}]}""";

        Assert.That(Scrub(Record), Is.EqualTo(Record));
    }

    [Test]
    public void Whitespace_goes_so_that_a_record_is_one_line() => Assert.That(Scrub("{ \"a\" :\n [ 1 , 2 ] }"), Is.EqualTo("""{"a":[1,2]}"""));

    [Test]
    public void Credentials_go_at_any_depth() => Assert.That(
        Scrub("""{"_id":"a","loopSettings":{"deviceToken":"abc","dosingEnabled":true},"API_SECRET":"x","deep":[{"Token":{"a":1},"b":2}]}"""),
        Is.EqualTo("""{"_id":"a","loopSettings":{"dosingEnabled":true},"deep":[{"b":2}]}"""));

    [TestCase("see https://ann.example.com/?token=reader-0123456789abcdef&x=1", "see https://ann.example.com/?token=&x=1")]
    [TestCase("https://mysecret12345@ann.example.com/api", "https://ann.example.com/api")]
    [TestCase("https://user:pass@ann.example.com/api", "https://ann.example.com/api")]
    [TestCase("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl end", "jwt  end")]
    [TestCase("1 = 2 // nothing to hide", "1 = 2 // nothing to hide")]
    public void Credentials_inside_text_go_and_the_rest_stays(string notes, string left) => Assert.That(Scrub($$"""{"notes":"{{notes}}"}"""), Is.EqualTo($$"""{"notes":"{{left}}"}"""));

    [TestCase("loop://Ann's iPhone", "loop://")]
    [TestCase("openaps://edison1", "openaps://")]
    [TestCase("xDrip-DexcomG6 Ann", "xDrip-DexcomG6-")]
    [TestCase("libre/0M0001ABC", "libre/0-")]
    [TestCase("Mum", "")]
    public void A_name_becomes_a_stable_pseudonym_that_keeps_its_family(string name, string family)
    {
        var pseudonym = DeviceName.Pseudonym(name, Key);

        Assert.That(pseudonym, Does.Match($"^{family}[a-z2-7]{{10}}$"));
        Assert.That(DeviceName.Pseudonym(name, Key), Is.EqualTo(pseudonym));
        Assert.That(DeviceName.Pseudonym(name, [1]), Is.Not.EqualTo(pseudonym));
    }

    [TestCase("share2")]
    [TestCase("Trio")]
    [TestCase("xDrip-DexcomG6")]
    [TestCase("nightscout-librelink-up")]
    [TestCase("")]
    public void The_name_of_a_product_alone_stays(string name) => Assert.That(DeviceName.Pseudonym(name, Key), Is.EqualTo(name));

    [Test]
    public void Device_and_enteredBy_are_replaced_at_any_depth()
    {
        var line = Scrub("""{"device":"Ann's phone","enteredBy":"Mum","a":{"device":"Ann's phone"},"uploader":{"name":"stays"},"b":{"device":{"x":"kept"}}}""");

        var code = DeviceName.Pseudonym("Ann's phone", Key);
        Assert.That(line, Is.EqualTo("""{"device":"CODE","enteredBy":"MUM","a":{"device":"CODE"},"uploader":{"name":"stays"},"b":{"device":{"x":"kept"}}}"""
            .Replace("CODE", code).Replace("MUM", DeviceName.Pseudonym("Mum", Key))));
    }

    [Test]
    public void Volatile_fields_are_no_part_of_a_record()
    {
        var buffer = new RawJsonWriter();
        var without = Scrubber.Without(Encoding.UTF8.GetBytes("""{"mills":1,"a":{"mills":2},"endmills":3,"b":4}"""), ["mills", "endmills"], buffer);

        Assert.That(Encoding.UTF8.GetString(without.Span), Is.EqualTo("""{"a":{"mills":2},"b":4}"""));
    }

    static string Scrub(string record) => Encoding.UTF8.GetString(new Scrubber(Key).Scrub(Encoding.UTF8.GetBytes(record)).Span);
}
