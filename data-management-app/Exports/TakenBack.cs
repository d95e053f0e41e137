using Dapper;
using DataManagementApp.Mails;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Takes back exports that name somebody who left or shares less, and removes files that nothing stands for any more.</summary>
public sealed class TakenBack(NpgsqlDataSource db, ExportFiles files, PortalMails mails, PortalOptions options, TimeProvider clock)
{
    /// <summary>A build in hand loses its lease, so that it can neither go on nor finish, and is begun again; it had no failure. What is complete of it goes too: it may hold who left.</summary>
    const string Restart = """
        with again as (
            update portal.export
               set state = 'queued', fence = fence + 1, lease_owner = null, lease_until = null, due_at = now(), rows = 0, content_bytes = 0, attempts = greatest(attempts - 1, 0)
             where state in ('queued', 'building') and export_id in (select export_id from research.outdated_export)
            returning export_id),
        files as (delete from portal.export_file where export_id in (select export_id from again))
        delete from portal.export_participant where export_id in (select export_id from again)
        returning export_id
        """;

    /// <summary>A finished one is gone for good, and asked for again under a new number as long as the access lasts.</summary>
    const string Withdraw = """
        with gone as (
            update portal.export set state = 'withdrawn'
             where state = 'ready' and export_id in (select export_id from research.outdated_export) and export_id not in (select export_id from portal.release)
            returning export_id, user_id, grant_id, entity, format, from_day, to_day, commons, min_days, columns, per_participant),
        again as (
            insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, commons, min_days, columns, per_participant, replaces)
            select gone.user_id, grant_id, entity, format, from_day, to_day, commons, min_days, columns, per_participant, export_id
              from gone join portal.access_grant g using (grant_id) join portal.app_users u on u.id = gone.user_id
             where g.revoked_at is null and g.expires_at > now() and not u.deactivated),
        noted as (insert into portal.audit (user_id, action, detail) select user_id, 'export withdrawn', 'export ' || export_id from gone)
        select user_id from gone
        """;

    /// <summary>Of a release the files of who withdrew go, and its version grows. Who had files of theirs is to hear of it.</summary>
    const string WithdrawFromReleases = """
        with gone as (
            delete from portal.export_participant x using portal.release r, portal.export e, portal.outdated_participant o
             where r.export_id = x.export_id and e.export_id = x.export_id and e.state = 'ready' and o.export_id = x.export_id and o.participant_id = x.participant_id
            returning x.export_id, x.participant_id),
        files as (
            update portal.export_file f set withdrawn_at = now(), participant_id = null
              from gone where f.export_id = gone.export_id and f.participant_id = gone.participant_id),
        versions as (
            update portal.release set minor = minor + 1, changed_at = now() where export_id in (select export_id from gone)
            returning number, minor, export_id),
        noted as (insert into portal.audit (action, detail) select 'release reissued', number || '.' || minor from versions)
        select distinct v.number, g.user_id
          from versions v left join gone using (export_id)
          left join portal.delivery d on d.participant_id = gone.participant_id and v.number = any(d.releases)
          left join portal.access_grant g using (grant_id)
        """;

    /// <summary>Studies that hold copies of who does not share with them any more, whatever became of the file; each is told once. Who withdrew after the files were looked at is told of with the next beat, which takes the files.</summary>
    const string TellHolders = """
        update portal.delivery d set told_at = now()
          from portal.uncovered_delivery u
         where u.participant_id = d.participant_id and u.grant_id = d.grant_id and d.told_at is null
           and d.participant_id not in (select participant_id from portal.outdated_participant)
        returning u.user_id, d.elsewhere
        """;

    const string Expire = "update portal.export set state = 'expired' where state = 'ready' and finished_at < @oldest and export_id not in (select export_id from portal.release)";

    /// <summary>Whose records a file holds is forgotten with the file. In one statement and under the lock of the export: who asks for it again waits, and finds neither.</summary>
    const string Forget = """
        with gone as materialized (
            select export_id from portal.export e
             where state not in ('queued', 'building', 'ready')
               and (exists (select from portal.export_file f where f.export_id = e.export_id) or exists (select from portal.export_participant p where p.export_id = e.export_id))
               for update),
        files as (delete from portal.export_file where export_id in (select export_id from gone))
        delete from portal.export_participant where export_id in (select export_id from gone)
        """;

    /// <returns>Exports begun again and exports withdrawn.</returns>
    public async Task<(int Restarted, int Withdrawn)> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var restarted = (await connection.QueryAsync<long>(new CommandDefinition(Restart, cancellationToken: cancellationToken))).Distinct().Count();
        var withdrawn = await WithdrawAsync(connection, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(Expire, new { oldest = clock.GetUtcNow() - options.KeepExports }, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(Forget, cancellationToken: cancellationToken));
        await DeleteFilesAsync(connection, cancellationToken);
        return (restarted, withdrawn);
    }

    /// <summary>Who has files is told in the transaction in which they are withdrawn, and a release that changed is described anew.</summary>
    async Task<int> WithdrawAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var owners = (await connection.QueryAsync<long>(new CommandDefinition(Withdraw, cancellationToken: cancellationToken))).ToList();
        var reissued = (await connection.QueryAsync<(int Release, long? UserId)>(new CommandDefinition(WithdrawFromReleases, cancellationToken: cancellationToken))).ToList();
        foreach (var release in reissued.Select(reader => reader.Release).Distinct())
            await ReleaseTexts.WriteAsync(connection, release, cancellationToken);
        foreach (var owner in owners.Distinct())
            await mails.WithdrawalAsync(connection, owner, cancellationToken);
        foreach (var (release, reader) in reissued)
            if (reader is { } userId)
                await mails.ReissuedAsync(connection, release, userId, cancellationToken);
        var readers = reissued.Select(reader => reader.UserId ?? 0).ToHashSet();
        foreach (var holder in (await connection.QueryAsync<(long UserId, bool Elsewhere)>(new CommandDefinition(TellHolders, cancellationToken: cancellationToken)))
            .Where(holder => !owners.Contains(holder.UserId) && (holder.Elsewhere || !readers.Contains(holder.UserId))).Select(holder => holder.UserId).Distinct().ToList()) // the others have just been told
            await mails.CopiesAsync(connection, holder, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return owners.Count;
    }

    /// <summary>Complete files stay while their export waits, is being built or is ready; others as long as the lease lasts that they are made under. What a killed build left goes with its lease.</summary>
    async Task DeleteFilesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var found = files.List(); // before the exports are read: a file made later is not looked at
        var ids = found.Select(file => file.ExportId).Distinct().ToArray();
        var kept = (await connection.QueryAsync<(long, int?, long)>(new CommandDefinition("""
            select export_id, number, fence from portal.export_file where export_id = any(@ids) and withdrawn_at is null
             union all
            select export_id, null, fence from portal.export where export_id = any(@ids) and state = 'building' and lease_until > now()
            """, new { ids }, cancellationToken: cancellationToken))).ToHashSet();
        foreach (var file in found)
            if (!kept.Contains((file.ExportId, file.Number, file.Fence)) && !kept.Contains((file.ExportId, null, file.Fence)))
                ExportFiles.Delete(file);
    }
}
