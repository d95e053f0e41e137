using Dapper;
using Npgsql;
using ServiceDefaults;

namespace NightscoutIngester;

/// <param name="ImportedFrom">Every day from this one on has been copied.</param>
/// <param name="ImportedAllAt">When the site was proven to hold nothing older; null while the first import goes on.</param>
/// <param name="ReadAt">Start of the last forward read that ended well.</param>
/// <param name="ReadWeekAt">Start of the last weekly read.</param>
public sealed record Cursor(DateOnly ImportedFrom, DateTime? ImportedAllAt, DateTime ReadAt, DateTime ReadWeekAt);

/// <summary>The table <c>ingest.cursor</c>: moved only after what was read is on Open Humans.</summary>
public sealed class Cursors(NpgsqlDataSource db, DueParticipants due)
{
    public async Task<Cursor?> FindAsync(long participantId, string collection, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Cursor>(new CommandDefinition("""
            select imported_from, imported_all_at, read_at, read_week_at
              from ingest.cursor where participant_id = @participantId and collection = @collection
            """, new { participantId, collection }, cancellationToken: cancellationToken));
    }

    /// <exception cref="LeaseLostException">Another replica has the participant now.</exception>
    public Task SaveAsync(Lease lease, string collection, Cursor cursor, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            insert into ingest.cursor (participant_id, collection, imported_from, imported_all_at, read_at, read_week_at)
            values (@Key, @collection, @ImportedFrom, @ImportedAllAt, @ReadAt, @ReadWeekAt)
                on conflict (participant_id, collection) do update
               set imported_from = excluded.imported_from, imported_all_at = excluded.imported_all_at, read_at = excluded.read_at,
                   read_week_at = excluded.read_week_at
            """, new { lease.Key, collection, cursor.ImportedFrom, cursor.ImportedAllAt, cursor.ReadAt, cursor.ReadWeekAt }, cancellationToken: cancellationToken)), cancellationToken);
}
