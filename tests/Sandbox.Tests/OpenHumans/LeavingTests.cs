using System.Net;
using System.Text.Json;

namespace Sandbox.Tests;

sealed class LeavingTests
{
    World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync(new() { WebhookSecret = "abcdefghijklmnop" });

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task The_webhook_is_signed_as_in_the_contracts_vector()
    {
        await using var receiver = await ReceiverAsync(200);
        _world.Clock.Now = new(2020, 6, 30, 20, 0, 0, TimeSpan.Zero);
        var member = _world.OpenHumans.AddMember("12345678");
        member.Authorize();

        await member.LeaveAsync(erase: true);

        Assert.That(receiver.Received, Is.EqualTo(new[]
        {
            new Received("""{"project_member_id": "12345678", "erasure_requested": true, "timestamp": "2020-06-30T20:00:00.000000+00:00"}""",
                "sha1=ebda5c0a38593a4350ad8401b7d8c8f1cd08ec67", "application/json"),
        }));
    }

    [Test]
    public async Task A_refused_webhook_comes_once_more_double_encoded_and_unsigned()
    {
        await using var receiver = await ReceiverAsync(500, 500);

        await _world.Join().Member.LeaveAsync(erase: false);

        Assert.That(receiver.Received, Has.Count.EqualTo(2));
        Assert.That(JsonSerializer.Deserialize<string>(receiver.Received[1].Body), Is.EqualTo(receiver.Received[0].Body));
        Assert.That(receiver.Received[1].Signature, Is.Null);
        Assert.That(receiver.Received[0].Body, Does.Contain("\"erasure_requested\": false"));
    }

    [Test]
    public async Task Without_a_secret_the_webhook_is_unsigned()
    {
        await using var receiver = await ReceiverAsync(204);
        _world.OpenHumans.Options = _world.OpenHumans.Options with { WebhookSecret = null };

        await _world.Join().Member.LeaveAsync(erase: true);

        Assert.That(receiver.Received.Single().Signature, Is.Null);
    }

    [Test]
    public async Task Tokens_die_before_the_webhook_and_the_files_stay()
    {
        var (member, token) = _world.Join();
        var refresh = member.Authorize().RefreshToken;
        member.AddFile("a", "x"u8.ToArray());

        await member.LeaveAsync(erase: true);

        using var listing = await _world.GetAsync(World.Api + "exchange-member/", token);
        using var refreshed = await _world.PostAsync("oauth2/token/", token: null, ("grant_type", "refresh_token"), ("refresh_token", refresh),
            ("client_id", "sandbox-client"), ("client_secret", "sandbox-client-secret"));
        Assert.That((string)(await listing.JsonAsync())["detail"]!, Is.EqualTo("Invalid token."));
        Assert.That((string)(await refreshed.JsonAsync())["error"]!, Is.EqualTo("invalid_grant"));
        Assert.That(member.Files, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Rejoining_gives_the_same_id_new_tokens_and_the_old_files()
    {
        var (member, _) = _world.Join();
        member.AddFile("a", "x"u8.ToArray());
        await member.LeaveAsync(erase: false);

        var listing = await _world.ListAsync(member.Authorize().AccessToken);

        Assert.That(((string)listing["project_member_id"]!, listing.Names().Single()), Is.EqualTo((member.Id, "a")));
    }

    [Test]
    public async Task A_member_may_take_the_projects_files_away_when_leaving()
    {
        var (member, _) = _world.Join();
        member.AddFile("ours", "x"u8.ToArray());
        member.AddFile("theirs", "x"u8.ToArray(), source: "direct-sharing-128");

        await member.LeaveAsync(erase: true, removeFiles: true);

        Assert.That(member.Files.Single().Name, Is.EqualTo("theirs"));
    }

    [Test]
    public async Task A_dead_webhook_surfaces_after_the_member_has_left()
    {
        _world.OpenHumans.Options = _world.OpenHumans.Options with { WebhookUrl = new("http://127.0.0.1:1/") };
        var (member, token) = _world.Join();

        Assert.That(async () => await member.LeaveAsync(erase: true), Throws.InstanceOf<HttpRequestException>());
        Assert.That((member.Joined, (await _world.GetAsync(World.Api + "exchange-member/", token)).StatusCode),
            Is.EqualTo((false, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task The_newest_source_breaks_on_a_plain_leave()
    {
        await using var receiver = await ReceiverAsync(200);
        _world.OpenHumans.Options = _world.OpenHumans.Options with { PlainLeaveBreaks = true };
        var (member, token) = _world.Join();

        using var answer = await _world.PostAsync(World.Api + "remove-members/", token);

        Assert.That((answer.StatusCode, member.Joined, receiver.Received.Count), Is.EqualTo((HttpStatusCode.InternalServerError, false, 0)));
    }

    async Task<WebhookReceiver> ReceiverAsync(params int[] answers)
    {
        var receiver = await WebhookReceiver.StartAsync(answers);
        _world.OpenHumans.Options = _world.OpenHumans.Options with { WebhookUrl = receiver.Url };
        return receiver;
    }
}
