using Sandbox;

namespace OpenHumans.Tests;

/// <summary>The typed client of the whole project against the stand-in, over the wire.</summary>
public sealed class OpenHumansProjectTests
{
    RunningSandbox _sandbox = null!;
    OpenHumansClient _accounts = null!;
    OpenHumansProject _project = null!;

    [SetUp]
    public async Task Start()
    {
        _sandbox = await SandboxHost.StartAsync(new());
        var (http, options) = (new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }), new OpenHumansOptions { BaseUrl = _sandbox.OpenHumansUrl });
        _accounts = new(http, options);
        _project = new(http, _accounts, options) { PageSize = 10 };
    }

    [TearDown]
    public async Task Stop() => await _sandbox.DisposeAsync();

    string Master => _sandbox.OpenHumans.MasterToken;

    [Test]
    public async Task The_project_has_a_name() => Assert.That(await _project.NameAsync(Master, default), Is.EqualTo("Sandbox Data Commons"));

    [TestCase(false, null)]
    [TestCase(false, 7)]
    [TestCase(true, null, Description = "pages overlap and leave members out")]
    public async Task All_members_are_found_each_once_whatever_their_pages_hold(bool inAnyOrder, int? maxLimit)
    {
        var members = Enumerable.Range(0, 45).Select(_ => Join()).ToList();
        await Join().LeaveAsync(erase: false);
        members[3].AddFile("a", "x"u8.ToArray());
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { MembersInAnyOrder = inAnyOrder, MaxLimit = maxLimit };

        var found = await _project.MembersAsync(Master, default);

        Assert.That(found, Is.EqualTo(members.Select(member => new ProjectMember(member.Id, member.Files.Count)).OrderBy(member => member.ProjectMemberId, StringComparer.Ordinal)));
    }

    [Test]
    public async Task A_project_without_members_has_none() => Assert.That(await _project.MembersAsync(Master, default), Is.Empty);

    [Test]
    public async Task A_members_files_are_listed_over_all_pages_and_downloaded_without_the_token()
    {
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { MaxLimit = 4 };
        var (member, other) = (Join(), Join());
        for (var i = 0; i < 11; i++)
            member.AddFile($"{i}.txt", "x"u8.ToArray());
        other.AddFile("others.txt", "x"u8.ToArray());

        var listed = await _project.ListAsync(Master, member.Id, default);
        var text = await _accounts.ReadTextAsync(listed.Files[^1], default);

        Assert.That((listed.ProjectMemberId, listed.Files.Select(file => file.Name), text), Is.EqualTo((member.Id, Enumerable.Range(0, 11).Select(i => $"{i}.txt"), "x")));
        Assert.That(_sandbox.OpenHumans.Requests.Served.Where(request => !request.Template.EndsWith("members/", StringComparison.Ordinal)).Select(request => request.Query), Has.None.Contains(Master), "only the members' list needs it in its address");
    }

    [Test]
    public void A_master_token_that_is_wrong_or_a_members_is_refused()
    {
        var token = Join().Authorize().AccessToken;

        Assert.That(() => _project.MembersAsync("nonsense", default), Throws.TypeOf<OpenHumansRefusedException>());
        Assert.That(() => _project.MembersAsync(token, default), Throws.TypeOf<OpenHumansRefusedException>());
    }

    [Test]
    public void An_expired_master_token_is_refused()
    {
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { MasterTokenLife = TimeSpan.FromSeconds(-1) };
        _sandbox.OpenHumans.RegenerateMasterToken();

        Assert.That(() => _project.ListAsync(Master, Join().Id, default), Throws.TypeOf<OpenHumansRefusedException>());
    }

    [Test]
    public void A_member_nobody_knows_is_declined() => Assert.That(() => _project.ListAsync(Master, "00000000", default), Throws.TypeOf<OpenHumansDeclinedException>());

    [Test]
    public void A_list_of_members_that_never_adds_up_is_temporary()
    {
        var sameAgain = new SameAnswer("""{"count":2,"next":null,"results":[{"project_member_id":"01234567","file_count":0}]}""");
        var project = new OpenHumansProject(new HttpClient(sameAgain), _accounts, new() { BaseUrl = _sandbox.OpenHumansUrl });

        Assert.That(() => project.MembersAsync(Master, default), Throws.TypeOf<OpenHumansTemporaryException>());
    }

    [TestCase(FaultKind.HtmlPage)]
    [TestCase(FaultKind.CutBody)]
    [TestCase(FaultKind.Reset)]
    [TestCase(FaultKind.Status)]
    public void A_failure_tells_no_token_although_the_address_holds_it(FaultKind kind)
    {
        Join();
        _sandbox.Faults.Add(new() { Kind = kind });

        var failure = Assert.ThrowsAsync<OpenHumansTemporaryException>(() => _project.MembersAsync(Master, default))!;

        Assert.That(failure.ToString(), Does.Not.Contain(Master).And.Not.Contain("access_token"));
    }

    Member Join()
    {
        var member = _sandbox.OpenHumans.AddMember();
        member.Authorize();
        return member;
    }

    sealed class SameAnswer(string json) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StringContent(json) });
    }
}
