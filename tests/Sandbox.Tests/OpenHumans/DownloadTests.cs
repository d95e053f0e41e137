using System.Net;

namespace Sandbox.Tests;

sealed class DownloadTests
{
    World _world = null!;
    Member _member = null!;
    string _token = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await World.StartAsync();
        (_member, _token) = _world.Join();
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_download_needs_no_token_and_leads_to_storage_with_a_length()
    {
        _member.AddFile("name with ü & ?.json", "payload"u8.ToArray());

        using var redirect = await _world.Http.GetAsync(await DownloadUrlAsync());
        using var answer = await _world.Http.GetAsync(redirect.Headers.Location);

        Assert.That(redirect.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(redirect.Headers.Location!.ToString(), Does.Contain("/storage/").And.Contain("x-oh-key="));
        Assert.That((await answer.TextAsync(), answer.Content.Headers.ContentLength), Is.EqualTo(("payload", 7)));
        Assert.That(answer.Headers.TransferEncodingChunked, Is.Not.True);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("binary/octet-stream"));
    }

    [Test]
    public async Task Every_listing_gives_fresh_keys_and_all_work_for_an_hour()
    {
        _member.AddFile("a", "x"u8.ToArray());
        var first = await DownloadUrlAsync();
        _world.Clock.Now += TimeSpan.FromMinutes(59);
        var second = await DownloadUrlAsync();

        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(await StatusAsync(first), Is.EqualTo(HttpStatusCode.Found));
        _world.Clock.Now += TimeSpan.FromMinutes(1);
        Assert.That((await StatusAsync(first), await StatusAsync(second)), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Found)));
    }

    [Test]
    public async Task A_wrong_key_is_a_page_with_403()
    {
        var file = _member.AddFile("a", "x"u8.ToArray());

        foreach (var query in new[] { "", "?key=" + Guid.NewGuid() })
        {
            using var answer = await _world.GetAsync($"data-management/datafile-download/{file.Id}/{query}");
            Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.Forbidden, "text/html")));
            Assert.That(await answer.TextAsync(), Does.Contain("You are not authorized to view this file."));
        }
    }

    [Test]
    public async Task A_deleted_file_is_a_page_with_403_of_other_words()
    {
        var file = _member.AddFile("a", "x"u8.ToArray());
        var url = await DownloadUrlAsync();
        _member.DeleteFile(file.Id);

        using var answer = await _world.Http.GetAsync(url);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await answer.TextAsync(), Does.Contain("This file is unavailable."));
    }

    [Test]
    public async Task The_life_of_the_addresses_can_be_set()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { DownloadLife = TimeSpan.FromSeconds(10) };
        _member.AddFile("a", "x"u8.ToArray());
        var url = await DownloadUrlAsync();
        var fresh = await StatusAsync(url);
        _world.Clock.Now += TimeSpan.FromSeconds(11);

        Assert.That((fresh, await StatusAsync(url)), Is.EqualTo((HttpStatusCode.Found, HttpStatusCode.Forbidden)));
    }

    [Test]
    public async Task The_storage_URL_expires_after_an_hour_in_XML()
    {
        _member.AddFile("a", "x"u8.ToArray());
        var storage = (await _world.Http.GetAsync(await DownloadUrlAsync())).Headers.Location!;
        _world.Clock.Now += TimeSpan.FromSeconds(3601);

        using var answer = await _world.Http.GetAsync(storage);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await answer.TextAsync(), Does.Contain("<Code>AccessDenied</Code><Message>Request has expired</Message>"));
    }

    [Test]
    public async Task The_storage_URL_is_signed_for_GET_only()
    {
        _member.AddFile("a", "x"u8.ToArray());
        var storage = (await _world.Http.GetAsync(await DownloadUrlAsync())).Headers.Location!;

        using var head = await _world.Http.SendAsync(new(HttpMethod.Head, storage));
        using var other = await _world.Http.GetAsync(new Uri(storage.ToString().Replace("/storage/", "/storage/x")));

        Assert.That((head.StatusCode, other.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)));
    }

    [Test]
    public async Task A_range_is_ignored()
    {
        _member.AddFile("a", "payload"u8.ToArray());
        var storage = (await _world.Http.GetAsync(await DownloadUrlAsync())).Headers.Location!;
        using var request = new HttpRequestMessage(HttpMethod.Get, storage) { Headers = { Range = new(2, 3) } };

        using var answer = await _world.Http.SendAsync(request);

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.OK, "payload")));
    }

    async Task<string> DownloadUrlAsync() => (string)(await _world.ListAsync(_token))["data"]![0]!["download_url"]!;

    async Task<HttpStatusCode> StatusAsync(string url) => (await _world.Http.GetAsync(url)).StatusCode;
}
