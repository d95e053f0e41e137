using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Sandbox.Tests;

sealed class UploadTests
{
    const string Metadata = """{"description":"","tags":[]}""";

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
    public async Task A_direct_upload_shows_only_when_completed()
    {
        var (id, url) = await _world.StartUploadAsync(_token, "a:b c.json.gz");
        using var put = await _world.PutAsync(url, "payload"u8.ToArray());
        var before = await _world.ListAsync(_token);

        using var complete = await CompleteAsync(id.ToString());
        var after = await _world.ListAsync(_token);

        Assert.That((put.StatusCode, await put.TextAsync()), Is.EqualTo((HttpStatusCode.OK, "")));
        Assert.That(put.Headers.ETag?.Tag, Is.EqualTo($"\"{Convert.ToHexStringLower(MD5.HashData("payload"u8))}\""));
        Assert.That((complete.StatusCode, await complete.TextAsync()), Is.EqualTo((HttpStatusCode.OK, """{"status":"ok","size":7}""")));
        Assert.That((before.Names(), after.Names().Single()), Is.EqualTo((Array.Empty<string>(), "a:b c.json.gz")));
    }

    [Test]
    public async Task A_client_may_put_its_token_into_the_query_of_every_step()
    {
        using var start = await _world.PostAsync($"{World.Api}files/upload/direct/?access_token={_token}", token: null, ("filename", "a"), ("metadata", Metadata));
        var json = await start.JsonAsync();
        await _world.PutAsync((string)json["url"]!, "x"u8.ToArray());

        using var complete = await _world.PostAsync($"{World.Api}files/upload/complete/?access_token={_token}", token: null, ("file_id", $"{json["id"]}"));

        Assert.That((complete.StatusCode, _member.Files.Single().Completed), Is.EqualTo((HttpStatusCode.OK, true)));
    }

    [Test]
    public async Task The_row_is_made_with_201_at_the_first_call()
    {
        using var start = await _world.PostAsync(World.Api + "files/upload/direct/", _token, ("filename", " folder/a.json "), ("metadata", Metadata));
        _world.Clock.Now += TimeSpan.FromHours(1);
        await _world.PutAsync((string)(await start.JsonAsync())["url"]!, "x"u8.ToArray());

        var file = _member.Files.Single();

        Assert.That(start.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((file.Name, file.Created, file.Completed), Is.EqualTo(("a.json", _world.Clock.Now.AddHours(-1), false)));
    }

    [Test]
    public async Task The_PUT_URL_lives_six_hours_and_a_second_PUT_replaces_even_after_completion()
    {
        var (id, url) = await _world.StartUploadAsync(_token, "a");
        await _world.PutAsync(url, "first"u8.ToArray());
        await CompleteAsync(id.ToString());
        _world.Clock.Now += TimeSpan.FromHours(6);
        using var second = await _world.PutAsync(url, "second"u8.ToArray());
        _world.Clock.Now += TimeSpan.FromSeconds(1);
        using var third = await _world.PutAsync(url, "third"u8.ToArray());

        Assert.That((second.StatusCode, third.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden)));
        Assert.That(_member.Files.Single().Bytes.ToArray(), Is.EqualTo("second"u8.ToArray()));
    }

    [Test]
    public async Task Storage_refuses_what_breaks_the_signature()
    {
        var (_, url) = await _world.StartUploadAsync(_token, "a");

        using var typed = await _world.PutAsync(url, "x"u8.ToArray(), request => request.Content!.Headers.ContentType = new("application/json"));
        using var authorized = await _world.PutAsync(url, "x"u8.ToArray(), request => request.Headers.Authorization = new("Bearer", _token));
        using var chunked = await _world.PutAsync(url, "x"u8.ToArray(), request => request.Headers.TransferEncodingChunked = true);
        using var forged = await _world.PutAsync(url.Replace("Expires=", "Expires=9"), "x"u8.ToArray());

        Assert.That((int[])[(int)typed.StatusCode, (int)authorized.StatusCode, (int)chunked.StatusCode, (int)forged.StatusCode],
            Is.EqualTo(new[] { 403, 400, 501, 403 }));
        Assert.That(_member.Files.Single().Bytes.Length, Is.Zero);
    }

    [Test]
    public async Task Nothing_PUT_yet_cannot_be_completed_but_an_empty_PUT_can()
    {
        var (id, url) = await _world.StartUploadAsync(_token, "a");

        using var early = await CompleteAsync(id.ToString());
        await _world.PutAsync(url, []);
        using var empty = await CompleteAsync(id.ToString());

        Assert.That(((int)early.StatusCode, await early.TextAsync()), Is.EqualTo((400, """{"detail":"file not present"}""")));
        Assert.That(await empty.TextAsync(), Is.EqualTo("""{"status":"ok","size":0}"""));
    }

    [TestCase("", 400, """{"detail":"file does not exist"}""")]
    [TestCase("x1", 400, """{"file_id":["Enter a whole number."]}""")]
    public async Task A_wrong_id_cannot_be_completed(string id, int status, string body)
    {
        using var answer = await CompleteAsync(id);

        Assert.That(((int)answer.StatusCode, await answer.TextAsync()), Is.EqualTo((status, body)));
    }

    [Test]
    public async Task An_unknown_id_trips_the_server_with_a_page()
    {
        using var answer = await CompleteAsync("999999");

        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.InternalServerError, "text/html")));
    }

    [Test]
    public async Task Any_valid_token_completes_any_file_and_again()
    {
        var (id, url) = await _world.StartUploadAsync(_token, "a");
        await _world.PutAsync(url, "x"u8.ToArray());
        var (_, otherToken) = _world.Join();

        using var foreign = await CompleteAsync(id.ToString(), otherToken);
        using var again = await CompleteAsync(id.ToString());

        Assert.That((foreign.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task Equal_names_are_allowed()
    {
        _member.AddFile("a", "1"u8.ToArray());
        _member.AddFile("a", "2"u8.ToArray());

        Assert.That((await _world.ListAsync(_token)).Names(), Is.EqualTo(new[] { "a", "a" }));
    }

    [TestCase("a b.json", "a_b.json")]
    [TestCase("12:x.json", "12x.json")]
    [TestCase("dir/ä-1.txt", "ä-1.txt")]
    public async Task A_small_upload_is_visible_at_once_and_renamed(string sent, string stored)
    {
        using var answer = await SmallAsync("payload"u8.ToArray(), sent);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await answer.TextAsync(), Is.EqualTo($$"""{"id":{{_member.Files[0].Id}}}"""));
        Assert.That((await _world.ListAsync(_token)).Names(), Is.EqualTo(new[] { stored }));
    }

    [Test]
    public async Task A_small_upload_named_gz_is_served_as_gzip_encoded()
    {
        await SmallAsync("payload"u8.ToArray(), "a.json.gz");
        var url = (string)(await _world.ListAsync(_token))["data"]![0]!["download_url"]!;

        using var answer = await _world.Http.GetAsync((await _world.Http.GetAsync(url)).Headers.Location);

        Assert.That((answer.Content.Headers.ContentEncoding, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((new[] { "gzip" }, "text/plain")));
    }

    [Test]
    public async Task A_small_upload_above_two_and_a_half_megabytes_trips_the_server()
    {
        using var answer = await SmallAsync(new byte[2_621_440], "big");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(_member.Files, Is.Empty);
    }

    [Test]
    public async Task A_small_upload_needs_bytes_and_a_file_name()
    {
        using var empty = await SmallAsync([], "a");
        using var nameless = await SmallAsync("x"u8.ToArray(), name: null);

        Assert.That(await empty.TextAsync(), Is.EqualTo("""{"data_file":["The submitted file is empty."]}"""));
        Assert.That(await nameless.TextAsync(), Is.EqualTo("""{"data_file":["This field is required."]}"""));
    }

    [Test]
    public async Task A_member_id_sent_with_a_members_token_is_overruled()
    {
        var (other, _) = _world.Join();

        await _world.PostAsync(World.Api + "files/upload/direct/", _token, ("filename", "a"), ("metadata", Metadata), ("project_member_id", other.Id));

        Assert.That((_member.Files.Count, other.Files.Count), Is.EqualTo((1, 0)));
    }

    Task<HttpResponseMessage> CompleteAsync(string id, string? token = null) => _world.PostAsync(World.Api + "files/upload/complete/",
        token ?? _token, ("file_id", id));

    async Task<HttpResponseMessage> SmallAsync(byte[] bytes, string? name)
    {
        var part = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("text/plain") } };
        var form = new MultipartFormDataContent { { new StringContent(Metadata), "metadata" } };
        if (name is null)
            form.Add(part, "data_file");
        else
            form.Add(part, "data_file", name);
        return await _world.SendAsync(HttpMethod.Post, World.Api + "files/upload/", _token, form);
    }
}
