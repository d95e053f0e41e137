using Dapper;
using Npgsql;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>How far a collection is copied; the columns of <c>ingest.cursor</c>. Times are UTC.</summary>
public sealed record Cursor
{
    /// <summary>First import, which goes backwards: every day from this one on has been copied.</summary>
    public DateOnly ImportedFrom { get; init; }

    /// <summary>When the site was proven to hold nothing older; null while the first import goes on.</summary>
    public DateTime? ImportedAllAt { get; init; }

    /// <summary>Start of the last forward read that ended well; of the last daily and the last weekly one.</summary>
    public DateTime ReadAt { get; init; }

    public DateTime? ReadDayAt { get; init; }

    public DateTime ReadWeekAt { get; init; }

    /// <summary>Start of the last read of everything that reached its end.</summary>
    public DateTime? FullReadAt { get; init; }

    /// <summary>Start of the one that goes on, and how far back it is.</summary>
    public DateTime? FullStartedAt { get; init; }

    public DateOnly? FullReadFrom { get; init; }

    /// <summary>The site holds times with a local offset.</summary>
    public bool HasOffsets { get; init; }

    /// <summary>Reads in a row in which the site did not tell its records without a usable time; 0: it did the last time.</summary>
    public int OddUntold { get; init; }

    /// <summary>Ids of the newest records.</summary>
    public string[] RecentIds { get; init; } = [];

    /// <summary>Query and ETag of each page of the last forward read, alternating.</summary>
    public string[] Pages { get; init; } = [];

    /// <summary>API v3: greatest <c>srvModified</c> seen.</summary>
    public long? HistoryAt { get; init; }
}

/// <summary>The tables <c>ingest.cursor</c> and <c>ingest.month_pages</c>: moved only after what was read is on Open Humans.</summary>
public sealed class Cursors(NpgsqlDataSource db, DueParticipants due)
{
    const string Columns = """
        imported_from, imported_all_at, read_at, read_day_at, read_week_at, full_read_at, full_started_at, full_read_from, has_offsets, odd_untold, recent_ids, pages, history_at
        """;

    public async Task<Cursor?> FindAsync(long participantId, string collection, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Cursor>(new CommandDefinition(
            $"select {Columns} from ingest.cursor where participant_id = @participantId and collection = @collection", new { participantId, collection }, cancellationToken: cancellationToken));
    }

    /// <summary>Ids of the newest records of each collection: what tells a site from another.</summary>
    public async Task<IReadOnlyList<(string Collection, string[] Ids)>> RecentIdsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<(string, string[])>(new CommandDefinition(
            "select collection, recent_ids from ingest.cursor where participant_id = @participantId and cardinality(recent_ids) > 0", new { participantId }, cancellationToken: cancellationToken))];
    }

    /// <exception cref="LeaseLostException">Another replica has the participant now.</exception>
    public Task SaveAsync(Lease lease, string collection, Cursor cursor, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition($"""
            insert into ingest.cursor (participant_id, collection, {Columns})
            values (@Key, @collection, @ImportedFrom, @ImportedAllAt, @ReadAt, @ReadDayAt, @ReadWeekAt, @FullReadAt, @FullStartedAt, @FullReadFrom, @HasOffsets, @OddUntold, @RecentIds, @Pages, @HistoryAt)
                on conflict (participant_id, collection) do update
               set ({Columns}) = (select {string.Join(", ", Columns.Split(',').Select(column => $"excluded.{column.Trim()}"))})
            """, new
        {
            lease.Key,
            collection,
            cursor.ImportedFrom,
            cursor.ImportedAllAt,
            cursor.ReadAt,
            cursor.ReadDayAt,
            cursor.ReadWeekAt,
            cursor.FullReadAt,
            cursor.FullStartedAt,
            cursor.FullReadFrom,
            cursor.HasOffsets,
            cursor.OddUntold,
            cursor.RecentIds,
            cursor.Pages,
            cursor.HistoryAt,
        }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>Query and ETag of each page of a month, alternating; empty when they are not known.</summary>
    public async Task<string[]> MonthPagesAsync(long participantId, string collection, string month, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<string[]?>(new CommandDefinition(
            "select pages from ingest.month_pages where participant_id = @participantId and collection = @collection and month = @month",
            new { participantId, collection, month }, cancellationToken: cancellationToken)) ?? [];
    }

    public Task SaveMonthPagesAsync(Lease lease, string collection, string month, string[] pages, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            insert into ingest.month_pages (participant_id, collection, month, pages) values (@Key, @collection, @month, @pages)
                on conflict (participant_id, collection, month) do update set pages = excluded.pages
            """, new { lease.Key, collection, month, pages }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>Of months whose files change: that a month is as it was when all of it was read last would hide that it is so again after it was not.</summary>
    public Task ForgetMonthsAsync(Lease lease, string collection, IReadOnlyList<DateOnly> days, CancellationToken cancellationToken) =>
        days.Count == 0 ? Task.CompletedTask : due.Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition(
            "delete from ingest.month_pages where participant_id = @Key and collection = @collection and month = any(@months)",
            new { lease.Key, collection, months = days.Select(Month).Distinct().ToArray() }, cancellationToken: cancellationToken)), cancellationToken);

    /// <summary>Name of a month in <c>ingest.month_pages</c>.</summary>
    public static string Month(DateOnly day) => $"{day:yyyy-MM}";

    /// <summary>Forgets what the site served, so that everything is read and compared with the files again.</summary>
    public Task ForgetReadAsync(Lease lease, string collection, CancellationToken cancellationToken) =>
        due.Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition("""
            update ingest.day_digest set digest = 0, ids = null where participant_id = @Key and collection = @collection;
            delete from ingest.month_pages where participant_id = @Key and collection = @collection;
            update ingest.odd_record set hash = 0 where participant_id = @Key and collection = @collection;
            update ingest.cursor set pages = '{}' where participant_id = @Key and collection = @collection
            """, new { lease.Key, collection }, cancellationToken: cancellationToken)), cancellationToken);
}
