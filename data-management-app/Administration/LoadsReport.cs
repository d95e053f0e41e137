using System.Data;
using Dapper;
using Npgsql;

namespace DataManagementApp.Administration;

/// <summary>The queue of loads as it is now, and what the last 24 hours did.</summary>
public sealed record LoadTotals(int Participants, int Running, int Waiting, int Failing, long Files, long RowsLoaded, long RowsQuarantined);

/// <param name="Since">Failures: when the longest of them began; else the success longest ago.</param>
public sealed record LoadOutcome(string Outcome, int Participants, bool Failing, DateTime? Since);

public sealed record FailingLoad(long ParticipantId, string Outcome, DateTime FailedSince, DateTime? SucceededAt, DateTime DueAt, bool Running);

/// <summary>A load as it was written down.</summary>
/// <param name="DueAt">When the next one is.</param>
public sealed record LoadRun(long ParticipantId, string Outcome, DateTime EndedAt, double Seconds, int Files, long LinesRead, long RowsLoaded, long RowsUnchanged, long RowsQuarantined, DateTime DueAt);

/// <summary>How loading into the warehouse goes, for administrators; participants are numbers.</summary>
public sealed record LoadsReport(LoadTotals Totals, IReadOnlyList<LoadOutcome> Outcomes, IReadOnlyList<FailingLoad> Failing, IReadOnlyList<LoadRun> Runs)
{
    /// <summary>Most participants, and loads, listed at once.</summary>
    public const int Longest = 50;

    public static async Task<LoadsReport> ReadAsync(NpgsqlDataSource db, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken); // the numbers belong together
        return new(
            await connection.QuerySingleAsync<LoadTotals>(new CommandDefinition("""
                select count(participant_id)::int as participants, (count(*) filter (where running))::int as running, (count(*) filter (where due_at <= now() and not running))::int as waiting,
                       (count(*) filter (where failed_since is not null))::int as failing, t.files, t.rows_loaded, t.rows_quarantined
                  from portal.load_totals() t left join portal.loads() l on true group by t.files, t.rows_loaded, t.rows_quarantined
                """, cancellationToken: cancellationToken)),
            [.. await connection.QueryAsync<LoadOutcome>(new CommandDefinition("""
                select outcome, count(*)::int as participants, bool_or(failed_since is not null) as failing, min(coalesce(failed_since, succeeded_at)) as since
                  from portal.loads() group by outcome order by participants desc, outcome
                """, cancellationToken: cancellationToken))],
            [.. await connection.QueryAsync<FailingLoad>(new CommandDefinition("""
                select participant_id, outcome, failed_since, succeeded_at, due_at, running from portal.loads() where failed_since is not null order by failed_since, participant_id limit @Longest
                """, new { Longest }, cancellationToken: cancellationToken))],
            [.. await connection.QueryAsync<LoadRun>(new CommandDefinition("select participant_id, outcome, ended_at, seconds, files, lines_read, rows_loaded, rows_unchanged, rows_quarantined, due_at from portal.load_runs(@Longest)", new { Longest }, cancellationToken: cancellationToken))]);
    }
}
