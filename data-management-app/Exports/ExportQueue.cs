using Dapper;
using DataManagementApp.Accounts;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>An export as its owner sees it.</summary>
/// <param name="State">queued, building, ready, failed, withdrawn (somebody in it left or shares less) or expired (kept long enough).</param>
/// <param name="Problem">Why it failed, in words for its owner.</param>
public sealed record ExportRow(
    long ExportId, long UserId, long GrantId, string Entity, string Format, DateOnly FromDay, DateOnly ToDay, string State, long Rows, long? Bytes, byte[]? Sha256, string? Problem,
    DateTime RequestedAt, DateTime? FinishedAt, int Attempts)
{
    public ExportRequest Request => new(Entity, Format, FromDay, ToDay);

    public string FileName => $"{Entity}_{FromDay:yyyy-MM-dd}_{ToDay:yyyy-MM-dd}_{Format}.zip";
}

/// <summary>The table <c>portal.export</c>.</summary>
public sealed class ExportQueue(NpgsqlDataSource db, Grants grants)
{
    const string Columns = "export_id, user_id, grant_id, entity, format, from_day, to_day, state, rows, bytes, sha256, problem, requested_at, finished_at, attempts";

    public Leases Leases { get; } = new(db, "portal.export", "export_id", "state in ('queued', 'building')", TimeSpan.FromMinutes(2));

    public async Task<long> AddAsync(Grant grant, ExportRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.export (user_id, grant_id, entity, format, from_day, to_day)
            values (@UserId, @GrantId, @Entity, @Format, @From, @To)
            returning export_id
            """, new { grant.UserId, grant.GrantId, request.Entity, request.Format, request.From, request.To }, cancellationToken: cancellationToken));
    }

    /// <summary>The newest exports of a user, newest first.</summary>
    public async Task<IReadOnlyList<ExportRow>> OfUserAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<ExportRow>(new CommandDefinition(
            $"select {Columns} from portal.export where user_id = @userId order by export_id desc limit 50", new { userId }, cancellationToken: cancellationToken))];
    }

    public async Task<ExportRow?> FindAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ExportRow>(new CommandDefinition(
            $"select {Columns} from portal.export where export_id = @exportId", new { exportId }, cancellationToken: cancellationToken));
    }

    /// <summary>Whether it names somebody who left, or who shares less than it says.</summary>
    public async Task<bool> IsOutdatedAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from research.outdated_export where export_id = @exportId)", new { exportId }, cancellationToken: cancellationToken));
    }

    /// <summary>The export that was asked for in place of a withdrawn one; null when there is none.</summary>
    public async Task<ExportRow?> ReplacementAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ExportRow>(new CommandDefinition(
            $"select {Columns} from portal.export where replaces = @exportId", new { exportId }, cancellationToken: cancellationToken));
    }

    /// <summary>Writes down who may be in the file before anything of it is written, so that a withdrawal finds it.</summary>
    public Task<IReadOnlyList<Covered>> HoldAsync(Lease lease, Grant grant, CancellationToken cancellationToken) => Leases.CommitAsync<IReadOnlyList<Covered>>(lease, async connection =>
    {
        await AdvisoryLock.ShareInTransactionAsync(connection, AdvisoryLock.Newcomers, cancellationToken);
        await grants.NameAsync(grant, connection, cancellationToken);
        return [.. await connection.QueryAsync<Covered>(new CommandDefinition("""
            delete from portal.export_participant where export_id = @Key;
            with covered as (select participant_id, source_entity, consent_id from research.participant),
                 held as (insert into portal.export_participant (export_id, participant_id, source_entity) select @Key, participant_id, source_entity from covered)
            select participant_id, source_entity, consent_id from covered order by participant_id
            """, new { lease.Key }, cancellationToken: cancellationToken))];
    }, cancellationToken);

    public Task StartAsync(Lease lease, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set state = 'building', attempts = attempts + 1, rows = 0, started_at = now() where export_id = @Key", new { lease.Key }, cancellationToken);

    public Task ProgressAsync(Lease lease, long rows, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set rows = @rows where export_id = @Key", new { lease.Key, rows }, cancellationToken);

    /// <param name="counts">False: nothing failed, somebody changed their mind.</param>
    public Task RetryAsync(Lease lease, bool counts, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set state = 'queued', lease_until = now(), attempts = attempts - case when @counts then 0 else 1 end where export_id = @Key", new { lease.Key, counts }, cancellationToken);

    public Task FailAsync(Lease lease, string problem, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set state = 'failed', problem = @problem, finished_at = now() where export_id = @Key", new { lease.Key, problem }, cancellationToken);

    /// <param name="keep">Puts the file in its place: only while the lease is ours, and before anybody is told of it.</param>
    public Task FinishAsync(Lease lease, ExportTotals totals, long bytes, byte[] sha256, Action keep, CancellationToken cancellationToken) => ChangeAsync(lease, """
        delete from portal.export_participant where export_id = @Key and participant_id <> all(@participants);
        update portal.export set state = 'ready', rows = @Rows, bytes = @bytes, sha256 = @sha256, finished_at = now() where export_id = @Key;
        """, new { lease.Key, totals.Rows, bytes, sha256, participants = totals.Participants.ToArray() }, cancellationToken, keep);

    Task<int> ChangeAsync(Lease lease, string sql, object parameters, CancellationToken cancellationToken, Action? alongside = null) => Leases.CommitAsync(lease, async connection =>
    {
        var changed = await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
        alongside?.Invoke();
        return changed;
    }, cancellationToken);
}
