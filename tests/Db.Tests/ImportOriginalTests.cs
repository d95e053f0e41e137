using Dapper;
using Db.ImportOriginal;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Register;
using ServiceDefaults;
using Testing;

namespace Db.Tests;

/// <summary>What import-original takes over of a database of the system before this one, and what it says.</summary>
public sealed class ImportOriginalTests
{
    static readonly string Key = Convert.ToBase64String(new byte[32]);

    TestDatabase _database = null!;
    NpgsqlDataSource _db = null!;
    OriginalSystem _original = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync();
        _db = _database.OpenAsOwner();
        _original = await OriginalSystem.CreateAsync();
    }

    [TearDown]
    public async Task Stop()
    {
        await _original.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Participants_come_with_their_tokens_sealed()
    {
        var expires = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        await _original.MemberAsync("01234567", "access-a", "refresh-a", expires);
        await _original.MemberAsync("not-one", "access-b", "refresh-b");
        await _original.MemberAsync("07654321", "", "");

        var (code, output) = await ImportAsync();

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("participants (register.openhumans_openhumansmember): 3 read").And.Contain("1  new: they need not sign in again")
            .And.Contain("1  their name is not a number of Open Humans").And.Contain("1  without tokens: they sign in anew"));
        Assert.That(await PairAsync("01234567"), Is.EqualTo(("access-a", "refresh-a", 1L)));
        Assert.That(await QueryAsync<DateTime>("select expires_at from register.open_humans_token"), Is.EqualTo(expires.UtcDateTime));
        Assert.That(await QueryAsync<long>("select count(*) from register.consent"), Is.Zero, "what they share is read from their accounts");
        Assert.That(await QueryAsync<bool>("select exists (select from register.open_humans_token where position('access-a'::bytea in access_token) > 0)"), Is.False);
    }

    [Test]
    public async Task A_repeated_import_changes_nothing_and_says_so()
    {
        await FillAsync();
        await ShareAsync("01234567", "both");
        await ImportAsync();
        await ImportAsync(); // consent is known by now
        var before = await StateAsync();

        var (code, output) = await ImportAsync();

        Assert.That(code, Is.Zero);
        Assert.That(await StateAsync(), Is.EqualTo(before));
        Assert.That(output, Does.Not.Contain("  new").And.Not.Contain("updated").And.Contain("1  unchanged").And.Contain("here already: left as it is here"));
    }

    [Test]
    public async Task A_pair_that_was_refreshed_here_is_never_overwritten()
    {
        await _original.MemberAsync("01234567", "old-access", "old-refresh");
        await ImportAsync();
        await RefreshAsync("01234567", "ours", "ours-refresh");
        await _original.MemberAsync("01234567", "theirs", "theirs-refresh");

        var (_, output) = await ImportAsync();

        Assert.That(await PairAsync("01234567"), Is.EqualTo(("ours", "ours-refresh", 2L)));
        Assert.That(output, Does.Contain("1  signed in here, or refreshed here since: the tokens here are the newer ones"));
    }

    [Test]
    public async Task Whoever_signed_in_here_keeps_that_pair()
    {
        var participant = await ParticipantAsync("01234567");
        await using (var connection = await _db.OpenConnectionAsync())
            await OpenHumansTokens.StoreAsync(participant, new("ours", "ours-refresh", DateTimeOffset.UtcNow), new(new() { Key = Key }), connection, default);
        await _original.MemberAsync("01234567", "theirs", "theirs-refresh");

        await ImportAsync();

        Assert.That(await PairAsync("01234567"), Is.EqualTo(("ours", "ours-refresh", 1L)));
    }

    [Test]
    public async Task A_pair_that_the_original_has_refreshed_since_is_taken_over_and_ends_the_suspension_its_death_brought()
    {
        await _original.MemberAsync("01234567", "old-access", "old-refresh");
        await ImportAsync();
        await RefreshAsync("01234567", null, null); // refused, for the original has refreshed
        Assert.That((await ImportAsync()).Output, Does.Contain("1  Open Humans has refused their tokens: they sign in anew"));
        await _original.MemberAsync("01234567", "new-access", "new-refresh");

        var (_, output) = await ImportAsync();

        Assert.That(output, Does.Contain("1  updated: the original has refreshed their tokens since the last import"));
        Assert.That(await PairAsync("01234567"), Is.EqualTo(("new-access", "new-refresh", 2L)));
        Assert.That(await QueryAsync<bool>("select suspended_at is null and refused_at is null from register.participant join register.open_humans_token using (participant_id)"), Is.True);
        await RefreshAsync("01234567", "ours", "ours-refresh");
        await ImportAsync();
        Assert.That((await PairAsync("01234567")).Access, Is.EqualTo("ours"));
    }

    [Test]
    public async Task Whoever_left_the_project_since_is_not_brought_back()
    {
        await _original.MemberAsync("01234567", "old-access", "old-refresh");
        await ImportAsync();
        await ExecuteAsync("update register.participant set suspended_at = now(), suspended_because = 'left the project on open humans'");
        await _original.MemberAsync("01234567", "new-access", "new-refresh");

        Assert.That((await ImportAsync()).Output, Does.Contain("1  left the project since"));
        Assert.That((await PairAsync("01234567")).Access, Is.EqualTo("old-access"));
    }

    [Test]
    public async Task Whoever_was_erased_here_is_not_brought_back()
    {
        await _original.MemberAsync("01234567", "access", "refresh");
        await _original.MemberAsync("07654321", "access", "refresh");
        await ImportAsync();
        await using (var connection = await _db.OpenConnectionAsync())
            await connection.ExecuteAsync("""
                delete from register.participant where project_member_id = '01234567';
                insert into register.erasure_receipt (participant_id, member_hash, asked_by) values (1, @hash, 'operator')
                """, new { hash = Erasures.MemberHash("01234567", new(new() { Key = Key })) });

        var (code, output) = await ImportAsync();

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("1  erased here: they come back by signing in").And.Contain("1  unchanged"));
        Assert.That(await QueryAsync<string>("select string_agg(project_member_id, ' ') from register.participant"), Is.EqualTo("07654321"));
    }

    [Test]
    public async Task An_import_waits_for_a_refresh_in_hand()
    {
        await _original.MemberAsync("01234567", "old-access", "old-refresh");
        await ImportAsync();
        await _original.MemberAsync("01234567", "theirs", "theirs-refresh");
        var participant = await ParticipantAsync("01234567");
        await using var refresh = await _db.OpenConnectionAsync();
        await AdvisoryLock.TakeAsync(refresh, AdvisoryLock.Tokens(participant.ParticipantId), default);

        var import = ImportAsync();
        await Task.Delay(500);
        Assert.That(import.IsCompleted, Is.False);
        await RefreshAsync("01234567", "ours", "ours-refresh");
        await AdvisoryLock.ReleaseAsync(refresh, AdvisoryLock.Tokens(participant.ParticipantId));
        await import;

        Assert.That((await PairAsync("01234567")).Access, Is.EqualTo("ours"));
    }

    [Test]
    public async Task Researchers_come_without_passwords_or_codes()
    {
        await FillAsync();
        await ExecuteAsync("insert into portal.app_users (email, admin) values ('admin@example.org', true)");

        var (_, output) = await ImportAsync();

        Assert.That(output, Does.Contain("researchers and administrators (openaps.app_users): 5 read").And.Contain("1  new, without a password: they get a link").And.Contain("1  new, deactivated as there")
            .And.Contain("1  new, without access").And.Contain("1  here already").And.Contain("1  without a usable e-mail address"));
        Assert.That(await QueryAsync<string>("select concat_ws('|', email, hashed_pw, verified, admin, allowed_projects, last_signin at time zone 'UTC', login_count, num_downloads, total_download_size_mb, deactivated) from portal.app_users where email = 'ada@example.org'"),
            Is.EqualTo("ada@example.org|f|f|1|2019-10-01 08:00:00|7|3|12.5|f"));
        Assert.That(await QueryAsync<long>("select count(*) from portal.app_users where hashed_pw is not null"), Is.Zero);
        Assert.That(await QueryAsync<string>("select string_agg(m::text, ' ') from portal.app_users m"), Does.Not.Contain("published-constant"));
    }

    [Test]
    public async Task Applications_come_as_far_as_the_commons_are_known()
    {
        await FillAsync();

        var (_, output) = await ImportAsync();

        Assert.That(output, Does.Contain("researchers' applications (openaps.researcher_applications): 2 read").And.Contain("1  for none of the commons known here"));
        Assert.That(await QueryAsync<string>("select concat_ws('|', researcher_name, email, phone_number, project_requests, irb_approval, sponsor_organisation, request_description, application_processed, application_granted, processed_date at time zone 'UTC', inserted_ts at time zone 'UTC') from portal.researcher_applications"),
            Is.EqualTo("Ada|ada@example.org|123|1|unsure|University|why|t|t|2019-09-02 00:00:00|2019-09-01 00:00:00"));
    }

    [Test]
    public async Task Survey_answers_wait_for_the_consent_and_come_with_the_next_import()
    {
        await FillAsync();

        var (_, first) = await ImportAsync();
        Assert.That(first, Does.Contain("3  row: consent not known yet").And.Contain("3 survey answers wait until it is known what their participants share"));
        await ShareAsync("01234567", "nsf");
        var (_, second) = await ImportAsync();

        Assert.That(second, Does.Contain("survey answers (openaps.member_demographics): 4 read").And.Contain("1  new").And.Contain("1  row: not a participant").And.Contain("1  row: time not understood")
            .And.Contain("1  row: answered again later").And.Not.Contain("wait until"));
        Assert.That(await QueryAsync<string>("""
            select concat_ws('|', project_member_id, source, google_sheets_source, ts at time zone 'UTC', gender, country_code, cleaned_height_cm, cleaned_weight_kg, age_bracket, years_since_diagnosed_bracket, insulin_units_per_day)
              from openaps.member_demographics join register.participant using (participant_id)
            """), Is.EqualTo("01234567|original|openaps|2019-06-01 00:00:00|female|US|177.8|79.8|31-45|20+|40.5"));
    }

    [Test]
    public async Task Answers_of_who_shares_nothing_are_left_out_and_go_when_they_withdraw()
    {
        await FillAsync();
        await ShareAsync("01234567", "both");
        await ImportAsync();
        Assert.That(await QueryAsync<long>("select count(*) from openaps.member_demographics"), Is.EqualTo(1));

        await ShareAsync("01234567", "none");
        var (_, output) = await ImportAsync();

        Assert.That(output, Does.Contain("row: shares nothing").And.Contain("1  removed"));
        Assert.That(await QueryAsync<long>("select count(*) from openaps.member_demographics"), Is.Zero);
    }

    [Test]
    public async Task Answers_of_a_survey_that_is_read_here_are_left_out()
    {
        await FillAsync();
        await ShareAsync("01234567", "both");
        await ExecuteAsync("insert into openaps.demographics_load values ('openaps', now(), 1, 1, '{}')");

        Assert.That((await ImportAsync()).Output, Does.Contain("4  the openaps survey itself is read here"));
        Assert.That(await QueryAsync<long>("select count(*) from openaps.member_demographics"), Is.Zero);
    }

    [Test]
    public async Task A_database_of_an_earlier_make_gives_no_access_by_mistake()
    {
        await FillAsync();
        await _original.ExecuteAsync("delete from openaps.source_entities; insert into openaps.source_entities (id, name) values (1, 'OpenAPS Data Commons'), (2, 'NightScout Data Commons'); alter table openaps.member_demographics drop column google_sheets_source; drop table openaps.researcher_applications;");
        await ShareAsync("01234567", "both");

        var (code, output) = await ImportAsync();

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("researchers' applications: left out, the original has no table openaps.researcher_applications"));
        Assert.That(await QueryAsync<long>("select count(*) from portal.app_users where allowed_projects is not null"), Is.Zero);
        Assert.That(await QueryAsync<string>("select google_sheets_source from openaps.member_demographics"), Is.EqualTo("openaps"));
    }

    [Test]
    public async Task Nothing_of_a_person_is_printed_and_nothing_is_changed_there()
    {
        await FillAsync();
        await ShareAsync("01234567", "both");
        const string All = "select concat((select string_agg(m::text, ' ' order by oh_id) from register.openhumans_openhumansmember m), (select string_agg(u::text, ' ' order by id) from openaps.app_users u), (select string_agg(d::text, ' ' order by seq_id) from openaps.member_demographics d))";
        var before = await _original.QueryAsync(All);

        var (_, output) = await ImportAsync();

        foreach (var secret in new[] { "1234567", "access-a", "refresh-a", "ada", "@", "university", "5'10", "176", "spain", "1985" })
            Assert.That(output.ToLowerInvariant().Replace("data-management-app", ""), Does.Not.Contain(secret));
        Assert.That(await _original.QueryAsync(All), Is.EqualTo(before));
    }

    [Test]
    public async Task A_wrong_connection_says_what_to_do_next()
    {
        var there = new NpgsqlConnectionStringBuilder(_original.Connection);
        string With(Action<NpgsqlConnectionStringBuilder> change)
        {
            var changed = new NpgsqlConnectionStringBuilder(_original.Connection);
            change(changed);
            return changed.ConnectionString;
        }

        foreach (var (connection, problem) in new[]
        {
            ("postgres://user:hush@host/db", "CONNECTION cannot be understood"),
            ("Host=x;Nonsense=hush", "CONNECTION cannot be understood"),
            (With(setting => setting.Port = 1), "No PostgreSQL answers at"),
            (With(setting => setting.Database = "no_such_database"), "has no database no_such_database"),
            (With(setting => setting.Password = "hush"), $"does not let {there.Username} in"),
            (_database.Owner, "is one of this system, not of the original"),
            (With(setting => setting.Database = "postgres"), "has no table register.openhumans_openhumansmember"),
            (With(setting => (setting.Username, setting.Password) = ("open_humans_etl", new NpgsqlConnectionStringBuilder(_database.As("open_humans_etl")).Password)), "connect as the user that owns them"),
        })
        {
            var (code, output) = await ImportAsync(connection);
            Assert.That(code, Is.EqualTo(2), problem);
            Assert.That(output, Does.StartWith("Nothing was imported.").And.Contain(problem).And.Contain("Database=open_aps_db").And.Not.Contain("hush"));
        }
    }

    [Test]
    public async Task What_is_missing_here_is_said_before_anything_is_read()
    {
        Assert.That((await ImportAsync(key: "short")).Output, Does.Contain("Secrets__Key must be 32 bytes in base64").And.Contain("key of the services"));
        Assert.That((await ImportAsync("")).Output, Does.Contain("import-original CONNECTION"));
        Assert.That((await ImportAsync(target: "postgres://user:hush@host/db")).Output, Does.Contain("Set Postgres__Connection").And.Not.Contain("hush"));
        await _original.MemberAsync("01234567", "access-a", "refresh-a");
        await ImportAsync();
        Assert.That((await ImportAsync(key: Convert.ToBase64String(new byte[32].Select(_ => (byte)1).ToArray()))).Output, Does.Contain("Secrets__Key is not the key"));
        await ExecuteAsync("delete from schema_journal where id = 'views'");
        Assert.That((await ImportAsync()).Output, Does.Contain("run migrate first"));
    }

    async Task FillAsync()
    {
        await _original.MemberAsync("01234567", "access-a", "refresh-a");
        await _original.ExecuteAsync("""
            insert into openaps.app_users (email, hashed_pw, verified, verification_code, admin, allowed_projects, last_signin, login_count, num_downloads, total_download_size_mb, deactivated, created_ts) values
                ('Ada@Example.org', '$2b$hash', true, 'published-constant', false, 1, '2019-10-01 08:00', 7, 3, 12.5, false, '2019-09-01'),
                ('admin@example.org', '$2b$hash', true, 'published-constant', true, 2, null, 0, 0, 0, false, null),
                ('gone@example.org', '$2b$hash', true, 'x', false, 0, null, 1, null, null, true, null),
                ('odd@example.org', null, null, null, null, 9, null, null, null, null, null, null),
                ('not an address', null, null, null, null, 0, null, null, null, null, null, null);
            insert into openaps.researcher_applications (researcher_name, email, phone_number, project_requests, irb_approval, sponsor_organisation, request_description, application_processed, application_granted, processed_date, inserted_ts) values
                ('Ada', 'Ada@Example.org', '123', 1, 'pending', 'University', 'why', true, true, '2019-09-02', '2019-09-01'),
                (null, 'b@example.org', null, null, null, null, null, null, null, null, null);
            insert into openaps.member_demographics (project_member_id, ts, google_sheets_source, date_of_birth, gender, country, first_diagnosed_date, weight, height, insulin_units_per_day) values
                (1234567, '2019-06-01', 'openaps', '1985-03-09', 'Female', 'USA', '1998-01-01', '176 lbs', '5''10"', 40.5),
                (1234567, '2019-05-01', 'openaps', '1985-03-09', 'Female', 'Spain', null, null, null, null),
                (1234567, null, 'openaps', null, null, null, null, null, null, null),
                (99, '2019-06-01', 'openaps', null, null, null, null, null, null, null);
            """);
    }

    async Task<(int Code, string Output)> ImportAsync(string? connection = null, string? key = null, string? target = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Postgres:Connection", target ?? _database.Owner), new("Secrets:Key", key ?? Key)]).Build();
        var output = new StringWriter();
        return (await Import.RunAsync(connection ?? _original.Connection, configuration, output, output, default), output.ToString());
    }

    /// <summary>As a service does it; without a pair: Open Humans refused.</summary>
    async Task RefreshAsync(string member, string? access, string? refresh)
    {
        var (participant, box) = (await ParticipantAsync(member), new SecretBox(new() { Key = Key }));
        await using var connection = await _db.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<bool>("""
            select register.swap_tokens(participant_id, generation, @access, @refresh, now()) from register.open_humans_token where participant_id = @ParticipantId
            """, new
        {
            participant.ParticipantId,
            access = access is null ? null : box.Seal(access, participant.Salt, $"open_humans_token.access_token/{participant.ParticipantId}"),
            refresh = refresh is null ? null : box.Seal(refresh, participant.Salt, $"open_humans_token.refresh_token/{participant.ParticipantId}"),
        }), Is.True);
    }

    async Task<(string Access, string Refresh, long Generation)> PairAsync(string member)
    {
        var (participant, box) = (await ParticipantAsync(member), new SecretBox(new() { Key = Key }));
        await using var connection = await _db.OpenConnectionAsync();
        var (access, refresh, generation) = await connection.QuerySingleAsync<(byte[], byte[], long)>("select access_token, refresh_token, generation from register.open_humans_token where participant_id = @ParticipantId", new { participant.ParticipantId });
        return (box.Open(access, participant.Salt, $"open_humans_token.access_token/{participant.ParticipantId}"), box.Open(refresh, participant.Salt, $"open_humans_token.refresh_token/{participant.ParticipantId}"), generation);
    }

    async Task<Participant> ParticipantAsync(string member) => await new Participants(_db).FindAsync(await ShareAsync(member, null), default);

    Task<long> ShareAsync(string member, string? projects) => new ConsentLedger(_db).RecordAsync(member, ConsentLedger.File, projects, "test", default);

    Task<string> StateAsync() => QueryAsync<string>("""
        select concat((select string_agg(p::text, ' ' order by participant_id) from register.participant p), (select string_agg(t::text, ' ' order by participant_id) from register.open_humans_token t),
               (select string_agg(u::text, ' ' order by id) from portal.app_users u), (select string_agg(a::text, ' ' order by seq_id) from portal.researcher_applications a),
               (select string_agg(d::text, ' ') from openaps.member_demographics d))
        """);

    async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await _db.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await _db.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
