using System.Net;

namespace Sandbox.Tests;

sealed class MasterTokenTests
{
    World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    string Master => _world.OpenHumans.MasterToken;

    [Test]
    public async Task A_listing_needs_the_members_id_and_shows_those_who_left()
    {
        var member = _world.Join().Member;
        member.AddFile("a", "x"u8.ToArray());
        await member.LeaveAsync(erase: false);

        var listing = await _world.ListAsync(Master, $"?project_member_id={member.Id}");
        using var unknown = await _world.GetAsync(World.Api + "exchange-member/?project_member_id=00000000", Master);
        using var missing = await _world.GetAsync(World.Api + "exchange-member/", Master);

        Assert.That(listing.Names(), Is.EqualTo(new[] { "a" }));
        Assert.That(await unknown.TextAsync(), Is.EqualTo("""{"project_member_id":"project_member_id is invalid"}"""));
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
    }

    [Test]
    public async Task Members_lists_who_is_joined_with_ten_files_and_a_ready_address()
    {
        var member = _world.Join().Member;
        for (var i = 0; i < 12; i++)
            member.AddFile($"file-{i}", "x"u8.ToArray());
        await _world.Join().Member.LeaveAsync(erase: false);

        var listing = await (await _world.GetAsync($"{World.Api}members/?access_token={Master}")).JsonAsync();

        var only = listing["results"]!.AsArray().Single()!;
        using var exchange = await _world.GetAsync((string)only["exchange_member"]!);
        Assert.That(((int)listing["count"]!, (int)only["file_count"]!, only["data"]!.AsArray().Count), Is.EqualTo((1, 12, 10)));
        Assert.That((string)(await exchange.JsonAsync())["project_member_id"]!, Is.EqualTo(member.Id));
    }

    [Test]
    public async Task Members_by_header_trips_the_server_as_soon_as_there_is_one()
    {
        using var none = await _world.GetAsync(World.Api + "members/", Master);
        _world.Join();
        using var one = await _world.GetAsync(World.Api + "members/", Master);

        Assert.That((none.StatusCode, one.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.InternalServerError)));
    }

    [Test]
    public async Task Members_come_in_pages_and_if_so_wished_in_any_order()
    {
        var ids = Enumerable.Range(0, 30).Select(_ => _world.Join().Member.Id).ToList();
        _world.OpenHumans.Options = _world.OpenHumans.Options with { MaxLimit = 20 };

        var (first, second) = (await PageAsync(0), await PageAsync(20));
        _world.OpenHumans.Options = _world.OpenHumans.Options with { MaxLimit = null, MembersInAnyOrder = true };
        var shuffled = await PageAsync(0);

        Assert.That((first.Count, second.Count, first.Concat(second)), Is.EqualTo((20, 10, ids.AsEnumerable())));
        Assert.That(shuffled, Is.EquivalentTo(ids).And.Not.EqualTo(ids));

        async Task<List<string>> PageAsync(int offset) =>
            [.. (await (await _world.GetAsync($"{World.Api}members/?access_token={Master}&limit=1000&offset={offset}")).JsonAsync())["results"]!.AsArray().Select(member => (string)member!["project_member_id"]!)];
    }

    [Test]
    public async Task Members_refuses_a_members_token()
    {
        using var answer = await _world.GetAsync($"{World.Api}members/?access_token={_world.Join().Token}");

        Assert.That((answer.StatusCode, (string)(await answer.JsonAsync())["detail"]!), Is.EqualTo((HttpStatusCode.Unauthorized, "Invalid token.")));
    }

    [Test]
    public async Task The_project_describes_itself_to_either_token()
    {
        var (_, token) = _world.Join();

        foreach (var each in new[] { token, Master })
        {
            var project = await (await _world.GetAsync(World.Api, each)).JsonAsync();
            Assert.That(((string)project["id_label"]!, (int)project["authorized_members"]!), Is.EqualTo(("direct-sharing-91", 1)));
        }
    }

    [Test]
    public async Task It_expires_after_a_day_and_a_new_one_kills_it()
    {
        var old = Master;
        _world.Clock.Now += TimeSpan.FromHours(25);
        using var expired = await _world.GetAsync(World.Api, old);
        var renewed = _world.OpenHumans.RegenerateMasterToken();
        using var unknown = await _world.GetAsync(World.Api, old);
        using var good = await _world.GetAsync(World.Api, renewed);

        Assert.That(await expired.TextAsync(), Is.EqualTo("""{"detail":"Expired token."}"""));
        Assert.That(await unknown.TextAsync(), Is.EqualTo("""{"detail":"Invalid token."}"""));
        Assert.That((good.StatusCode, renewed.Length), Is.EqualTo((HttpStatusCode.OK, 64)));
    }

    [Test]
    public async Task A_write_needs_a_joined_member()
    {
        var member = _world.Join().Member;
        member.AddFile("a", "x"u8.ToArray());

        using var missing = await DeleteAllAsync();
        using var done = await DeleteAllAsync(("project_member_id", member.Id));
        await member.LeaveAsync(erase: false);
        using var left = await DeleteAllAsync(("project_member_id", member.Id));

        Assert.That(await missing.TextAsync(), Is.EqualTo("""{"project_member_id":["This field is required."]}"""));
        Assert.That((done.StatusCode, member.Files.Count), Is.EqualTo((HttpStatusCode.OK, 0)));
        Assert.That(await left.TextAsync(), Is.EqualTo("""{"project_member_id":"project_member_id is invalid"}"""));
    }

    Task<HttpResponseMessage> DeleteAllAsync(params (string, string)[] more) => _world.PostAsync(World.Api + "files/delete/", Master,
        [("all_files", "true"), .. more]);
}
