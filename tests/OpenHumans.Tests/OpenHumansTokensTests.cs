using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Register;
using Sandbox;
using ServiceDefaults;
using Testing;

namespace OpenHumans.Tests;

/// <summary>Participants' tokens, on a real database and against the stand-in, which kills the old pair with every refresh.</summary>
public sealed class OpenHumansTokensTests
{
    TestDatabase _database = null!;
    RunningSandbox _sandbox = null!;
    SecretBox _secrets = null!;
    NpgsqlDataSource _owner = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        _owner = _database.OpenAs("registration_site");
        _sandbox = await SandboxHost.StartAsync(new());
        _secrets = new(new() { Key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) });
    }

    [TearDown]
    public async Task Stop()
    {
        await _sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_token_that_lasts_is_used_as_it_is()
    {
        var (participant, _) = await SignedInAsync();

        await Account("nightscout_ingester", participant).ListAsync(default);

        Assert.That(_sandbox.OpenHumans.Requests.Served.Select(request => request.Template), Has.None.Contains("token"));
    }

    [Test]
    public async Task Ten_at_once_refresh_an_expired_token_once_D19()
    {
        var (participant, _) = await SignedInAsync(lasts: TimeSpan.FromMinutes(1));
        var accounts = Enumerable.Range(0, 10).Select(i => Account(i % 2 == 0 ? "nightscout_ingester" : "open_humans_etl", participant)).ToList(); // as many processes

        await Task.WhenAll(accounts.Select(account => account.ListAsync(default)));

        Assert.That(_sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("token")), Is.EqualTo(1));
        await using var connection = await _owner.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<long>("select generation from register.open_humans_token"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_token_that_ended_early_is_replaced_and_the_call_goes_through()
    {
        var (participant, member) = await SignedInAsync();
        member.ExpireAccessTokens();

        Assert.That((await Account("nightscout_ingester", participant).ListAsync(default)).ProjectMemberId, Is.EqualTo(member.Id));
    }

    [Test]
    public async Task Whoever_left_has_to_sign_in_again_and_is_hidden()
    {
        var (participant, member) = await SignedInAsync();
        await member.LeaveAsync(erase: false);

        Assert.That(() => Account("nightscout_ingester", participant).ListAsync(default), Throws.TypeOf<SignInAgainException>());
        Assert.That((await new Participants(_owner).FindAsync(participant, default)).SuspendedAt, Is.Not.Null);
        Assert.That(() => Account("open_humans_etl", participant).ListAsync(default), Throws.TypeOf<SignInAgainException>());
        Assert.That(_sandbox.OpenHumans.Requests.Served.Count(request => request.Template.Contains("token")), Is.EqualTo(1), "a refused refresh token is not tried again");
    }

    [Test]
    public async Task A_new_sign_in_during_a_refused_refresh_counts()
    {
        var (participant, member) = await SignedInAsync();
        var tokens = Tokens("nightscout_ingester");
        var old = await tokens.GetAsync(participant, default);
        await member.LeaveAsync(erase: false);
        await StoreAsync(participant, member.Authorize(), TimeSpan.FromHours(10));

        var token = await tokens.RenewAsync(participant, old.Generation, default);

        Assert.That(token.Value, Is.Not.EqualTo(old.Value));
        Assert.That((await new Participants(_owner).FindAsync(participant, default)).SuspendedAt, Is.Null);
    }

    [Test]
    public async Task Open_Humans_not_answering_suspends_nobody()
    {
        var (participant, _) = await SignedInAsync(lasts: TimeSpan.FromMinutes(1));
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "/oauth2/token/" });

        Assert.That(() => Account("nightscout_ingester", participant).ListAsync(default), Throws.TypeOf<OpenHumansTemporaryException>());
        Assert.That((await new Participants(_owner).FindAsync(participant, default)).SuspendedAt, Is.Null);
        Assert.That(async () => await Account("nightscout_ingester", participant).ListAsync(default), Throws.Nothing);
    }

    [Test]
    public async Task Our_own_wrong_secret_suspends_nobody()
    {
        var (participant, _) = await SignedInAsync(lasts: TimeSpan.FromMinutes(1));
        _sandbox.OpenHumans.Options = _sandbox.OpenHumans.Options with { ClientSecret = "rotated" };

        Assert.That(() => Account("nightscout_ingester", participant).ListAsync(default), Throws.TypeOf<OpenHumansSettingsException>());
        Assert.That((await new Participants(_owner).FindAsync(participant, default)).SuspendedAt, Is.Null);
    }

    [Test]
    public async Task A_dump_of_the_database_holds_no_token()
    {
        var (participant, member) = await SignedInAsync();
        var pair = member.Authorize();
        await StoreAsync(participant, pair, TimeSpan.FromHours(10));
        await using var connection = await _owner.OpenConnectionAsync();

        var rows = string.Concat(await connection.QueryAsync<string>("select encode(access_token, 'escape') || encode(refresh_token, 'escape') from register.open_humans_token"));

        Assert.That(rows, Does.Not.Contain(pair.AccessToken).And.Not.Contain(pair.RefreshToken));
    }

    [Test]
    public async Task An_upload_of_another_size_is_damaged()
    {
        var (participant, _) = await SignedInAsync();
        var account = Account("nightscout_ingester", participant);
        var (id, url) = await account.StartUploadAsync("a.txt", Metadata, default);
        await account.PutAsync(url, new MemoryStream([1, 2, 3]), 3, System.Security.Cryptography.MD5.HashData([1, 2, 3]), default);

        Assert.That(() => account.CompleteUploadAsync(id, 4, default), Throws.TypeOf<UploadDamagedException>());
    }

    [Test]
    public async Task A_small_text_file_is_replaced_only_after_the_new_one_is_there()
    {
        var (participant, member) = await SignedInAsync();
        var account = Account("registration_site", participant);
        member.AddFile("a.txt", "old"u8.ToArray());
        member.AddFile("a.txt", "older"u8.ToArray());
        var files = (await account.ListAsync(default)).Files;
        _sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "*/files/upload/complete/" });

        Assert.That(() => account.ReplaceTextAsync("a.txt", "new", Metadata, files, default), Throws.TypeOf<OpenHumansTemporaryException>());
        Assert.That((await account.ListAsync(default)).Files, Has.Count.EqualTo(2));
        await account.ReplaceTextAsync("a.txt", "new", Metadata, files, default);

        var left = (await account.ListAsync(default)).Files.Single();
        Assert.That(await account.ReadTextAsync(left, default), Is.EqualTo("new"));
    }

    [Test]
    public async Task A_text_file_too_long_to_be_ours_reads_as_empty()
    {
        var (participant, member) = await SignedInAsync();
        member.AddFile("a.txt", new byte[100_000]);
        var account = Account("nightscout_ingester", participant);

        Assert.That(await account.ReadTextAsync((await account.ListAsync(default)).Files.Single(), default), Is.Empty);
    }

    static FileMetadata Metadata => new() { Description = "", Tags = [] };

    async Task<(long Participant, Member Member)> SignedInAsync(TimeSpan? lasts = null)
    {
        var member = _sandbox.OpenHumans.AddMember();
        var participant = await new ConsentLedger(_owner).RecordAsync(member.Id, ConsentLedger.Page, null, "", default);
        await StoreAsync(participant, member.Authorize(), lasts ?? TimeSpan.FromHours(10));
        return (participant, member);
    }

    async Task StoreAsync(long participant, Sandbox.TokenPair pair, TimeSpan lasts)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        await OpenHumansTokens.StoreAsync(await new Participants(_owner).FindAsync(participant, default), new(pair.AccessToken, pair.RefreshToken, TimeProvider.System.GetUtcNow() + lasts),
            _secrets, connection, default);
    }

    OpenHumansTokens Tokens(string role)
    {
        var db = _database.OpenAs(role);
        return new(db, new(Http(), Options(), TimeProvider.System), _secrets, TimeProvider.System);
    }

    OpenHumansAccount Account(string role, long participant) => new(participant, new(Http(), Options()), Tokens(role));

    static HttpClient Http() => new(new SocketsHttpHandler { AllowAutoRedirect = false });

    OpenHumansOptions Options() => new() { BaseUrl = _sandbox.OpenHumansUrl, ClientId = "sandbox-client", ClientSecret = "sandbox-client-secret" };
}
