using Dapper;
using Npgsql;

namespace RegistrationSite;

/// <summary>How the copying of one participant goes, for their own page. Times are UTC.</summary>
public sealed record CopyState
{
    /// <summary>Of the last run, as the ingester names it; null before the ingester has seen the participant.</summary>
    public string? Outcome { get; init; }

    public DateTime? SucceededAt { get; init; }

    public DateTime? FailedSince { get; init; }

    public DateTime? DueAt { get; init; }

    /// <summary>A run is going on.</summary>
    public bool Running { get; init; }

    /// <summary>Something was changed on this site since the last run: the next one is due at once.</summary>
    public bool Changed { get; init; }

    /// <summary>They left, or Open Humans does not know our permission any more.</summary>
    public bool Suspended { get; init; }

    /// <summary>Since when they have paused the copying; null: they have not.</summary>
    public DateTime? PausedAt { get; init; }

    /// <summary>How far the clock of their site was ahead of ours when it was read last, within a day; negative: behind; null: it did not tell.</summary>
    public TimeSpan? ClockSkew { get; init; }

    /// <summary>IANA name from their profile; null: not known.</summary>
    public string? Zone { get; init; }

    /// <summary>End of the last run that wrote a file, and what it moved.</summary>
    public DateTime? CopiedAt { get; init; }

    public long RecordsRead { get; init; }

    public int FilesWritten { get; init; }

    /// <summary>Profiles also hold Loop's <c>ETC/GMT+8</c>.</summary>
    public TimeZoneInfo? TimeZone =>
        Zone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name.StartsWith("ETC/", StringComparison.Ordinal) ? $"Etc/{name[4..]}" : name, out var zone) ? zone : null;

    /// <summary>On the participant's clock; UTC where that is not known.</summary>
    public DateOnly Today(DateTime now) => DateOnly.FromDateTime(TimeZone is { } zone ? TimeZoneInfo.ConvertTimeFromUtc(now, zone) : now);

    /// <summary>No run is planned until the participant changes something.</summary>
    public bool WaitsForParticipant(DateTime now) => DueAt > now.AddDays(365);
}

/// <param name="Records">In all files of the collection.</param>
/// <param name="FirstAt">Null: their times are of clocks that were never set, which begin in 1970.</param>
/// <param name="ImportedFrom">First import, which goes backwards: every day from this one on is copied; null when it has not begun.</param>
/// <param name="ImportedAll">The first import is complete.</param>
public sealed record CopiedCollection(
    string Collection, int Files, long Records, long Bytes, DateTime? FirstAt, DateTime? LastAt, DateOnly? ImportedFrom, bool ImportedAll);

/// <summary>Reads what the ingester wrote down.</summary>
public sealed class CopyStatus(NpgsqlDataSource db)
{
    public async Task<CopyState> StateAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<CopyState>(new CommandDefinition("""
            select i.outcome, i.succeeded_at, i.failed_since, i.due_at, i.zone,
                   case when i.clock_seen_at > now() - interval '1 day' then make_interval(secs => i.clock_skew_seconds) end as clock_skew, coalesce(i.lease_until > now(), false) as running,
                   i.seen_change_at is distinct from p.changed_at as changed, p.suspended_at is not null as suspended, p.paused_at,
                   r.ended_at as copied_at, coalesce(r.records_read, 0) as records_read, coalesce(r.files_written, 0) as files_written
              from register.participant p
              left join ingest.participant i using (participant_id)
              left join lateral (
                select ended_at, records_read, files_written from ingest.run
                 where participant_id = p.participant_id and files_written > 0 order by run_id desc limit 1) r on true
             where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken));
    }

    /// <summary>What is copied, or begun to be, of each kind.</summary>
    public async Task<IReadOnlyList<CopiedCollection>> CollectionsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<CopiedCollection>(new CommandDefinition("""
            with files as (
                select collection, count(*)::int as files, sum(records)::bigint as records, sum(bytes)::bigint as bytes,
                       min(first_at) filter (where first_at >= '2000-01-01') as first_at, max(last_at) filter (where last_at >= '2000-01-01') as last_at
                  from ingest.file where participant_id = @participantId and state = 'current'
                 group by collection),
            import as (
                select collection, imported_from, imported_all_at is not null as imported_all from ingest.cursor where participant_id = @participantId)
            select collection, coalesce(files, 0) as files, coalesce(records, 0) as records, coalesce(bytes, 0) as bytes, first_at, last_at, imported_from, coalesce(imported_all, false) as imported_all
              from files full join import using (collection)
             order by collection
            """, new { participantId }, cancellationToken: cancellationToken))];
    }

    /// <summary>The day of the first glucose reading, on the participant's clock and since 2000: before that are clocks that were never set; null: there is none.</summary>
    public async Task<DateOnly?> BeginsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<DateOnly?>(new CommandDefinition("""
            select min(local_day) from ingest.day_part
             where participant_id = @participantId and collection = 'entries' and local_day >= '2000-01-01' and local_day < 'infinity'
               and coalesce(cardinality(glucose), bands[1] + bands[2] + bands[3] + bands[4] + bands[5], copied) > 0
            """, new { participantId }, cancellationToken: cancellationToken));
    }

    /// <summary>Glucose readings and records of each day from <paramref name="from"/> on, on the participant's clock; a day without any has no row.</summary>
    public async Task<IReadOnlyList<SummaryDay>> DaysAsync(long participantId, DateOnly from, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<SummaryDay>(new CommandDefinition("""
            select day, coalesce(very_low + low + in_range + high + very_high, copied) as readings, source, copied
              from ingest.day_summary where participant_id = @participantId and collection = 'entries' and day >= @from and day < 'infinity'
             order by day
            """, new { participantId, from }, cancellationToken: cancellationToken))];
    }
}
