namespace Nightscout.Tests;

public sealed class SiteTests
{
    [TestCase("my-site.example.com", "https://my-site.example.com/")]
    [TestCase("  https://my-site.example.com/ ", "https://my-site.example.com/")]
    [TestCase("http://my-site.example.com", "http://my-site.example.com/")]
    [TestCase("https://my-site.example.com:8443", "https://my-site.example.com:8443/")]
    [TestCase("https://MY-SITE.example.com/api/v1/entries.json?count=3", "https://my-site.example.com/")]
    [TestCase("https://host.example.com/ann/nightscout/", "https://host.example.com/ann/nightscout/")]
    [TestCase("https://host.example.com/ann/api/v1/", "https://host.example.com/ann/")]
    [TestCase("https://host.example.com/report/", "https://host.example.com/")]
    [TestCase("https://host.example.com/bgclock.html", "https://host.example.com/")]
    [TestCase("https:/host.example.com", "https://host.example.com/")]
    [TestCase("https:host.example.com", "https://host.example.com/")]
    [TestCase("https//host.example.com", "https://host.example.com/")]
    [TestCase("HTTPS:///host.example.com/", "https://host.example.com/")]
    [TestCase("host.example.com.", "https://host.example.com/")]
    [TestCase("\u200bhttps://host.example.com\u00a0", "https://host.example.com/")]
    [TestCase("“https://host.example.com”", "https://host.example.com/")]
    [TestCase("https://host.example.com/report#daytoday", "https://host.example.com/")]
    [TestCase("<https://host.example.com>", "https://host.example.com/")]
    [TestCase("https://0123456789abcdef@host.example.com/api/v1/", "https://host.example.com/")]
    public void An_address_is_understood_as_people_paste_it(string pasted, string root) => Assert.That(Site.Parse(pasted).Root.AbsoluteUri, Is.EqualTo(root));

    [TestCase("https://host.example.com/?token=reader-0123456789abcdef", "reader-0123456789abcdef")]
    [TestCase("https://host.example.com/clock?a=b&token=reader-0123456789abcdef&c=d", "reader-0123456789abcdef")]
    [TestCase("https://host.example.com/", null)]
    public void A_token_is_taken_out_of_the_address(string pasted, string? token)
    {
        var site = Site.Parse(pasted);

        Assert.That(site.Token, Is.EqualTo(token));
        Assert.That(site.Root.AbsoluteUri, Does.Not.Contain("token"));
    }

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("ftp://host.example.com")]
    [TestCase("file:///etc/passwd")]
    [TestCase("javascript:alert(1)")]
    [TestCase("gopher://host.example.com:70/")]
    [TestCase("https://")]
    [TestCase("https://host.example.com:22/")]
    [TestCase("https://host .example.com")]
    [TestCase("https://host.example.com:99999")]
    public void What_is_no_web_address_is_refused(string pasted) => Assert.That(() => Site.Parse(pasted), Throws.TypeOf<AddressMalformedException>());

    [Test]
    public void A_site_prints_neither_address_nor_token() =>
        Assert.That($"{Site.Parse("https://ann.example.com/?token=reader-0123456789abcdef")}", Does.Not.Contain("ann").And.Not.Contain("0123456789abcdef"));

    [Test]
    public void A_token_is_bound_to_host_and_port() =>
        Assert.That((Site.Parse("https://a.example.com/x").Host, Site.Parse("https://a.example.com:8443/x").Host), Is.EqualTo(("a.example.com", "a.example.com:8443")));
}
