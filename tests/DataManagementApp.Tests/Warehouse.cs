using System.Security.Cryptography;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ServiceDefaults;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>A warehouse with some participants' rows, and the portal's own classes on it under the portal's role.</summary>
sealed class Warehouse : IAsyncDisposable
{
    readonly TestDatabase _database;

    Warehouse(TestDatabase database)
    {
        _database = database;
        Owner = database.OpenAsOwner();
        Db = database.OpenAs("data_management_app");
        Grants = new(Db, Secrets);
        Build = new(Db, Grants, new(), TimeProvider.System);
    }

    public static async Task<Warehouse> CreateAsync() => new(await TestDatabase.CreateAsync());

    public static string SecretKey { get; } = Convert.ToBase64String(new byte[32]);

    public static SecretBox Secrets { get; } = new(new() { Key = SecretKey });

    public NpgsqlDataSource Owner { get; }

    public NpgsqlDataSource Db { get; }

    /// <summary>Of the portal's role.</summary>
    public string ConnectionString => _database.As("data_management_app");

    public Grants Grants { get; }

    public ExportBuild Build { get; }

    /// <summary>The portal itself on this warehouse; the caller disposes of it.</summary>
    public Task<WebApplication> StartPortalAsync(params string[] settings) => StartPortalAsync(null, settings);

    /// <param name="more">Changes what is registered.</param>
    public async Task<WebApplication> StartPortalAsync(Action<IServiceCollection>? more, params string[] settings)
    {
        var app = Portal.Build(["--urls=http://127.0.0.1:0", "--environment=Testing", "--Postgres:MaxPoolSize=1", $"--Postgres:Connection={_database.As("data_management_app")}", $"--Secrets:Key={SecretKey}",
            "--Portal:BaseUrl=http://127.0.0.1", $"--Portal:ExportFolder={Path.GetTempPath()}", "--Portal:AdministratorsNeedSecondFactor=false", "--Portal:FormsPerMinute=100000", "--Portal:CallsPerMinute=100000", .. settings], more);
        await app.StartAsync();
        return app;
    }

    public NpgsqlDataSource OpenAs(string role) => _database.OpenAs(role);

    public string As(string role) => _database.As(role);

    public string OwnerConnection => _database.Owner;

    public async Task<long> ParticipantAsync(string projects)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("select register.record_consent(@member, 'page', @projects, 'test')",
            new { member = $"{RandomNumberGenerator.GetInt32(10_000_000, 99_999_999)}", projects });
    }

    public async Task ConsentAsync(long participant, string projects)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            select register.record_consent(project_member_id, 'page', @projects, 'test') from register.participant where participant_id = @participant
            """, new { participant, projects });
    }

    /// <summary>Readings every five minutes from the start of a day.</summary>
    public async Task EntriesAsync(long participant, DateOnly day, int count, string device = "share2")
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into openaps.entries (participant_id, id, sgv, device, date, type, period, content_hash)
            select @participant, @day || '-' || i, 100 + i % 100, @device, @day::timestamptz + i * interval '5 minutes', 'sgv', @day, i from generate_series(0, @count - 1) i
            """, new { participant, day = $"{day:yyyy-MM-dd}", count, device });
    }

    /// <summary>One record in each table that researchers see.</summary>
    public async Task RecordsAsync(long participant, DateOnly day)
    {
        await EntriesAsync(participant, day, 1);
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into openaps.treatments (participant_id, id, event_type, created_at, period, content_hash) values (@participant, 't', 'Note', @day, 'whole', 1);
            insert into openaps.device_status (participant_id, id, created_at, period, content_hash) values (@participant, 'd', @day, 'whole', 1);
            insert into openaps.device_status_metrics (participant_id, device_status_id, created_at, period, content_hash) values (@participant, 'd', @day, 'whole', 1);
            insert into openaps.profile (participant_id, id, created_at, period, content_hash) values (@participant, 'p', @day, 'whole', 1);
            insert into openaps.aid_cycle (participant_id, device_status_id, controller, suggested, enacted, created_at, period, content_hash) values (@participant, 'd', 'loop', true, true, @day, 'whole', 1);
            insert into openaps.member_demographics (participant_id, source, google_sheets_source, ts, gender) values (@participant, 'survey', 'openaps', @day, 'female');
            insert into openaps.therapy_setting (participant_id, valid_from, kind, seconds, sent_value, source) values (@participant, @day, 'basal', 0, 1, 'profile');
            insert into openaps.aid_day (participant_id, local_day, from_utc, to_utc, loop_type, cycles, enacted, smbs, basal_hours) values (@participant, @day, @day, @day + interval '1 day', 'open', 1, 1, 0, 24);
            insert into openaps.utc_offset_timeline (participant_id, from_utc, to_utc, offset_minutes, source, confidence) values (@participant, @day, 'infinity', 0, 'profile', 'high');
            insert into openaps.glucose_day (participant_id, day, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, sum_mgdl, sum_squares, low_risk, high_risk, min_mgdl, max_mgdl,
                   cadence_minutes, expected, covered_minutes, day_minutes, duplicates, readings) values (@participant, @day, 1, 0, 0, 1, 0, 0, 1, 1, 0, 100, 400, 0, 0, 100, 100, 5, 288, 5, 1440, 0, array[0, 100]);
            insert into openaps.glucose_month (participant_id, month, days, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, sum_mgdl, sum_squares, low_risk, high_risk, min_mgdl, max_mgdl,
                   expected, covered_minutes, day_minutes, duplicates) values (@participant, @day, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 100, 400, 0, 0, 100, 100, 288, 5, 1440, 0);
            insert into openaps.glucose_time_of_day (participant_id, half_hour, from_mgdl, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9) values (@participant, 0, 100, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            insert into openaps.raw_segment (participant_id, collection, period, part, lines, sha256, data, file_key, loader_version) values (@participant, 'entries', 'whole', 0, 1, '\x00', '\x00', 'f', 1);
            insert into openaps.record_day (participant_id, day, collection, kind, records) values (@participant, @day, 'entries', 'Dexcom Share', 1);
            insert into openaps.glucose_week (participant_id, weekday, hour, n, sum_mgdl, low, in_range, high) values (@participant, 1, 0, 1, 100, 0, 1, 0);
            """, new { participant, day = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) });
    }

    /// <summary>Erases as the registration site does: the register's part at once, and a receipt that waits for the others.</summary>
    public async Task EraseAsync(long participant)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            delete from register.consent where participant_id = @participant;
            delete from register.participant where participant_id = @participant;
            insert into register.erasure_receipt (participant_id, member_hash, asked_by) values (@participant, '\x00', 'operator');
            """, new { participant });
    }

    public async Task<T> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    /// <summary>With the rights of the service.</summary>
    public async Task AsPortalAsync(string sql)
    {
        await using var connection = await Db.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>Waits for what a job does, half a minute at most.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what = "in time")
    {
        for (var patience = 0; patience < 300; patience++)
        {
            if (await isSo())
                return;
            await Task.Delay(100);
        }
        Assert.Fail(what);
    }

    public async Task<Grant> GrantAsync(bool openAps, bool nsf)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        var user = await connection.ExecuteScalarAsync<long>("insert into portal.app_users (email) values (@email) returning id", new { email = $"{Guid.NewGuid():N}@example.org" });
        await Grants.AddAsync(user, openAps, nsf, default);
        return (await Grants.CurrentAsync(user, default))!;
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
