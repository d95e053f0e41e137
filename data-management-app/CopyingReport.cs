using System.Data;
using Dapper;
using Npgsql;

namespace DataManagementApp;

/// <summary>The queue as it is now.</summary>
/// <param name="Running">Being copied now.</param>
/// <param name="Waiting">Due, and not begun.</param>
/// <param name="WaitingSince">How long the first of those has waited.</param>
/// <param name="Importing">Their first import is not complete, or has not begun.</param>
/// <param name="Failing">Their last run did not succeed.</param>
public sealed record CopyingQueue(int Participants, int Running, int Waiting, DateTime? WaitingSince, int Importing, int Failing);

/// <summary>What all runs of the last 24 hours did.</summary>
/// <param name="SecondsMedian">Null without a run; so is <paramref name="Seconds95"/>, which 5 % of the runs exceed.</param>
public sealed record CopyingTotals(
    int Runs, int Succeeded, long Records, long Files, long BytesUp, long BytesDown, long SiteBytes, long Requests, double? SecondsMedian, double? Seconds95);

/// <param name="Since">Failures: when the longest of them began. Successes: the one longest ago.</param>
public sealed record OutcomeRow(string Outcome, int Participants, bool Failing, DateTime? Since);

/// <param name="Problem">What failed, in words without address, token or content.</param>
/// <param name="Failures">In a row.</param>
public sealed record FailingRow(long ParticipantId, string Outcome, string? Problem, DateTime FailedSince, int Failures, DateTime? SucceededAt, DateTime DueAt);

/// <summary>A run as it was written down.</summary>
public sealed record RunRow(
    long ParticipantId, string Outcome, string? Problem, DateTime EndedAt, double Seconds, long RecordsRead, int FilesWritten, long BytesUp, long BytesDown, long SiteBytes, int Requests, DateTime? DueAt);

/// <summary>A site whose clock is off.</summary>
/// <param name="Seconds">By how much it is ahead of ours; negative: behind.</param>
public sealed record SkewedRow(long ParticipantId, int Seconds, DateTime SeenAt);

/// <summary>How the copying goes, for administrators. Reads what the ingester wrote down: participants are numbers here, and there is no address.</summary>
public sealed record CopyingReport(CopyingQueue Queue, CopyingTotals Totals, IReadOnlyList<OutcomeRow> Outcomes, IReadOnlyList<FailingRow> Failing, IReadOnlyList<RunRow> Runs, IReadOnlyList<SkewedRow> Skewed)
{
    /// <summary>Most participants, and runs, listed at once.</summary>
    public const int Longest = 50;

    const string Queued = """
        select count(*)::int as participants, (count(*) filter (where lease_until > now()))::int as running,
               (count(*) filter (where due_at <= now() and (lease_until is null or lease_until <= now())))::int as waiting,
               min(due_at) filter (where due_at <= now() and (lease_until is null or lease_until <= now())) as waiting_since,
               (count(*) filter (where not exists (select from ingest.cursor c where c.participant_id = p.participant_id)
                                    or exists (select from ingest.cursor c where c.participant_id = p.participant_id and imported_all_at is null)))::int as importing,
               (count(*) filter (where failed_since is not null))::int as failing
          from ingest.participant p
        """;

    const string Moved = """
        select count(*)::int as runs, (count(*) filter (where outcome = 'success'))::int as succeeded, coalesce(sum(records_read), 0)::bigint as records,
               coalesce(sum(files_written), 0)::bigint as files, coalesce(sum(bytes_up), 0)::bigint as bytes_up, coalesce(sum(bytes_down), 0)::bigint as bytes_down,
               coalesce(sum(site_bytes), 0)::bigint as site_bytes, coalesce(sum(requests), 0)::bigint as requests,
               percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)) as seconds_median,
               percentile_cont(0.95) within group (order by extract(epoch from ended_at - started_at)) as seconds95
          from ingest.run where ended_at > now() - interval '24 hours'
        """;

    const string ByOutcome = """
        select outcome, count(*)::int as participants, bool_or(failed_since is not null) as failing, min(coalesce(failed_since, succeeded_at)) as since
          from ingest.participant group by outcome order by participants desc, outcome
        """;

    const string FailingLongest = """
        select participant_id, p.outcome, r.problem, p.failed_since, p.failures, p.succeeded_at, p.due_at
          from ingest.participant p
          left join lateral (select problem from ingest.run where participant_id = p.participant_id order by run_id desc limit 1) r on true
         where failed_since is not null and (@outcome is null or p.outcome = @outcome)
         order by failed_since, participant_id limit @Longest
        """;

    const string LastRuns = """
        select participant_id, outcome, problem, ended_at, extract(epoch from ended_at - started_at)::float8 as seconds, records_read, files_written, bytes_up, bytes_down, site_bytes, requests, due_at
          from ingest.run order by run_id desc limit @Longest
        """;

    const string ClocksOff = """
        select participant_id, clock_skew_seconds as seconds, clock_seen_at as seen_at
          from ingest.participant where clock_seen_at > now() - interval '1 day' and abs(clock_skew_seconds) > 300
         order by abs(clock_skew_seconds) desc, participant_id limit @Longest
        """;

    /// <param name="outcome">List only those whose last run ended so; null: all that fail.</param>
    public static async Task<CopyingReport> ReadAsync(NpgsqlDataSource db, string? outcome, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken); // the numbers belong together
        return new(
            await connection.QuerySingleAsync<CopyingQueue>(new CommandDefinition(Queued, cancellationToken: cancellationToken)),
            await connection.QuerySingleAsync<CopyingTotals>(new CommandDefinition(Moved, cancellationToken: cancellationToken)),
            [.. await connection.QueryAsync<OutcomeRow>(new CommandDefinition(ByOutcome, cancellationToken: cancellationToken))],
            [.. await connection.QueryAsync<FailingRow>(new CommandDefinition(FailingLongest, new { outcome, Longest }, cancellationToken: cancellationToken))],
            [.. await connection.QueryAsync<RunRow>(new CommandDefinition(LastRuns, new { Longest }, cancellationToken: cancellationToken))],
            [.. await connection.QueryAsync<SkewedRow>(new CommandDefinition(ClocksOff, new { Longest }, cancellationToken: cancellationToken))]);
    }
}
