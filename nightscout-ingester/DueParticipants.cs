using System.Diagnostics;
using Dapper;
using Npgsql;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>The queue <c>ingest.participant</c>: who is due, and who has it in hand.</summary>
public sealed class DueParticipants(NpgsqlDataSource db, IngestOptions options)
{
    /// <summary>Whoever signed in is copied; who changed something is due at once, whatever was planned.</summary>
    static readonly string Enrol = $"""
        select pg_advisory_xact_lock_shared({AdvisoryLock.Newcomers});
        insert into ingest.participant (participant_id)
        select participant_id from register.open_humans_token t
         where not exists (select from ingest.participant i where i.participant_id = t.participant_id)
            on conflict do nothing;
        update ingest.participant i set due_at = now()
          from register.participant p
         where p.participant_id = i.participant_id and i.due_at > now() and i.seen_change_at is distinct from p.changed_at;
        """;

    /// <summary>Pausing takes the lease of a run in hand away (<c>register.pause</c>); this keeps it from being claimed again, or kept by who claimed it at that very moment.</summary>
    public const string NotPaused = "not exists (select from register.participant p where p.participant_id = ingest.participant.participant_id and p.paused_at is not null)";

    /// <summary>Until a collection that was refused is asked for again: its owner may have changed the role. Less than a day, so that a daily run finds it over.</summary>
    static readonly TimeSpan AskAgainAfter = TimeSpan.FromHours(20);

    public Leases Leases { get; } = new(db, "ingest.participant", "participant_id", NotPaused, options.Lease);

    long _enrolled;

    /// <summary>Claims who is due; newcomers are looked for once a beat.</summary>
    public async Task<IReadOnlyList<Lease>> ClaimAsync(int most, CancellationToken cancellationToken)
    {
        if (_enrolled == 0 || Stopwatch.GetElapsedTime(_enrolled) >= options.Beat)
            await EnrolAsync(cancellationToken);
        return await Leases.ClaimAsync(most, cancellationToken);
    }

    public async Task EnrolAsync(CancellationToken cancellationToken)
    {
        _enrolled = Stopwatch.GetTimestamp();
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(Enrol, cancellationToken: cancellationToken));
    }

    /// <summary>One reader at a time per site, over all replicas: the site is ours as long as the lease is.</summary>
    /// <param name="key">Hash of the site.</param>
    /// <returns>False: another participant's run reads it.</returns>
    public Task<bool> TakeSiteAsync(Lease lease, long key, CancellationToken cancellationToken) =>
        Leases.CommitAsync(lease, async connection =>
        {
            await AdvisoryLock.TakeInTransactionAsync(connection, key, cancellationToken); // two that ask at the same moment
            return await connection.ExecuteAsync(new CommandDefinition("""
                update ingest.participant set site_key = @key
                 where participant_id = @participant and not exists (
                       select from ingest.participant other where other.site_key = @key and other.participant_id <> @participant and other.lease_until > now())
                """, new { key, participant = lease.Key }, cancellationToken: cancellationToken)) == 1;
        }, cancellationToken);

    /// <summary>What earlier runs learnt of the participant.</summary>
    public async Task LoadAsync(Run run, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var (zone, historyFrom, refused, refusedAt) = await connection.QuerySingleAsync<(string?, DateOnly, string[], DateTime?)>(new CommandDefinition(
            "select zone, history_from, refused, refused_at from ingest.participant where participant_id = @ParticipantId", new { run.ParticipantId }, cancellationToken: cancellationToken));
        (run.LocalDays, run.HistoryFrom) = (new(zone), historyFrom);
        if (refusedAt > run.Participant.ChangedAt)
            (run.Refused, run.RefusedAt) = ([.. refused.Where(what => what == Run.ApiV3 || run.Started.UtcDateTime - refusedAt < AskAgainAfter)], refusedAt);
    }

    /// <summary>Records how a run ended and when the next one is due, and gives the participant back.</summary>
    /// <param name="problem">What failed, in words without address, token or content.</param>
    /// <param name="run">Null: it ended before the participant was found.</param>
    /// <param name="wait">From the failures in a row to the pause before the next run.</param>
    public async Task EndAsync(
        Lease lease, IngestOutcome outcome, string? problem, DateTimeOffset started, Run? run, Func<int, TimeSpan> wait, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (totals, success) = (outcome.Totals, outcome.Cause == Cause.Success);
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var failures = success ? 0 : 1 + await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select failures from ingest.participant where participant_id = @Key", new { lease.Key }, cancellationToken: cancellationToken));
        var due = clock.GetUtcNow() + wait(failures);
        await connection.ExecuteAsync(new CommandDefinition("""
            with ended as (
                update ingest.participant
                   set outcome = @outcome, site = case when @suspended then null else site end, refused = coalesce(@refused, refused), refused_at = @refusedAt, seen_change_at = coalesce(@seenChangeAt, seen_change_at),
                       succeeded_at = case when @success then now() else succeeded_at end, failures = @failures, site_key = null, due_at = @due, lease_owner = null, lease_until = null,
                       failed_since = case when @success then null else coalesce(failed_since, now()) end,
                       clock_skew_seconds = coalesce(@skew::int, clock_skew_seconds), clock_seen_at = case when @skew::int is null then clock_seen_at else now() end
                 where participant_id = @Key and fence = @Fence
                returning participant_id)
            insert into ingest.run (participant_id, started_at, ended_at, outcome, problem, records_read, files_written, bytes_up, bytes_down, requests, site_bytes, due_at)
            select participant_id, @started, @now, @outcome, @problem, @RecordsRead, @FilesWritten, @BytesUp, @BytesDown, @Requests, @Bytes, @due from ended
            """, new
        {
            lease.Key,
            lease.Fence,
            outcome = outcome.Cause.Name(),
            problem,
            success,
            failures,
            suspended = outcome.Cause == Cause.Suspended,
            seenChangeAt = run?.Participant.ChangedAt,
            refused = run?.Refused.ToArray(),
            run?.RefusedAt,
            skew = totals.Visit.ClockSkew is { } ahead ? (int?)Math.Round(Math.Clamp(ahead.TotalSeconds, int.MinValue, int.MaxValue)) : null,
            started,
            due,
            now = clock.GetUtcNow(),
            totals.RecordsRead,
            totals.FilesWritten,
            totals.BytesUp,
            totals.BytesDown,
            totals.Visit.Requests,
            totals.Visit.Bytes,
        }, cancellationToken: cancellationToken));
    }
}
