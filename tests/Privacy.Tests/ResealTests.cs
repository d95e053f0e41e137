using System.Security.Cryptography;
using System.Xml.Linq;
using Dapper;
using DataManagementApp;
using DataManagementApp.Accounts;
using DataManagementApp.Mails;
using Db;
using Npgsql;
using Register;
using ServiceDefaults;
using Testing;

namespace Privacy.Tests;

/// <summary>A deployment key that has been in the wrong hands is replaced, and taken away.</summary>
public sealed class ResealTests
{
    static readonly string First = NewKey(), Second = NewKey(), Third = NewKey();

    TestDatabase _database = null!;
    NpgsqlDataSource _owner = null!;
    Participant _participant = null!;
    long _user;

    [SetUp]
    public async Task Fill()
    {
        _database = await TestDatabase.CreateAsync();
        _owner = _database.OpenAsOwner();
        var secrets = Box(Second, First);
        _participant = await new Participants(_owner).FindAsync(await new ConsentLedger(_owner).RecordAsync("01234567", ConsentLedger.Page, SharedProjects.Both, "test", default), default);
        await using var owner = await _owner.OpenConnectionAsync();
        await OpenHumansTokens.StoreAsync(_participant, new("the access token", "the refresh token", DateTimeOffset.UtcNow.AddHours(1)), secrets, owner, default);
        await owner.ExecuteAsync("insert into register.nightscout_token (participant_id, token) values (@ParticipantId, @token)", new { _participant.ParticipantId, token = SiteToken.Seal("the token of the site", _participant, "ns.example.org", secrets) });
        await owner.ExecuteAsync("insert into ingest.participant (participant_id, site) values (@ParticipantId, @site)",
            new { _participant.ParticipantId, site = secrets.Seal("https://ns.example.org/", _participant.Salt, $"ingest.participant.site/{_participant.ParticipantId}") });
        _user = await owner.ExecuteScalarAsync<long>("insert into portal.app_users (email, name) values ('somebody@example.org', 'Somebody') returning id");
        var portal = _database.OpenAs("data_management_app");
        await new Grants(portal, secrets).AddAsync(_user, openAps: true, nsf: true, default);
        await SecondFactorOf(portal, secrets).BeginAsync(_user, default);
        await using (var connection = await portal.OpenConnectionAsync())
            await new Outbox(portal, secrets).AddAsync(connection, "somebody@example.org", new("test", "A mail", "the body of the mail"), default);
        StoreRing(_database.OpenAs("registration_site"), "register.data_protection_key", secrets);
        StoreRing(portal, "portal.data_protection_key", secrets);
    }

    [TearDown]
    public async Task Drop() => await _database.DisposeAsync();

    [Test]
    public async Task After_resealing_everything_opens_without_the_key_that_sealed_it()
    {
        var before = Box(Second, First).DeriveKey([], "erasure list");
        var (code, output) = await ResealAsync(Box(Third, First, Second));

        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("Nothing is sealed with an older key any more").And.Not.Contain("token of the site"));
        var secrets = Box(Third, First);
        var portal = _database.OpenAs("data_management_app");
        await using var owner = await _owner.OpenConnectionAsync();
        var (access, refresh, site, token) = await owner.QuerySingleAsync<(byte[], byte[], byte[], byte[])>(
            "select access_token, refresh_token, site, token from register.open_humans_token join ingest.participant using (participant_id) join register.nightscout_token using (participant_id)");
        Assert.That(secrets.Open(access, _participant.Salt, OpenHumansTokens.AccessContext(_participant.ParticipantId)), Is.EqualTo("the access token"));
        Assert.That(secrets.Open(refresh, _participant.Salt, OpenHumansTokens.RefreshContext(_participant.ParticipantId)), Is.EqualTo("the refresh token"));
        Assert.That(secrets.Open(site, _participant.Salt, $"ingest.participant.site/{_participant.ParticipantId}"), Is.EqualTo("https://ns.example.org/"));
        Assert.That(SiteToken.Open(token, _participant, "ns.example.org", secrets), Is.EqualTo("the token of the site"));
        var grants = new Grants(portal, secrets);
        Assert.That(await grants.CoveredAsync(await grants.CurrentAsync(_user, default) ?? throw new InvalidOperationException(), default), Has.Count.EqualTo(1), "the grant's secret opens");
        Assert.That(await SecondFactorOf(portal, secrets).BeginAsync(_user, default), Has.Length.EqualTo(20), "the secret of the second factor opens");
        Assert.That((await new Outbox(portal, secrets).ReadAsync(await owner.ExecuteScalarAsync<long>("select mail_id from portal.mail"), default)).Body, Is.EqualTo("the body of the mail"));
        foreach (var ring in new[] { "register.data_protection_key", "portal.data_protection_key" })
            Assert.That(new SealedXml(secrets).Decrypt(new PostgresKeyRing(_owner, ring).GetAllElements().Single().Element("sealed")!).Value, Is.EqualTo("a key of sessions"));
        Assert.That(secrets.DeriveKey([], "erasure list"), Is.EqualTo(before), "the list of erasures goes on");
        Assert.That(async () => (await ResealAsync(Box(Third, First, Second))).Output, Does.Not.Contain("sealed anew"), "repeating it changes nothing");
    }

    [Test]
    public async Task What_cannot_be_sealed_anew_is_named_and_keeps_its_key()
    {
        await using (var owner = await _owner.OpenConnectionAsync())
            await owner.ExecuteAsync("update ingest.participant set site = null");

        var (code, output) = await ResealAsync(Box(Third, First, Second));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("register.nightscout_token.token: 1 still need an older key").And.Contain("No key may be taken away yet"));
        await using var connection = await _owner.OpenConnectionAsync();
        Assert.That(SiteToken.Open((await connection.ExecuteScalarAsync<byte[]>("select token from register.nightscout_token"))!, _participant, "ns.example.org", Box(Third, First, Second)), Is.EqualTo("the token of the site"));
    }

    [Test]
    public async Task A_key_that_is_not_among_those_given_changes_nothing()
    {
        var (code, output) = await ResealAsync(Box(Third, First));

        Assert.That(code, Is.EqualTo(1), "sessions cannot be opened, so something is left");
        Assert.That(output, Does.Contain("open with no key that is configured").And.Not.Contain("sealed anew"));
    }

    [Test]
    public async Task A_sealed_value_in_a_column_that_reseal_does_not_know_is_found()
    {
        await using (var owner = await _owner.OpenConnectionAsync())
            await owner.ExecuteAsync("create table portal.new_secrets (id bigint, box bytea); insert into portal.new_secrets values (1, @box)", new { box = Box(First).Seal("new", [], "new") });

        var (code, output) = await ResealAsync(Box(Third, First, Second));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("portal.new_secrets.box: 1 still need an older key"));
    }

    async Task<(int Code, string Output)> ResealAsync(SecretBox secrets)
    {
        var output = new StringWriter();
        return (await new Reseal(_owner, secrets, output).RunAsync(default), output.ToString());
    }

    static SecondFactor SecondFactorOf(NpgsqlDataSource portal, SecretBox secrets) =>
        new(portal, secrets, new Users(portal, new Outbox(portal, secrets), new PortalOptions(), TimeProvider.System), TimeProvider.System);

    static void StoreRing(NpgsqlDataSource db, string table, SecretBox secrets) =>
        new PostgresKeyRing(db, table).StoreElement(new XElement("key", new SealedXml(secrets).Encrypt(new XElement("secret", "a key of sessions")).EncryptedElement), "key-1");

    static SecretBox Box(string key, params string[] old) => new(new() { Key = key, OldKeys = old });

    static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
