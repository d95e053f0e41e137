using Dapper;
using Npgsql;

namespace RegistrationSite;

/// <summary>How the copying of one participant goes, for their own page.</summary>
/// <param name="Outcome">Of the last run, as the ingester names it; "waiting" before the first.</param>
/// <param name="Changed">Whether something was changed on this site since the last run: the next one is due at once.</param>
public sealed record CopyState(string Outcome, DateTime? SucceededAt, DateTime? FailedSince, DateTime DueAt, bool Changed);

/// <param name="Records">In all files of the collection.</param>
public sealed record CopiedCollection(string Collection, int Files, long Records, long Bytes, DateTime? FirstAt, DateTime? LastAt);

/// <summary>Reads what the ingester wrote down.</summary>
public sealed class CopyStatus(NpgsqlDataSource db)
{
    /// <returns>Null until the ingester has seen the participant.</returns>
    public async Task<CopyState?> StateAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<CopyState>(new CommandDefinition("""
            select i.outcome, i.succeeded_at, i.failed_since, i.due_at, i.seen_change_at is distinct from p.changed_at as changed
              from ingest.participant i join register.participant p using (participant_id) where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken));
    }

    public async Task<IReadOnlyList<CopiedCollection>> CollectionsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<CopiedCollection>(new CommandDefinition("""
            select collection, count(*)::int as files, sum(records)::bigint as records, sum(bytes)::bigint as bytes, min(first_at) as first_at, max(last_at) as last_at
              from ingest.file where participant_id = @participantId and state = 'current'
             group by collection order by collection
            """, new { participantId }, cancellationToken: cancellationToken))];
    }
}
