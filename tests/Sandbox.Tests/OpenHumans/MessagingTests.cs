using System.Net;

namespace Sandbox.Tests;

sealed class MessagingTests
{
    World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_members_token_writes_to_that_member_only()
    {
        var (member, token) = _world.Join();
        var (other, _) = _world.Join();

        using var answer = await _world.PostAsync(World.Api + "message/", token, ("message", "hello"), ("subject", "news"), ("project_member_ids", other.Id));

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.OK, "\"success\"")));
        Assert.That(_world.OpenHumans.Messages, Is.EqualTo(new[] { new SentMessage(member.Id, "[Open Humans Project Message] news", "hello") }));
    }

    [Test]
    public async Task The_master_token_writes_to_all_or_to_a_list()
    {
        var (first, second, third) = (_world.Join().Member, _world.Join().Member, _world.Join().Member);

        await _world.PostAsync(World.Api + "message/", Master, ("message", "all"), ("all_members", "true"));
        await _world.PostJsonAsync(World.Api + "message/", Master, $$"""{"message":"two","project_member_ids":["{{first.Id}}","{{third.Id}}"]}""");
        await _world.PostAsync(World.Api + "message/", Master, ("message", "text"), ("project_member_ids", $"{first.Id}, {second.Id}"));
        await _world.PostAsync(World.Api + "message/", Master, ("message", "last"), ("project_member_ids", first.Id), ("project_member_ids", second.Id));

        Assert.That(_world.OpenHumans.Messages.CountBy(message => message.Text).Select(count => (count.Key, count.Value)),
            Is.EqualTo(new[] { ("all", 3), ("two", 2), ("text", 2), ("last", 1) }));
    }

    [TestCase("", "{\"errors\":{\"message\":[\"This field is required.\"]}}")]
    [TestCase("message=m", "{\"errors\":{\"__all__\":[\"You must specify either all members or provide a list of IDs.\"]}}")]
    [TestCase("message=m&project_member_ids=123", "{\"errors\":{\"project_member_ids\":[\"Project member IDs are always 8 digits long.\"]}}")]
    [TestCase("message=m&project_member_ids=99999998 99999999",
        "{\"errors\":{\"project_member_ids\":[\"Invalid project member ID(s): 99999998, 99999999\"]}}")]
    public async Task Errors_are_wrapped(string form, string expected)
    {
        var fields = System.Web.HttpUtility.ParseQueryString(form);

        using var answer = await _world.PostAsync(World.Api + "message/", Master, [.. fields.AllKeys.Select(key => (key!, fields[key]!))]);

        Assert.That((answer.StatusCode, await answer.TextAsync()), Is.EqualTo((HttpStatusCode.BadRequest, expected)));
    }

    [Test]
    public async Task An_id_twice_fails()
    {
        var member = _world.Join().Member;

        using var answer = await _world.PostAsync(World.Api + "message/", Master, ("message", "m"), ("project_member_ids", $"{member.Id} {member.Id}"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task A_member_leaves_by_token_and_the_project_removes_by_id()
    {
        var (first, token) = _world.Join();
        var second = _world.Join().Member;

        using var own = await _world.SendAsync(HttpMethod.Post, World.Api + "remove-members/", token);
        using var named = await _world.PostJsonAsync(World.Api + "remove-members/", Master, $$"""{"project_member_ids":["{{second.Id}}"]}""");

        Assert.That((await own.TextAsync(), await named.TextAsync()), Is.EqualTo(("\"success\"", "\"success\"")));
        Assert.That((first.Joined, second.Joined), Is.EqualTo((false, false)));
    }

    string Master => _world.OpenHumans.MasterToken;
}
