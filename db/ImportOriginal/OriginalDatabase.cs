using System.Data;
using System.Text.Json;
using Dapper;
using Npgsql;
using ServiceDefaults;

namespace Db.ImportOriginal;

/// <summary>The original's database cannot be read, with what to do about it.</summary>
public sealed class OriginalException(string message) : Exception(message);

public sealed record OriginalMember(string? OhId, string? AccessToken, string? RefreshToken, DateTime? TokenExpires);

public sealed record OriginalUser(
    string? Email, bool? Admin, int? AllowedProjects, DateTime? LastSignin, int? LoginCount, int? NumDownloads, decimal? TotalDownloadSizeMb, bool? Deactivated, DateTime? DeactivatedDate, DateTime? CreatedTs);

public sealed record OriginalApplication(
    string? ResearcherName, string? Email, string? PhoneNumber, int? ProjectRequests, string? IrbApproval, string? SponsorOrganisation, string? RequestDescription, bool? ApplicationProcessed,
    bool? ApplicationGranted, DateTime? ProcessedDate, DateTime? InsertedTs);

/// <summary>What is taken over of a database of the system before this one, as it was at one moment. Null: it has no such table.</summary>
/// <param name="Answers">Survey answers: column and text.</param>
/// <param name="HasOldNumbers">Its commons are numbered in another way than ours: whose access is for which cannot be told.</param>
public sealed record OriginalDatabase(
    IReadOnlyList<OriginalMember> Members, IReadOnlyList<OriginalUser>? Users, IReadOnlyList<OriginalApplication>? Applications, IReadOnlyList<IReadOnlyDictionary<string, string?>>? Answers, bool HasOldNumbers)
{
    public const string MembersTable = "register.openhumans_openhumansmember", UsersTable = "openaps.app_users", ApplicationsTable = "openaps.researcher_applications", AnswersTable = "openaps.member_demographics";

    const string Form = "It is written: \"Host=…;Port=5432;Database=open_aps_db;Username=open_aps_admin;Password=…\" (the original's POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD).";

    /// <summary>Reads it in one read-only transaction; its times are without zone and in UTC.</summary>
    /// <exception cref="OriginalException">It cannot be reached or read, or is no database of the original.</exception>
    public static async Task<OriginalDatabase> ReadAsync(string connection, CancellationToken cancellationToken)
    {
        var (setting, db) = Open(connection);
        try
        {
            await using (db)
            {
                await using var original = await db.OpenConnectionAsync(cancellationToken);
                await using var transaction = await original.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
                await original.ExecuteAsync("set transaction read only");
                if (await HasTableAsync(original, "public.schema_journal", cancellationToken))
                    throw new OriginalException($"The database {setting.Database} is one of this system, not of the original: CONNECTION names where to read, Postgres__Connection where to write. {Form}");
                if (!await HasTableAsync(original, MembersTable, cancellationToken))
                    throw new OriginalException($"The database {setting.Database} is not one of the original: it has no table {MembersTable}. {Form}");
                return await ReadAsync(original, cancellationToken);
            }
        }
        catch (PostgresException refusal)
        {
            throw new OriginalException(refusal.SqlState switch
            {
                PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => $"The original's PostgreSQL does not let {setting.Username} in: check Username and Password. {Form}",
                PostgresErrorCodes.InvalidCatalogName => $"That server has no database {setting.Database}: check Database. {Form}",
                PostgresErrorCodes.InsufficientPrivilege => $"{setting.Username} may not read the original's tables: connect as the user that owns them (the original's POSTGRES_USER). {Form}",
                PostgresErrorCodes.UndefinedColumn => $"A table of that database has not the columns of the original (last changed in November 2019): {refusal.MessageText}.", // names columns, no values
                _ => $"The original's PostgreSQL failed (code {refusal.SqlState}): look into its log, then run this again; nothing was changed.",
            });
        }
        catch (NpgsqlException)
        {
            throw new OriginalException($"No PostgreSQL answers at {setting.Host}:{setting.Port}: is the original's database running, and its port open to this machine? {Form}");
        }
    }

    static (NpgsqlConnectionStringBuilder, NpgsqlDataSource) Open(string connection)
    {
        try
        {
            var setting = new NpgsqlConnectionStringBuilder(connection) { Pooling = false };
            return (setting, Postgres.Open(new() { Connection = setting.ConnectionString, MaxPoolSize = 1 }));
        }
        catch (Exception problem) when (problem is ArgumentException or FormatException or InvalidOperationException or InvalidCastException or OverflowException) // without the cause: it may quote the password
        {
            throw new OriginalException($"CONNECTION cannot be understood. {Form}");
        }
    }

    static async Task<OriginalDatabase> ReadAsync(NpgsqlConnection original, CancellationToken cancellationToken)
    {
        var members = await RowsAsync<OriginalMember>(original, MembersTable, $"select oh_id, access_token, refresh_token, token_expires from {MembersTable} order by oh_id", cancellationToken);
        var users = await RowsAsync<OriginalUser>(original, UsersTable, $"""
            select email, admin, allowed_projects, last_signin at time zone 'UTC' as last_signin, login_count, num_downloads, total_download_size_mb, deactivated,
                   deactivated_date at time zone 'UTC' as deactivated_date, created_ts at time zone 'UTC' as created_ts
              from {UsersTable} order by id
            """, cancellationToken);
        var applications = await RowsAsync<OriginalApplication>(original, ApplicationsTable, $"""
            select researcher_name, email, phone_number, project_requests, irb_approval, sponsor_organisation, request_description, application_processed, application_granted,
                   processed_date at time zone 'UTC' as processed_date, inserted_ts at time zone 'UTC' as inserted_ts
              from {ApplicationsTable} order by seq_id
            """, cancellationToken);
        var answers = await RowsAsync<string>(original, AnswersTable, $"select to_jsonb(m)::text from {AnswersTable} m order by seq_id", cancellationToken); // older ones lack a column
        var numbers = await RowsAsync<string>(original, "openaps.source_entities", "select id || ' ' || lower(name) from openaps.source_entities", cancellationToken) ?? [];
        return new(members!, users, applications, answers?.Select(Texts).ToList(), numbers.Contains("1 openaps data commons"));
    }

    static Dictionary<string, string?> Texts(string row)
    {
        using var json = JsonDocument.Parse(row);
        return json.RootElement.EnumerateObject().ToDictionary(column => column.Name, column => column.Value.ValueKind == JsonValueKind.Null ? null : column.Value.ToString());
    }

    static async Task<IReadOnlyList<T>?> RowsAsync<T>(NpgsqlConnection original, string table, string sql, CancellationToken cancellationToken) =>
        await HasTableAsync(original, table, cancellationToken) ? [.. await original.QueryAsync<T>(new CommandDefinition(sql, cancellationToken: cancellationToken))] : null;

    static Task<bool> HasTableAsync(NpgsqlConnection original, string table, CancellationToken cancellationToken) =>
        original.ExecuteScalarAsync<bool>(new CommandDefinition("select to_regclass(@table) is not null", new { table }, cancellationToken: cancellationToken));
}
