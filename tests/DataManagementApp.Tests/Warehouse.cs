using System.Security.Cryptography;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
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
        Build = new(Db, Grants);
    }

    public static async Task<Warehouse> CreateAsync() => new(await TestDatabase.CreateAsync());

    public static string SecretKey { get; } = Convert.ToBase64String(new byte[32]);

    public static SecretBox Secrets { get; } = new(new() { Key = SecretKey });

    public NpgsqlDataSource Owner { get; }

    public NpgsqlDataSource Db { get; }

    public Grants Grants { get; }

    public ExportBuild Build { get; }

    public string PortalConnection => _database.As("data_management_app");

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

    public async Task<Grant> GrantAsync(bool openAps, bool nsf)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        var user = await connection.ExecuteScalarAsync<long>("insert into portal.app_users (email) values (@email) returning id", new { email = $"{Guid.NewGuid():N}@example.org" });
        await Grants.AddAsync(user, openAps, nsf, default);
        return (await Grants.CurrentAsync(user, default))!;
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
