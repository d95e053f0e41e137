using Dapper;
using Npgsql;
using OpenHumansEtl.Tables;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl.Derived;

/// <summary>What became of the participants with dirty days.</summary>
/// <param name="Made">Participants whose summaries are up to date now.</param>
/// <param name="Left">Participants somebody else had in hand, or who share nothing any more: their queue stays.</param>
/// <param name="Failed">Participants that are tried again the next time.</param>
public sealed record SummaryCounts(int Made, int Left, int Failed);

/// <summary>Works the queue of dirty days off: local time first, then what is computed of local days.</summary>
/// <remarks>
/// One transaction per participant takes the queue's rows and makes what follows from them, under the lock that loads take. A participant whose lock is
/// taken is passed over until the next time: so replicas share the work, and of one that is killed nothing is lost.
/// </remarks>
public sealed class Summaries(NpgsqlDataSource db, EtlOptions options, ILogger<Summaries> log)
{
    const int Page = 200;

    /// <summary>Records of other times are left out: nobody lives then.</summary>
    static readonly DateOnly First = new(1900, 1, 1), Last = new(2200, 1, 1);

    static readonly Duplicates Duplicates = new();
    static readonly GlucoseDays GlucoseDays = new();

    int _working;

    /// <summary>Goes once through all participants with dirty days. Does nothing when it is at work already.</summary>
    /// <param name="participants">Told how many more participants are done.</param>
    public async Task<SummaryCounts> WorkOffAsync(IProgress<long>? participants, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _working, 1) == 1)
            return new(0, 0, 0);
        var (made, left, failed) = (0, 0, 0);
        try
        {
            for (var due = await DueAsync(long.MinValue, cancellationToken); due.Count > 0; due = await DueAsync(due[^1], cancellationToken))
                await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken }, async (participantId, token) =>
                {
                    try
                    {
                        Interlocked.Increment(ref await RunAsync(participantId, token) ? ref made : ref left);
                    }
                    catch (Exception problem) when (problem is not OperationCanceledException)
                    {
                        Interlocked.Increment(ref failed);
                        log.LogError(problem, "The summaries of participant {Participant} could not be made; they are tried again.", participantId);
                    }
                    participants?.Report(1);
                });
        }
        finally
        {
            Volatile.Write(ref _working, 0);
        }
        return new(made, left, failed);
    }

    /// <summary>Makes what is due of one participant.</summary>
    /// <returns>False when somebody else is at work on the participant, or nothing is shared: the queue stays as it is.</returns>
    public async Task<bool> RunAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await AdvisoryLock.TryTakeInTransactionAsync(connection, AdvisoryLock.Warehouse(participantId), cancellationToken)
            || (await ConsentLedger.CurrentAsync(participantId, connection, cancellationToken)).SharesNothing)
            return false;
        var dirty = await DirtyDays.TakeAsync(connection, participantId, cancellationToken);
        var settingsSince = dirty.Contains(WarehouseTables.Profile.Collection) || dirty.Contains(WarehouseTables.Treatments.Collection) // profile switches are treatments
            ? await TherapySettings.RunAsync(connection, participantId, cancellationToken) : null;
        var days = await LocalDaysAsync(connection, participantId, dirty, settingsSince, cancellationToken);
        if (days.Count > 0)
        {
            await MmolDays.RunAsync(connection, participantId, dirty[WarehouseTables.Entries.Collection].Where(day => day >= First && day < Last), cancellationToken);
            await Duplicates.RunAsync(connection, participantId, days, cancellationToken);
            await GlucoseDays.RunAsync(connection, participantId, days, cancellationToken);
            await AidDays.RunAsync(connection, participantId, days, cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    async Task<List<long>> DueAsync(long after, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<long>(new CommandDefinition("""
            select distinct participant_id from openaps.dirty_day where participant_id > @after order by participant_id limit @Page
            """, new { after, Page }, cancellationToken: cancellationToken))];
    }

    /// <summary>Brings local time up to date.</summary>
    /// <param name="settingsSince">From when therapy settings are others now; null: they are the same.</param>
    /// <returns>The local days to compute anew, ascending: those the dirty days touch and those whose hours are others now, each with the day before and after, because duplicates reach over midnight.</returns>
    static async Task<IReadOnlyList<LocalDay>> LocalDaysAsync(NpgsqlConnection connection, long participantId, ILookup<string, DateOnly> dirty, DateTime? settingsSince, CancellationToken cancellationToken)
    {
        var changed = WarehouseTables.All.Where(tables => tables != WarehouseTables.Profile)
            .Select(tables => (tables.Collection, Days: dirty[tables.Collection].Where(day => day >= First && day < Last).ToArray())).Where(collection => collection.Days.Length > 0).ToList();
        foreach (var (collection, days) in changed)
        {
            await OffsetSightings.RefreshAsync(connection, participantId, collection, days, cancellationToken);
            await RecordDays.RefreshAsync(connection, participantId, collection, days, cancellationToken);
        }
        if (dirty.Contains(WarehouseTables.Profile.Collection))
            await ProfileZones.RefreshAsync(connection, participantId, cancellationToken);

        var stored = await UtcOffsetTimeline.FindAsync(connection, participantId, cancellationToken);
        var before = stored ?? LocalClock.Unknown;
        var clock = new LocalClock(UtcOffsetTimeline.Build(
            await ProfileZones.ReadAsync(connection, participantId, cancellationToken), await OffsetSightings.ReadAsync(connection, participantId, cancellationToken)));
        if (stored is null || !stored.Intervals.SequenceEqual(clock.Intervals))
            await UtcOffsetTimeline.StoreAsync(connection, participantId, clock, cancellationToken);

        var local = new SortedSet<DateOnly>();
        foreach (var day in changed.SelectMany(collection => collection.Days).Distinct())
            AddDays(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc), day.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc));
        if (await SpanAsync(connection, participantId, cancellationToken) is var (first, last))
        {
            var spans = clock.DifferencesTo(before, first, last).ToList();
            if (settingsSince < last)
                spans.Add((settingsSince.Value, last));
            foreach (var day in spans.Count == 0 ? [] : (await DaysNearRecordsAsync(connection, participantId, cancellationToken)).Where(day => day >= first && day < last)) // and not those since 2000 because of one wrong clock
                foreach (var (from, to) in spans.Where(span => span.Item1 < day.AddDays(1) && span.Item2 > day))
                    AddDays(from > day ? from : day, to < day.AddDays(1) ? to : day.AddDays(1));
        }
        return [.. local.Select(clock.Day)];

        void AddDays(DateTime from, DateTime to)
        {
            foreach (var day in clock.DaysOf(from, to).Concat(before.DaysOf(from, to)))
                local.UnionWith([day.Day.AddDays(-1), day.Day, day.Day.AddDays(1)]);
        }
    }

    /// <summary>UTC days that a local day with records may touch: a journey west makes one of up to fifty hours, and not every hour of it has records.</summary>
    static async Task<SortedSet<DateTime>> DaysNearRecordsAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var days = await connection.QueryAsync<DateTime>(new CommandDefinition(
            string.Join(" union ", WarehouseTables.All.Where(tables => tables != WarehouseTables.Profile).Select(tables => DaysOf(tables.Tables[0].Name, tables.Time))), new { participantId }, commandTimeout: 0, cancellationToken: cancellationToken));
        return [.. days.SelectMany(day => Enumerable.Range(-3, 7).Select(distance => day.AddDays(distance)))];
    }

    /// <summary>From one day with records to the next, each a step in the index by time.</summary>
    static string DaysOf(string table, string time) => $"""
        select start from (
            with recursive day as (
                (select date_trunc('day', {time}, 'UTC') as start from openaps.{table} where participant_id = @participantId and {time} is not null order by {time} limit 1)
                union all
                select (select date_trunc('day', {time}, 'UTC') from openaps.{table} where participant_id = @participantId and {time} >= start + interval '24 hours' order by {time} limit 1)
                  from day where start is not null)
            select start from day where start is not null) as days_of_{table}
        """;

    /// <summary>The time that the participant's records cover, with the whole of their first and last local days; null when there are none.</summary>
    static async Task<(DateTime First, DateTime Last)?> SpanAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var (first, last) = await connection.QuerySingleAsync<(DateTime?, DateTime?)>(new CommandDefinition("""
            select greatest(min(first) - interval '3 days', '1900-01-01Z'), least(max(last) + interval '3 days', '2200-01-01Z')
              from (select min(date) as first, max(date) as last from openaps.entries where participant_id = @participantId
                    union all select min(created_at), max(created_at) from openaps.treatments where participant_id = @participantId
                    union all select min(created_at), max(created_at) from openaps.device_status where participant_id = @participantId) as spans
            """, new { participantId }, cancellationToken: cancellationToken));
        return first is null || last is null ? null : (first.Value, last.Value);
    }
}
