using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Tests;

/// <summary>What the database itself lets the portal's role see.</summary>
public sealed class ResearchViewTests
{
    static readonly DateOnly Day = new(2026, 11, 20);
    Warehouse _warehouse = null!;

    [SetUp]
    public async Task Migrate() => _warehouse = await Warehouse.CreateAsync();

    [TearDown]
    public async Task Drop()
    {
        if (_warehouse is not null)
            await _warehouse.DisposeAsync();
    }

    [Test]
    public async Task Without_a_grant_nothing_is_there()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 3);

        await using var connection = await _warehouse.Db.OpenConnectionAsync();

        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from research.entries"), Is.Zero);
        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from research.participant"), Is.Zero);
    }

    [TestCase(true, false, "both,openaps")]
    [TestCase(false, true, "both,nsf")]
    [TestCase(true, true, "both,nsf,openaps")]
    public async Task A_grant_shows_the_participants_of_its_commons(bool openAps, bool nsf, string seen)
    {
        var names = new Dictionary<long, string>();
        foreach (var projects in new[] { "openaps", "nsf", "both", "none" })
        {
            var participant = await _warehouse.ParticipantAsync(projects);
            await _warehouse.EntriesAsync(participant, Day, 1);
            names[participant] = projects;
        }

        var found = await SeenAsync(await _warehouse.GrantAsync(openAps, nsf));

        Assert.That(string.Join(',', found.Select(participant => names[participant]).Order()), Is.EqualTo(seen));
    }

    [Test]
    public async Task Withdrawn_consent_hides_with_the_next_query()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 1);
        var grant = await _warehouse.GrantAsync(true, true);
        Assert.That(await SeenAsync(grant), Is.EqualTo(new[] { participant }));

        await _warehouse.ConsentAsync(participant, "none");

        Assert.That(await SeenAsync(grant), Is.Empty);
    }

    [Test]
    public async Task The_narrower_of_page_and_file_counts()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 1);
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync("select register.record_consent(project_member_id, 'file', 'nsf', 'file') from register.participant");

        Assert.That(await SeenAsync(await _warehouse.GrantAsync(true, false)), Is.Empty);
        Assert.That(await SeenAsync(await _warehouse.GrantAsync(false, true)), Is.EqualTo(new[] { participant }));
    }

    [Test]
    public async Task A_suspended_participant_is_hidden()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 1);
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync("update register.participant set suspended_at = now(), suspended_because = 'open humans refused the tokens'");

        Assert.That(await SeenAsync(await _warehouse.GrantAsync(true, true)), Is.Empty);
    }

    [TestCase("update portal.access_grant set expires_at = now()")]
    [TestCase("update portal.access_grant set revoked_at = now()")]
    public async Task An_ended_grant_shows_nothing(string ending)
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 1);
        var grant = await _warehouse.GrantAsync(true, true);
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync(ending);

        Assert.That(await SeenAsync(grant), Is.Empty);
    }

    [Test]
    public async Task A_grant_ends_with_its_transaction()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 1);
        var grant = await _warehouse.GrantAsync(true, true);
        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        await using (await _warehouse.Grants.OpenAsync(grant, connection, default))
            Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from research.entries"), Is.EqualTo(1));

        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from research.entries"), Is.Zero);
    }

    [Test]
    public async Task A_condition_that_cheats_sees_no_hidden_row()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("none"), Day, 1);
        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        await using var transaction = await _warehouse.Grants.OpenAsync(await _warehouse.GrantAsync(true, true), connection, default);

        // Would divide by zero, and so tell, if it were evaluated for a row that must not be seen.
        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from research.entries where 1 / (sgv - 100) > 0"), Is.Zero);
    }

    [Test]
    public async Task The_portal_cannot_read_the_warehouse_around_the_views()
    {
        await using var connection = await _warehouse.Db.OpenConnectionAsync();

        Assert.That(() => connection.Query("select * from openaps.entries"), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
        Assert.That(() => connection.Query("select * from register.current_consent"), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
    }

    async Task<IReadOnlyList<long>> SeenAsync(Grant grant)
    {
        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        await using var transaction = await _warehouse.Grants.OpenAsync(grant, connection, default);
        return [.. await connection.QueryAsync<long>("select distinct participant_id from research.entries order by 1")];
    }
}
