using System.Net;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Nightscout;
using Sandbox;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>A site is looked at and shown before anything is stored.</summary>
public sealed class ConnectTests : SiteFixture
{
    [TestCase("ETC/GMT+8", "UTC−8")]
    [TestCase("Etc/GMT-11", "UTC+11")]
    [TestCase("America/New_York", "America/New York")]
    public void A_time_zone_is_written_as_people_read_it(string zone, string name) => Assert.That(Pages.ConnectModel.ZoneName(zone), Is.EqualTo(name));

    [Test]
    public async Task What_was_found_is_shown_and_nothing_is_stored_before_the_participant_says_yes()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", new() { Units = "mmol", Version = "15.0.7" });
        var now = DateTimeOffset.UtcNow;
        site.Entries.Insert($$"""{"type":"sgv","sgv":104,"date":{{now.AddMinutes(-20).ToUnixTimeMilliseconds()}}}""");
        site.Entries.Insert($$"""{"type":"sgv","sgv":104,"date":{{now.AddDays(-5).ToUnixTimeMilliseconds()}}}""");
        site.Entries.Insert("""{"type":"sgv","sgv":104,"date":1000}""");
        site.Profiles.Insert("""{"defaultProfile":"Default","startDate":"2026-01-01T00:00:00.000Z","store":{"Default":{"timezone":"Europe/Berlin"}}}""");
        var (person, member) = await SignedInAsync();

        await LookAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);

        Assert.That(person.Page.Title, Does.StartWith("Is this your site?"));
        Assert.That(Facts(person), Is.SupersetOf(new[]
        {
            $"Address: {Sandbox.Sites.UrlOf(site).AbsoluteUri}", "Software: Nightscout 15.0.7", "Newest reading: 20 minutes ago", "Oldest reading: 5 days ago", "Units: mmol/L", "Time zone: Europe/Berlin",
            "Glucose readings: 2", "Treatments: none", "Profiles: 1",
        }));
        Assert.That(member.Files, Is.Empty);
        await person.SubmitAsync("Yes, copy this site");
        Assert.That(member.Files.Single(file => file.Completed).Name, Does.Contain("nightscout_url"));
        person.Dispose();
    }

    [Test]
    public async Task A_number_that_is_not_told_is_not_guessed()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", new() { Version = "15.0.3" });
        var now = DateTimeOffset.UtcNow;
        foreach (var minute in Enumerable.Range(1, 2100))
            site.Entries.Insert($$"""{"type":"sgv","sgv":104,"date":{{now.AddMinutes(-minute).ToUnixTimeMilliseconds()}}}""");
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = 500, Site = site.Name, Path = "*/treatments.json", Count = 10 });
        var (person, _) = await SignedInAsync();

        await LookAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);

        Assert.That(Facts(person), Is.SupersetOf(new[] { "Glucose readings: at least 2,000", "Treatments: not told", "Time zone: not told" }));
        Sandbox.Faults.Clear();
        person.Dispose();
    }

    [Test]
    public async Task Whoever_can_be_read_by_everybody_is_told_calmly()
    {
        var open = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var closed = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", new() { DefaultRole = "denied" });
        var (person, _) = await SignedInAsync();

        await LookAsync(person, Sandbox.Sites.UrlOf(open).AbsoluteUri);
        Assert.That(person.Page.QuerySelector("#public")?.TextContent, Does.Contain("AUTH_DEFAULT_ROLES").And.Contain("denied"));
        await LookAsync(person, Sandbox.Sites.UrlOf(open).AbsoluteUri, open.AddToken());
        Assert.That(person.Page.QuerySelector("#public"), Is.Not.Null, "a token does not close a site");
        await LookAsync(person, Sandbox.Sites.UrlOf(closed).AbsoluteUri, closed.AddToken());
        Assert.That(person.Page.QuerySelector("#public"), Is.Null);
        Assert.That(Facts(person), Does.Contain("Who can read it: who has a token, as you gave one"));
        person.Dispose();
    }

    [Test]
    public async Task The_token_does_not_come_back_in_clear_and_the_sealed_site_opens_for_nobody_else()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", new() { DefaultRole = "denied" });
        var token = site.AddToken();
        var (person, _) = await SignedInAsync();
        await LookAsync(person, $"{Sandbox.Sites.UrlOf(site)}?token={token}");
        Assert.That(person.Page.DocumentElement.OuterHtml, Does.Not.Contain(token).And.Not.Contain(Convert.ToBase64String(Encoding.UTF8.GetBytes(token))));
        Assert.That(person.Response.RequestMessage!.RequestUri!.Query, Does.Not.Contain("token"));
        var stolen = person.Page.QuerySelector("input[name=tested]")!.GetAttribute("value")!;

        var own = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var (thief, other) = await SignedInAsync();
        await LookAsync(thief, Sandbox.Sites.UrlOf(own).AbsoluteUri);
        await thief.SubmitAsync("Yes, copy this site", ("tested", stolen));

        Assert.That(thief.Page.QuerySelector("#address-error")?.TextContent, Does.Contain("check the address once more"));
        Assert.That(other.Files, Is.Empty);
        Assert.That(await QueryAsync<long>(other, "select count(*) from register.nightscout_token where participant_id = @participant"), Is.Zero);
        person.Dispose();
        thief.Dispose();
    }

    [Test]
    public async Task Who_changes_to_another_site_reads_what_becomes_of_the_copies_of_the_first()
    {
        var (old, other) = (Sandbox.Sites.Add($"site-{Guid.NewGuid():N}"), Sandbox.Sites.Add($"site-{Guid.NewGuid():N}"));
        var (person, member) = await SignedInAsync();
        await ConnectAsync(person, Sandbox.Sites.UrlOf(old).AbsoluteUri);
        await LookAsync(person, Sandbox.Sites.UrlOf(other).AbsoluteUri);
        Assert.That(person.Page.QuerySelector("#before"), Is.Null, "nothing was copied yet");
        await QueryAsync<int?>(member, """
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, first_at, last_at)
            values (@participant, 'entries', '2026-01', 1, 'current', 1, 50, '', '', 1, '2026-01-01', '2026-01-20')
            """);
        await LookAsync(person, Sandbox.Sites.UrlOf(old).AbsoluteUri);
        Assert.That(person.Page.QuerySelector("#before"), Is.Null, "the same site");

        await LookAsync(person, Sandbox.Sites.UrlOf(other).AbsoluteUri);

        Assert.That(person.Page.QuerySelector("#before")!.TextContent, Does.Contain($"What we copied from {Sandbox.Sites.UrlOf(old).AbsoluteUri} stays in your Open Humans account"));
        Assert.That(person.Page.QuerySelector("#before a")!.GetAttribute("href"), Is.EqualTo("/Leave/Erase"));
        await person.SubmitAsync("Yes, copy this site");
        Assert.That(person.Text, Does.Contain("what came from the site before stays in your account beside it"));
        person.Dispose();
    }

    [Test]
    public async Task What_a_look_came_to_is_a_page_of_its_own_to_go_back_to()
    {
        var (site, closed) = (Sandbox.Sites.Add($"site-{Guid.NewGuid():N}"), Sandbox.Sites.Add($"site-{Guid.NewGuid():N}", new() { DefaultRole = "denied" }));
        var (person, member) = await SignedInAsync();

        await LookAsync(person, Sandbox.Sites.UrlOf(closed).AbsoluteUri, "wrong-0123456789abcdef");
        var wrong = Address(person);
        await person.OpenAsync(wrong);
        Assert.That(person.Page.QuerySelector("#token-error")?.TextContent, Does.Contain("does not accept this token"));
        Assert.That((person.Page.QuerySelector("#Address")?.GetAttribute("value"), person.Page.QuerySelector("#Token")?.GetAttribute("value")), Is.EqualTo((Sandbox.Sites.UrlOf(closed).AbsoluteUri, "wrong-0123456789abcdef")));
        var token = closed.AddToken();
        await LookAsync(person, Sandbox.Sites.UrlOf(closed).AbsoluteUri, token);
        var found = Address(person);
        Assert.That(wrong + found, Does.Not.Contain(token).And.Not.Contain("wrong-").And.Not.Contain(closed.Name));
        Assert.That(person.Cookies.GetAllCookies().Select(cookie => cookie.Value), Has.None.Contain(token).And.None.Contain(closed.Name));
        await person.OpenAsync(found);
        Assert.That(person.Page.Title, Does.StartWith("Is this your site?"));

        await person.SubmitAsync("Yes, copy this site");
        Assert.That(member.Files.Count(file => file.Completed), Is.EqualTo(1));
        await person.OpenAsync(found);
        Assert.That(person.Text, Does.Contain("At present we copy from"), "it is stored: nothing is left to say yes to");
        await LookAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        var other = Sandbox.OpenHumans.AddMember();
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Allow", ("member", other.Id));
        await person.OpenAsync(found);
        Assert.That(person.Page.Title, Does.StartWith("Your Nightscout site"), "who else uses this browser sees nothing of it");
        person.Dispose();

        static string Address(WebSession person)
        {
            Assert.That(person.Response.RequestMessage!.Method, Is.EqualTo(HttpMethod.Get));
            return person.Response.RequestMessage.RequestUri!.PathAndQuery;
        }
    }

    [Test]
    public void A_tested_site_waits_half_an_hour_for_its_yes()
    {
        var clock = new ManualClock(new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        var tested = new TestedSites(new EphemeralDataProtectionProvider(), clock);
        var sealedText = tested.Seal(7, Site.Parse("https://my-site.example.com/sub/?token=reader-0123456789abcdef"));

        clock.Advance(TimeSpan.FromMinutes(29));
        var site = tested.Open(7, sealedText);
        Assert.That((site.Root.AbsoluteUri, site.Token), Is.EqualTo(("https://my-site.example.com/sub/", "reader-0123456789abcdef")));
        Assert.That(() => tested.Open(8, sealedText), Throws.TypeOf<TestedSiteStaleException>());
        Assert.That(() => tested.Open(7, ""), Throws.TypeOf<TestedSiteStaleException>());
        Assert.That(() => tested.Open(7, sealedText[..^3]), Throws.TypeOf<TestedSiteStaleException>());
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(() => tested.Open(7, sealedText), Throws.TypeOf<TestedSiteStaleException>());
    }

    [Test]
    public async Task Giving_the_address_again_leaves_one_address_file_of_several()
    {
        var (old, current) = (Sandbox.Sites.Add($"site-{Guid.NewGuid():N}"), Sandbox.Sites.Add($"site-{Guid.NewGuid():N}"));
        var (person, member) = await SignedInAsync();
        await ConnectAsync(person, Sandbox.Sites.UrlOf(old).AbsoluteUri);
        member.AddFile(member.Files.Single(file => file.Completed).Name, "https://forgotten.example.com/"u8.ToArray());
        Assert.That(member.Files.Count(file => file.Completed), Is.EqualTo(2));

        await ConnectAsync(person, Sandbox.Sites.UrlOf(current).AbsoluteUri);

        Assert.That(Encoding.UTF8.GetString(member.Files.Single(file => file.Completed).Bytes.Span), Is.EqualTo(Sandbox.Sites.UrlOf(current).AbsoluteUri));
        person.Dispose();
    }

    [TestCase(502)]
    [TestCase(503)]
    [TestCase(504)]
    public async Task A_site_that_is_asleep_is_waited_for(int status)
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Status = status, Site = site.Name, Count = 10 });
        var (person, _) = await SignedInAsync();

        await LookAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);

        Assert.That(person.Page.QuerySelector("#address-error")?.TextContent, Does.Contain("asleep").And.Contain("wait a minute and try again"));
        Sandbox.Faults.Clear();
        person.Dispose();
    }

    [Test]
    public void Every_way_a_site_cannot_be_read_has_its_own_words()
    {
        NightscoutException[] problems =
        [
            new AddressMalformedException(AddressFault.NoAddress), new AddressPrivateException(), new SiteRefusedException(false), new SiteRefusedException(true), new SiteMovedException(),
            new NotNightscoutException("x"), new SiteTemporaryException("x"), new SiteTemporaryException("x") { IsStarting = true },
            .. Enum.GetValues<UnreachableReason>().Select(reason => new SiteUnreachableException(reason)),
        ];

        Assert.That(problems.Select(problem => SiteMessages.For(problem).Text), Is.Unique);
    }

    [Test]
    public async Task Who_tries_too_many_addresses_waits_and_loses_nothing_typed()
    {
        var (person, member) = await SignedInAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        foreach (var attempt in Enumerable.Range(0, AddressTries.PerMember))
            Assert.That(Service<AddressTries>().Take(participant, null, $"10.0.0.{attempt}"));

        await LookAsync(person, "http://10.0.0.99");

        Assert.That(person.Response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(person.Page.QuerySelector("#address-error")?.TextContent, Does.Contain("wait ten minutes"));
        Assert.That(person.Page.QuerySelector("#Address")?.GetAttribute("value"), Is.EqualTo("http://10.0.0.99"));
        person.Dispose();
    }

    [Test]
    public void Tries_are_counted_by_member_by_browser_and_by_host()
    {
        using var tries = new AddressTries();
        var browser = IPAddress.Parse("185.1.2.3");
        int Taken(int attempts, Func<int, bool> take) => Enumerable.Range(0, attempts).Count(take);

        Assert.That(Taken(50, attempt => tries.Take(1, null, $"a{attempt}.example.com")), Is.EqualTo(AddressTries.PerMember));
        Assert.That(Taken(100, attempt => tries.Take(100 + attempt, browser, $"b{attempt}.example.com")), Is.EqualTo(AddressTries.PerBrowser), "with many accounts");
        Assert.That(Taken(100, attempt => tries.Take(300 + attempt, null, "victim.example.com")), Is.EqualTo(AddressTries.PerHost));
        Assert.That(Taken(100, attempt => tries.Take(500 + attempt, IPAddress.Parse($"2a00:1234:5678:9abc::{attempt}"), $"c{attempt}.example.com")), Is.EqualTo(AddressTries.PerBrowser), "a household has as many addresses of IPv6 as it likes");
        Assert.That(Taken(100, attempt => tries.Take(700 + attempt, IPAddress.Parse("172.17.0.1"), $"d{attempt}.example.com")), Is.EqualTo(100), "that is our own proxy");
    }

    [Test]
    public async Task Behind_a_reverse_proxy_browsers_are_told_apart_and_cannot_pretend()
    {
        foreach (var attempt in Enumerable.Range(0, AddressTries.PerBrowser))
            Assert.That(Service<AddressTries>().Take(10_000 + attempt, IPAddress.Parse("185.9.9.9"), $"e{attempt}.example.com"));
        var (person, _) = await SignedInAsync();
        await person.OpenAsync("/Connect");
        var form = person.Page.Forms.First(form => form.QuerySelector("#Address") is not null);
        var token = form.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

        async Task<HttpStatusCode> PostAsync(string forwardedFor)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/Connect", UriKind.Relative))
            {
                Content = new FormUrlEncodedContent([KeyValuePair.Create("Address", "http://10.0.0.1"), KeyValuePair.Create("__RequestVerificationToken", token)]),
                Headers = { { "X-Forwarded-For", forwardedFor } },
            };
            using var answer = await person.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.That(await PostAsync("185.8.8.8"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PostAsync("185.9.9.9"), Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(await PostAsync("185.8.8.8, 185.9.9.9"), Is.EqualTo(HttpStatusCode.TooManyRequests), "what stood there before the proxy added to it is the browser's own claim");
        person.Dispose();
    }

    static async Task LookAsync(WebSession person, string address, string token = "")
    {
        await person.OpenAsync("/Connect");
        await person.SubmitAsync("Look at my site", ("Address", address), ("Token", token));
    }

    static IEnumerable<string> Facts(WebSession person) => person.Page.QuerySelectorAll("dl.facts dt").Select(term => $"{term.TextContent.Trim()}: {term.NextElementSibling!.TextContent.Trim()}");

    T Service<T>() where T : notnull => (T)Services.GetService(typeof(T))!;
}
