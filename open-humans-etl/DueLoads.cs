using Dapper;
using Npgsql;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>Why a participant's load ended.</summary>
public enum Outcome
{
    Loaded,
    /// <summary>Nothing is shared; what had been loaded is removed by <see cref="WithdrawalJob"/>.</summary>
    NotShared,
    /// <summary>The consent file is gone: hidden, and removed when it is still gone a day later.</summary>
    ConsentFileMissing,
    /// <summary>The participant changed what they share while their account was read.</summary>
    ConsentChanged,
    Suspended,
    /// <summary>The participant was erased meanwhile.</summary>
    Erased,
    SignInAgain,
    FileDamaged,
    OpenHumansTemporary,
    LeaseLost,
    Stopped,
    /// <summary>A fault of ours: the operator has to look.</summary>
    Unexpected,
}

/// <summary>How a load ended, as administrators read it.</summary>
public sealed record EndedLoad(Outcome Outcome, TimeSpan Took, int Files, LoadCounts Counts);

/// <summary>The queue <c>openaps.load_state</c>: who is due, and who has it in hand.</summary>
public sealed class DueLoads(NpgsqlDataSource db, EtlOptions options)
{
    /// <summary>Everybody takes part; who has new files, or changed something, is due at once.</summary>
    static readonly string Enrol = $"""
        select pg_advisory_xact_lock_shared({AdvisoryLock.Newcomers});
        insert into openaps.load_state (participant_id)
        select participant_id from register.participant join register.open_humans_token using (participant_id) -- who is signing in at this moment has no tokens yet
            on conflict do nothing;
        update openaps.load_state l set due_at = now()
          from register.participant p
         where p.participant_id = l.participant_id and l.due_at > now() and l.seen_change_at is distinct from p.changed_at;
        update openaps.load_state l set due_at = now()
          from (select participant_id, max(file_id) as file_id from ingest.file
                 where state = 'current' and current_at > now() - interval '2 days' group by participant_id) as news
         where news.participant_id = l.participant_id and l.due_at > now() and news.file_id > l.seen_file_id and l.failed_since is null; -- who failed has a pause
        """;

    /// <summary>Gives a participant their row in the queue, if they have none.</summary>
    public async Task EnrolAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition($"""
            select pg_advisory_xact_lock_shared({AdvisoryLock.Newcomers});
            insert into openaps.load_state (participant_id)
            select participant_id from register.participant where participant_id = @participantId
                on conflict do nothing;
            """, new { participantId }, cancellationToken: cancellationToken));
    }

    public Leases Leases { get; } = new(db, "openaps.load_state", "participant_id", "true", options.Lease);

    public async Task<IReadOnlyList<Lease>> ClaimAsync(int most, CancellationToken cancellationToken)
    {
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            await connection.ExecuteAsync(new CommandDefinition(Enrol, cancellationToken: cancellationToken));
        return await Leases.ClaimAsync(most, cancellationToken);
    }

    /// <summary>The newest file the ingester has made current: what a listing that starts now will show.</summary>
    public async Task<long> NewestFileAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select coalesce(max(file_id), 0) from ingest.file where participant_id = @participantId and state = 'current'", new { participantId }, cancellationToken: cancellationToken));
    }

    /// <summary>Records how a load ended and when the next one is due, and gives the participant back. Runs are kept for a month.</summary>
    /// <param name="seenFileId">Null: the listing was not complete.</param>
    public async Task EndAsync(Lease lease, EndedLoad end, DateTimeOffset due, DateTime? seenChangeAt, long? seenFileId, CancellationToken cancellationToken)
    {
        var success = end.Outcome is Outcome.Loaded or Outcome.NotShared;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            await connection.ExecuteAsync(new CommandDefinition("""
                with ended as (
                    update openaps.load_state
                       set outcome = @outcome, seen_change_at = coalesce(@seenChangeAt, seen_change_at), seen_file_id = coalesce(@seenFileId, seen_file_id),
                           listed_at = case when @seenFileId is null then listed_at else now() end,
                           succeeded_at = case when @success then now() else succeeded_at end,
                           failed_since = case when @success then null else coalesce(failed_since, now()) end
                     where participant_id = @Key and fence = @Fence returning participant_id)
                insert into openaps.load_run (participant_id, outcome, started_at, files, lines_read, rows_loaded, rows_unchanged, rows_quarantined)
                select participant_id, @outcome, now() - @Took, @Files, @Read, @Loaded, @Unchanged, @Quarantined from ended; -- of who is gone nothing is written
                delete from openaps.load_run where participant_id = @Key and ended_at < now() - interval '30 days';
                """, new
            {
                lease.Key,
                lease.Fence,
                outcome = end.Outcome.ToString(),
                success,
                seenChangeAt,
                seenFileId,
                end.Took,
                end.Files,
                end.Counts.Read,
                end.Counts.Loaded,
                end.Counts.Unchanged,
                end.Counts.Quarantined,
            }, cancellationToken: cancellationToken));
        await Leases.ReleaseAsync(lease, due, cancellationToken);
    }
}
