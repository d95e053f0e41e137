using Dapper;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Takes back exports that name somebody who left or shares less, and removes files that nothing stands for any more.</summary>
public sealed class TakenBack(NpgsqlDataSource db, ExportFiles files, PortalOptions options, TimeProvider clock)
{
    /// <summary>A build in hand loses its lease, so that it can neither go on nor finish, and is begun again; it had no failure.</summary>
    const string Restart = """
        update portal.export
           set state = 'queued', fence = fence + 1, lease_owner = null, lease_until = null, due_at = now(), rows = 0, attempts = greatest(attempts - 1, 0)
         where state = 'building' and export_id in (select export_id from research.outdated_export)
        """;

    /// <summary>A finished one is gone for good, and asked for again under a new number as long as the access lasts.</summary>
    const string Withdraw = """
        with gone as (
            update portal.export set state = 'withdrawn'
             where state = 'ready' and export_id in (select export_id from research.outdated_export)
            returning export_id, user_id, grant_id, entity, format, from_day, to_day),
        again as (
            insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, replaces)
            select gone.user_id, grant_id, entity, format, from_day, to_day, export_id
              from gone join portal.access_grant g using (grant_id) join portal.app_users u on u.id = gone.user_id
             where g.revoked_at is null and g.expires_at > now() and not u.deactivated)
        insert into portal.audit (user_id, action, detail) select user_id, 'export withdrawn', 'export ' || export_id from gone
        """;

    const string Expire = "update portal.export set state = 'expired' where state = 'ready' and finished_at < @oldest";

    /// <summary>Whose records a file holds is forgotten with the file.</summary>
    const string Forget = """
        delete from portal.export_participant x using portal.export e
         where e.export_id = x.export_id and e.state not in ('building', 'ready')
        """;

    /// <returns>Exports begun again and exports withdrawn.</returns>
    public async Task<(int Restarted, int Withdrawn)> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var restarted = await connection.ExecuteAsync(new CommandDefinition(Restart, cancellationToken: cancellationToken));
        var withdrawn = await connection.ExecuteAsync(new CommandDefinition(Withdraw, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(Expire, new { oldest = clock.GetUtcNow() - options.KeepExports }, cancellationToken: cancellationToken));
        await DeleteFilesAsync(connection, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(Forget, cancellationToken: cancellationToken));
        return (restarted, withdrawn);
    }

    /// <summary>Files stay while their export is ready, or is being built under the lease they were made under: what a killed build left goes with its lease.</summary>
    async Task DeleteFilesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var found = files.List(); // before the exports are read: a file made later is not looked at
        var kept = (await connection.QueryAsync<(long ExportId, bool Ready, long Fence)>(new CommandDefinition("""
            select export_id, state = 'ready', fence from portal.export
             where export_id = any(@ids) and (state = 'ready' or state = 'building' and lease_until > now())
            """, new { ids = found.Select(file => file.ExportId).Distinct().ToArray() }, cancellationToken: cancellationToken))).ToDictionary(export => export.ExportId);
        foreach (var file in found)
            if (!kept.TryGetValue(file.ExportId, out var export) || file.Fence is { } fence && (export.Ready || fence != export.Fence))
                file.File.Delete();
    }
}
