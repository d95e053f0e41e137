using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sandbox;

namespace OpenHumans.Tests;

/// <summary>The typed client against the stand-in, over the wire.</summary>
public sealed class OpenHumansClientTests
{
    RunningSandbox _sandbox = null!;
    OpenHumansClient _client = null!;
    Member _member = null!;
    string _token = "";

    [SetUp]
    public async Task Start()
    {
        _sandbox = await SandboxHost.StartAsync(new());
        _client = Client();
        _member = _sandbox.OpenHumans.AddMember("01234567");
        _token = _member.Authorize().AccessToken;
    }

    [TearDown]
    public async Task Stop() => await _sandbox.DisposeAsync();

    [Test]
    public async Task Only_page_one_of_the_files_is_read_D3()
    {
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { MaxLimit = 100 };
        for (var i = 0; i < 250; i++)
            _member.AddFile($"{i}.txt", "x"u8.ToArray());

        var membership = await _client.ListAsync(_token, default);

        Assert.That(membership.ProjectMemberId, Is.EqualTo("01234567"));
        Assert.That(membership.Files.Select(file => file.Name), Is.EqualTo(Enumerable.Range(0, 250).Select(i => $"{i}.txt")));
    }

    [Test]
    public async Task A_file_deleted_between_two_pages_makes_no_other_invisible()
    {
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { MaxLimit = 10 };
        var files = Enumerable.Range(0, 30).Select(i => _member.AddFile($"{i}.txt", "x"u8.ToArray())).ToList();
        var deleted = false;
        var client = new OpenHumansClient(new HttpClient(new AfterFirst(() =>
        {
            if (!deleted)
                _member.DeleteFile(files[3].Id);
            deleted = true;
        })), Options());

        var membership = await client.ListAsync(_token, default);

        Assert.That(membership.Files.Select(file => file.Id), Is.EqualTo(files.Where(file => file != files[3]).Select(file => file.Id)));
    }

    [Test]
    public async Task Files_of_other_projects_are_not_ours()
    {
        _member.AddFile("theirs.txt", "x"u8.ToArray(), source: "direct-sharing-7");
        _member.AddFile("ours.txt", "x"u8.ToArray());

        Assert.That((await _client.ListAsync(_token, default)).Files.Select(file => file.Name), Is.EqualTo(new[] { "ours.txt" }));
    }

    [Test]
    public async Task An_upload_in_three_steps_can_be_listed_downloaded_and_deleted()
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var metadata = new FileMetadata { Description = "a", Tags = ["b"], Period = "2026-11-20", Revision = 3, Records = 7, StartDate = DateTimeOffset.UnixEpoch, Sha256 = "cd" };

        var (id, url) = await _client.StartUploadAsync(_token, "a.ndjson.gz", metadata, default);
        Assert.That((await _client.ListAsync(_token, default)).Files, Is.Empty, "not before it is completed");
        var md5 = await _client.PutAsync(url, new MemoryStream(bytes), bytes.Length, default);
        var size = await _client.CompleteUploadAsync(_token, id, default);
        var listed = (await _client.ListAsync(_token, default)).Files.Single();
        using var downloaded = new MemoryStream();
        await _client.DownloadAsync(listed, downloaded, default);

        Assert.That((md5, size, listed.Id, listed.Name), Is.EqualTo((Convert.ToHexStringLower(MD5.HashData(bytes)), bytes.Length, id, "a.ndjson.gz")));
        Assert.That(FileMetadata.TryRead(listed.Metadata), Is.EqualTo(metadata).Using<FileMetadata>((a, b) => a.ToJson() == b.ToJson()));
        Assert.That(downloaded.ToArray(), Is.EqualTo(bytes));
        Assert.That(await _client.DeleteAsync(_token, id, default), Is.True);
        Assert.That(await _client.DeleteAsync(_token, id, default), Is.False);
    }

    [Test]
    public async Task Metadata_of_others_is_no_obstacle()
    {
        _member.AddFile("a.json", "x"u8.ToArray(), new JsonObject { ["description"] = "", ["tags"] = new JsonArray(), ["updated_at"] = "2019-10-13 20:00:00.123456" });

        Assert.That(FileMetadata.TryRead((await _client.ListAsync(_token, default)).Files.Single().Metadata), Is.Null);
    }

    [Test]
    public async Task A_dead_token_is_refused()
    {
        _sandbox.OpenHumans.ExpireAccessTokens();
        Assert.That(() => _client.ListAsync(_token, default), Throws.TypeOf<OpenHumansRefusedException>());
        Assert.That(() => _client.ListAsync("never-given", default), Throws.TypeOf<OpenHumansRefusedException>());
    }

    [TestCase(FaultKind.Status)]
    [TestCase(FaultKind.HtmlPage)]
    [TestCase(FaultKind.JsonNull)]
    [TestCase(FaultKind.EmptyBody)]
    [TestCase(FaultKind.CutBody)]
    [TestCase(FaultKind.Reset)]
    public async Task A_broken_listing_is_temporary_and_never_an_empty_one_D2(FaultKind kind)
    {
        _member.AddFile("a.txt", "x"u8.ToArray());
        _sandbox.Faults.Add(new() { Kind = kind, Path = "/api/direct-sharing/project/exchange-member/" });

        Assert.That(() => _client.ListAsync(_token, default), Throws.TypeOf<OpenHumansTemporaryException>());
        Assert.That((await _client.ListAsync(_token, default)).Files, Has.Count.EqualTo(1));
    }

    [TestCase(FaultKind.CutBody)]
    [TestCase(FaultKind.Status)]
    public async Task A_broken_download_is_temporary(FaultKind kind)
    {
        _member.AddFile("a.txt", RandomNumberGenerator.GetBytes(200_000));
        var listed = (await _client.ListAsync(_token, default)).Files.Single();
        _sandbox.Faults.Add(new() { Kind = kind, Path = "/storage/*", Method = "GET" });

        Assert.That(() => _client.DownloadAsync(listed, new MemoryStream(), default), Throws.TypeOf<OpenHumansTemporaryException>());
    }

    [Test]
    public async Task A_download_sends_the_token_to_nobody()
    {
        _member.AddFile("a.txt", "x"u8.ToArray());
        var listed = (await _client.ListAsync(_token, default)).Files.Single();
        var sent = new List<string?>();
        var client = new OpenHumansClient(new HttpClient(new Listening(request => sent.Add(request.Headers.Authorization?.ToString()))), Options());

        await client.DownloadAsync(listed, new MemoryStream(), default);

        Assert.That(sent, Is.EqualTo(new string?[] { null, null }), "the listing's URL and the storage behind it");
    }

    [Test]
    public async Task No_exception_tells_a_token_an_address_or_a_body()
    {
        _sandbox.OpenHumans.ExpireAccessTokens();
        var refused = Assert.ThrowsAsync<OpenHumansRefusedException>(() => _client.ListAsync(_token, default))!;
        _sandbox.Faults.Add(new() { Kind = FaultKind.HtmlPage });
        var broken = Assert.ThrowsAsync<OpenHumansTemporaryException>(() => _client.ListAsync(_member.Authorize().AccessToken, default))!;

        Assert.That(refused.Message + broken.Message + broken.InnerException?.Message, Does.Not.Contain(_token).And.Not.Contain("127.0.0.1").And.Not.Contain("<html"));
    }

    OpenHumansClient Client() => new(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }), Options());

    OpenHumansOptions Options() => new() { BaseUrl = _sandbox.OpenHumansUrl, ClientId = _sandbox.OpenHumans.Options.ClientId, ClientSecret = _sandbox.OpenHumans.Options.ClientSecret };

    sealed class AfterFirst(Action after) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            after();
            return answer;
        }
    }

    sealed class Listening(Action<HttpRequestMessage> hear) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            hear(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
