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
    public Task NoteAsync(long exportId, bool resumed, CancellationToken cancellationToken) => NoteAsync("""
        insert into portal.delivery as have (participant_id, grant_id, downloads)
        select participant_id, grant_id, 1 from portal.export_participant join portal.export using (export_id) where export_id = @exportId and state = 'ready'
            on conflict (participant_id, grant_id) do update set last_at = excluded.last_at, downloads = have.downloads + @downloads
        """, new { exportId, downloads = resumed ? 0 : 1 }, null, cancellationToken);

    /// <summary>Of one file of a release.</summary>
    /// <returns>False: its participant does not share with the grant's commons any more, and the file must not be given out.</returns>
    public async Task<bool> NoteAsync(Grant grant, long exportId, int number, bool resumed, CancellationToken cancellationToken) => await NoteAsync("""
        insert into portal.delivery as have (participant_id, grant_id, downloads)
        select participant_id, @GrantId, 1 from research.participant
         where participant_id = (select participant_id from portal.export_file where export_id = @exportId and number = @number and withdrawn_at is null)
            on conflict (participant_id, grant_id) do update set last_at = excluded.last_at, downloads = have.downloads + @downloads
        """, new { grant.GrantId, exportId, number, downloads = resumed ? 0 : 1 }, grant, cancellationToken) == 1;

    /// <param name="participants">Whose records are in a file that was made outside the queue.</param>
    public Task NoteAsync(Grant grant, IEnumerable<long> participants, CancellationToken cancellationToken) => NoteAsync("""
        insert into portal.delivery as have (participant_id, grant_id, downloads)
        select participant_id, @GrantId, 1 from research.participant where participant_id = any(@participants)
            on conflict (participant_id, grant_id) do update set last_at = excluded.last_at, downloads = have.downloads + 1
        """, new { grant.GrantId, participants = participants.ToArray() }, grant, cancellationToken);

    async Task<int> NoteAsync(string sql, object parameters, Grant? grant, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.ShareInTransactionAsync(connection, AdvisoryLock.Newcomers, cancellationToken);
        if (grant is not null)
            await grants.NameAsync(grant, connection, cancellationToken);
        var noted = await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return noted;
    }
}
