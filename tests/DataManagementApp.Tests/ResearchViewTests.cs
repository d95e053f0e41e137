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

    [TestCase("aid_cycle", "insert into openaps.aid_cycle (participant_id, device_status_id, controller, suggested, enacted, period, content_hash) values (@participant, 'd', 'loop', true, true, 'x', 0)")]
    [TestCase("therapy_setting", "insert into openaps.therapy_setting (participant_id, valid_from, kind, seconds, sent_value, source) values (@participant, now(), 'basal', 0, 1, 'profile')")]
    [TestCase("aid_day", "insert into openaps.aid_day (participant_id, local_day, from_utc, to_utc, loop_type, cycles, enacted, smbs, basal_hours) values (@participant, '2026-11-20', now(), now(), 'open', 1, 0, 0, 0)")]
    public async Task What_closed_loops_did_is_shown_of_who_shares_and_only_with_a_grant(string view, string insert)
    {
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        var sharing = await _warehouse.ParticipantAsync("openaps");
        foreach (var participant in new[] { sharing, await _warehouse.ParticipantAsync("none") })
            await owner.ExecuteAsync(insert, new { participant });
        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<long>($"select count(*) from research.{view}"), Is.Zero);

        await using var transaction = await _warehouse.Grants.OpenAsync(await _warehouse.GrantAsync(true, false), connection, default);

        Assert.That(await connection.QueryAsync<long>($"select participant_id from research.{view}"), Is.EqualTo(new[] { sharing }));
    }

    [Test]
    public async Task Of_demographics_researchers_see_brackets_and_years_and_no_date()
    {
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();

        var columns = await owner.QueryAsync<string>("select column_name || ' ' || data_type from information_schema.columns where table_schema = 'research' and table_name = 'member_demographics'");

        Assert.That(columns, Is.SupersetOf(new[] { "age_bracket text", "answered_year integer" }));
        Assert.That(columns, Has.None.Matches(" (date|timestamp.*)$"));
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

    /// <summary>Every view of schema research that names participants, also one that is added later.</summary>
    [Test]
    public async Task Every_view_shows_each_row_only_to_commons_that_present_consent_covers_D8_D9()
    {
        var views = await ViewsAsync();
        Assert.That(views, Is.SupersetOf(new[] { "participant", "entries", "treatments", "device_status", "device_status_metrics", "profile" }));
        var participant = await _warehouse.ParticipantAsync("none");
        await _warehouse.RecordsAsync(participant, Day);
        var grants = new[] { await _warehouse.GrantAsync(true, false), await _warehouse.GrantAsync(false, true), await _warehouse.GrantAsync(true, true) };

        foreach (var (projects, seen) in new[] { ("both", "yes yes yes"), ("openaps", "yes no yes"), ("nsf", "no yes yes"), ("none", "no no no"), ("both", "yes yes yes") })
        {
            await _warehouse.ConsentAsync(participant, projects);
            foreach (var view in views)
            {
                var found = new List<string>();
                foreach (var grant in grants)
                {
                    await using var connection = await _warehouse.Db.OpenConnectionAsync();
                    await using var transaction = await _warehouse.Grants.OpenAsync(grant, connection, default);
                    found.Add(await connection.ExecuteScalarAsync<bool>($"select exists (select from research.{view} where participant_id = @participant)", new { participant }) ? "yes" : "no");
                }
                Assert.That(string.Join(' ', found), Is.EqualTo(seen), $"{view} after {projects}");
            }
        }
    }

    [Test]
    public async Task A_change_of_mind_counts_with_the_next_query_of_a_transaction_that_is_open_already()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.RecordsAsync(participant, Day);
        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        await using var transaction = await _warehouse.Grants.OpenAsync(await _warehouse.GrantAsync(true, false), connection, default);
        var views = await ViewsAsync();

        foreach (var (projects, seen) in new[] { ("both", 1), ("nsf", 0), ("openaps", 1), ("none", 0) })
        {
            await _warehouse.ConsentAsync(participant, projects);
            foreach (var view in views)
                Assert.That(await connection.ExecuteScalarAsync<long>($"select count(*) from research.{view} where participant_id = @participant", new { participant }), Is.EqualTo(view == "raw_record" ? 4 * seen : seen), $"{view} after {projects}"); // one of each collection
        }
    }

    [Test]
    public async Task The_commons_a_row_names_are_those_of_now()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.RecordsAsync(participant, Day);
        var grant = await _warehouse.GrantAsync(true, true);

        foreach (var (projects, sourceEntity) in new[] { ("both", 2), ("openaps", 0), ("nsf", 1) })
        {
            await _warehouse.ConsentAsync(participant, projects);
            await using var connection = await _warehouse.Db.OpenConnectionAsync();
            await using var transaction = await _warehouse.Grants.OpenAsync(grant, connection, default);
            foreach (var view in new[] { "entries", "treatments", "device_status", "device_status_metrics", "profile" })
                Assert.That(await connection.ExecuteScalarAsync<int>($"select source_entity from research.{view} where participant_id = @participant", new { participant }), Is.EqualTo(sourceEntity), view);
        }
    }

    Task<string[]> ViewsAsync() => _warehouse.QueryAsync<string[]>("""
        select array_agg(table_name::text order by table_name) from information_schema.columns where table_schema = 'research' and column_name = 'participant_id'
        """);

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
