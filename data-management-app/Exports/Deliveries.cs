using Dapper;
using DataManagementApp.Accounts;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>Writes down for participants which study was given files with records of theirs, and when: the table <c>portal.delivery</c>.</summary>
/// <remarks>An erasure waits for it, and what comes after the erasure finds nobody to write down.</remarks>
public sealed class Deliveries(NpgsqlDataSource db, Grants grants)
{
    /// <param name="resumed">It is a further part of a file.</param>
    /// <returns>False: the export is withdrawn, or about to be, and must not be given out.</returns>
    public async Task<bool> NoteAsync(long exportId, bool resumed, CancellationToken cancellationToken) => await NoteAsync("""
        with given as (
            select export_id, grant_id from portal.export
             where export_id = @exportId and state = 'ready' and export_id not in (select export_id from research.outdated_export where export_id = @exportId) for share),
        noted as (
            insert into portal.delivery as have (participant_id, grant_id, downloads)
            select participant_id, grant_id, 1 from given join portal.export_participant using (export_id)
                on conflict (participant_id, grant_id) do update set last_at = excluded.last_at, downloads = have.downloads + @downloads, elsewhere = true, told_at = null)
        select count(*) from given
        """, new { exportId, downloads = resumed ? 0 : 1 }, null, cancellationToken) == 1;

    /// <summary>Of one file of a release.</summary>
    /// <returns>False: its participant does not share as the release says any more, and the file must not be given out.</returns>
    public async Task<bool> NoteAsync(Grant grant, Release release, int number, bool resumed, CancellationToken cancellationToken) => await NoteAsync("""
        insert into portal.delivery as have (participant_id, grant_id, downloads, releases, elsewhere)
        select participant_id, @GrantId, 1, array[@Number], false from research.participant
         where participant_id = (select participant_id from portal.export_file where export_id = @ExportId and number = @file and withdrawn_at is null)
           and participant_id not in (select participant_id from portal.outdated_participant where export_id = @ExportId)
            on conflict (participant_id, grant_id) do update
           set last_at = excluded.last_at, downloads = have.downloads + @downloads, releases = case when @Number = any(have.releases) then have.releases else have.releases || @Number end, told_at = null
        returning 1
        """, new { grant.GrantId, release.ExportId, release.Number, file = number, downloads = resumed ? 0 : 1 }, grant, cancellationToken) == 1;

    /// <param name="participants">Whose records are in a file that was made outside the queue.</param>
    /// <exception cref="ConsentChangedException">One of them does not share with the grant's commons any more: the file must not be given out.</exception>
    public async Task NoteAsync(Grant grant, IReadOnlySet<long> participants, CancellationToken cancellationToken)
    {
        if (await NoteAsync("""
            with noted as (
                insert into portal.delivery as have (participant_id, grant_id, downloads)
                select participant_id, @GrantId, 1 from research.participant where participant_id = any(@participants)
                    on conflict (participant_id, grant_id) do update set last_at = excluded.last_at, downloads = have.downloads + 1, elsewhere = true, told_at = null
                returning 1)
            select count(*) from noted
            """, new { grant.GrantId, participants = participants.ToArray() }, grant, cancellationToken) < participants.Count)
            throw new ConsentChangedException();
    }

    async Task<int> NoteAsync(string sql, object parameters, Grant? grant, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.ShareInTransactionAsync(connection, AdvisoryLock.Newcomers, cancellationToken);
        if (grant is not null)
            await grants.NameAsync(grant, connection, cancellationToken);
        var noted = await connection.ExecuteScalarAsync<int>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return noted;
    }
}
