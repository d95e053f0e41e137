using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>A frozen version of the data.</summary>
public sealed record Release
{
    public int Number { get; init; }

    /// <summary>Grows when files of people who withdrew go.</summary>
    public int Minor { get; init; }

    public long ExportId { get; init; }

    public string Title { get; init; } = "";

    /// <summary>What is new, in the administrator's words.</summary>
    public string Changes { get; init; } = "";

    /// <summary>How it is cited.</summary>
    public string Citation { get; init; } = "";

    public DateTime MadeAt { get; init; }

    public DateTime ChangedAt { get; init; }

    /// <summary>Of its export; it is there when that is ready.</summary>
    public string State { get; init; } = "";

    public string? Problem { get; init; }

    public string Format { get; init; } = "";

    /// <summary>openaps or nsf; null: participants of both, and only who may read both may read it.</summary>
    public string? Commons { get; init; }

    public DateOnly? FromDay { get; init; }

    public DateOnly? ToDay { get; init; }

    /// <summary>Without those withdrawn.</summary>
    public int Participants { get; init; }

    public int Files { get; init; }

    public long Rows { get; init; }

    public long Bytes { get; init; }

    public int Withdrawn { get; init; }

    public string Version => $"{Number}.{Minor}";

    public bool IsReady => State == "ready";

    public bool MayBeReadWith(Grant? grant) => grant is not null && (Commons is "nsf" || grant.OpenAps) && (Commons is "openaps" || grant.Nsf);
}

/// <summary>A file of a release.</summary>
/// <param name="WithdrawnAt">Null: it is there.</param>
/// <param name="File">As it was made.</param>
public sealed record ReleaseFile(ExportedFile File, DateTime? WithdrawnAt);

/// <summary>How a release differs from the one before it of the same commons. Numbers only: codes of two releases do not tell who is who.</summary>
/// <param name="Before">Number of that one.</param>
/// <param name="Entities">Rows of each kind of data, before and now.</param>
public sealed record ReleaseDifference(int Before, int Stayed, int Joined, int Gone, IReadOnlyList<EntityDifference> Entities);

/// <param name="Before">Rows in the release before.</param>
/// <param name="Now">Rows in this one.</param>
public sealed record EntityDifference(string Entity, long Before, long Now);

/// <summary>The table <c>portal.release</c>.</summary>
public sealed class Releases(NpgsqlDataSource db, ExportQueue queue)
{
    const string Columns = "r.number, r.minor, r.export_id, r.title, r.changes, r.citation, r.made_at, r.changed_at, e.state, e.problem, e.format, e.commons, e.from_day, e.to_day";

    const string Query = $"""
        select {Columns},
               (select count(*)::int from portal.export_participant x where x.export_id = r.export_id and x.written) as participants, f.files, f.rows, f.bytes, f.withdrawn
          from portal.release r
          join portal.export e using (export_id)
          cross join lateral (
            select (count(*) filter (where withdrawn_at is null))::int as files, coalesce(sum(rows) filter (where withdrawn_at is null), 0)::bigint as rows,
                   coalesce(sum(file_bytes) filter (where withdrawn_at is null), 0)::bigint as bytes, (count(*) filter (where withdrawn_at is not null))::int as withdrawn
              from portal.export_file where export_id = r.export_id) f
        """;

    const string Given = "number, fence, name, packed, rows, length, crc32, sha256, file_bytes, file_sha256", FileColumns = $"{Given}, withdrawn_at";

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<Release>> AllAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Release>(new CommandDefinition($"{Query} order by r.number desc", cancellationToken: cancellationToken))];
    }

    public async Task<Release?> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, number, cancellationToken);
    }

    public static async Task<Release?> FindAsync(NpgsqlConnection connection, int number, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<Release>(new CommandDefinition($"{Query} where r.number = @number", new { number }, cancellationToken: cancellationToken));

    /// <summary>Without what is counted (participants, files, rows, bytes, withdrawn): for each file that is asked for.</summary>
    public async Task<Release?> FindUncountedAsync(int number, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Release>(new CommandDefinition(
            $"select {Columns} from portal.release r join portal.export e using (export_id) where r.number = @number", new { number }, cancellationToken: cancellationToken));
    }

    /// <summary>Asks for it to be built, with what the administrator may read.</summary>
    /// <param name="request">Made a file per participant, whatever it says.</param>
    /// <returns>Its number.</returns>
    public async Task<int> AddAsync(Grant grant, ExportRequest request, string title, string changes, string citation, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock('portal.release'::regclass::oid::bigint)", cancellationToken: cancellationToken)); // numbers follow one another
        var number = await connection.ExecuteScalarAsync<int>(new CommandDefinition("""
            with export as (
                insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, commons, min_days, columns, per_participant)
                values (@UserId, @GrantId, @Entity, @Format, @From, @To, @Commons, @MinDays, '{}', true)
                returning export_id)
            insert into portal.release (number, export_id, user_id, title, changes, citation)
            select (select coalesce(max(number), 0) + 1 from portal.release), export_id, @UserId, @title, @changes, @citation from export
            returning number
            """, new { grant.UserId, grant.GrantId, request.Entity, request.Format, request.From, request.To, request.Commons, request.MinDays, title, changes, citation }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return number;
    }

    /// <summary>Asks again for one that could not be built.</summary>
    /// <returns>False: it did not fail, or the access that it is made with has ended.</returns>
    public async Task<bool> RetryAsync(int number, CancellationToken cancellationToken)
    {
        (long, long)? made;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken)) // given back: the queue takes one of its own
            made = await connection.QuerySingleOrDefaultAsync<(long, long)?>(new CommandDefinition(
                "select export_id, e.user_id from portal.release join portal.export e using (export_id) where number = @number", new { number }, cancellationToken: cancellationToken));
        return made is var (exportId, userId) && await queue.RetryAsync(exportId, userId, cancellationToken);
    }

    /// <summary>All that were released, also those withdrawn, in order.</summary>
    public async Task<IReadOnlyList<ReleaseFile>> FilesAsync(Release release, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await FilesAsync(connection, release, cancellationToken);
    }

    public static async Task<IReadOnlyList<ReleaseFile>> FilesAsync(NpgsqlConnection connection, Release release, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<ExportedFile, DateTime?, ReleaseFile>(new CommandDefinition(
            $"select {FileColumns} from portal.export_file where export_id = @ExportId order by number", new { release.ExportId }, cancellationToken: cancellationToken), (file, withdrawnAt) => new(file, withdrawnAt), splitOn: "withdrawn_at")];

    /// <param name="name">As it is downloaded.</param>
    /// <returns>The file; null: there was none of this name. Withdrawn is also one whose participant does not share it any more, before the job has come by.</returns>
    public async Task<ReleaseFile?> FindFileAsync(Release release, string name, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<ExportedFile, DateTime?, ReleaseFile>(new CommandDefinition($"""
            select {Given}, coalesce(withdrawn_at, (select now() from portal.outdated_participant o where o.export_id = f.export_id and o.participant_id = f.participant_id)) as withdrawn_at
              from portal.export_file f where export_id = @ExportId and name || case when packed then '.gz' else '' end = @name
            """, new { release.ExportId, name }, cancellationToken: cancellationToken), (file, withdrawnAt) => new(file, withdrawnAt), splitOn: "withdrawn_at")).SingleOrDefault();
    }

    /// <returns>Null: there was none before.</returns>
    public async Task<ReleaseDifference?> DifferenceAsync(Release release, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await DifferenceAsync(connection, release, cancellationToken);
    }

    public static async Task<ReleaseDifference?> DifferenceAsync(NpgsqlConnection connection, Release release, CancellationToken cancellationToken)
    {
        var before = await connection.QuerySingleOrDefaultAsync<(int Number, long ExportId)?>(new CommandDefinition("""
            select r.number, r.export_id from portal.release r join portal.export e using (export_id)
             where r.number < @Number and e.commons is not distinct from @Commons and e.state = 'ready' order by r.number desc limit 1
            """, new { release.Number, release.Commons }, cancellationToken: cancellationToken));
        if (before is not { } previous)
            return null;
        var parameters = new { now = release.ExportId, before = previous.ExportId };
        var (stayed, joined, gone) = await connection.QuerySingleAsync<(int, int, int)>(new CommandDefinition("""
            select (count(*) filter (where n and b))::int, (count(*) filter (where n and not b))::int, (count(*) filter (where b and not n))::int
              from (select bool_or(export_id = @now) as n, bool_or(export_id = @before) as b from portal.export_participant where written and export_id in (@now, @before) group by participant_id) p
            """, parameters, cancellationToken: cancellationToken));
        var files = (await connection.QueryAsync<(long ExportId, string Name, long Rows)>(new CommandDefinition(
            "select export_id, name, rows from portal.export_file where export_id in (@now, @before) and rows > 0 and withdrawn_at is null", parameters, cancellationToken: cancellationToken))).ToList();
        return new(previous.Number, stayed, joined, gone, [.. files.GroupBy(file => EntityOf(file.Name)).Select(entity => new EntityDifference(entity.Key,
            entity.Where(file => file.ExportId == previous.ExportId).Sum(file => file.Rows), entity.Where(file => file.ExportId == release.ExportId).Sum(file => file.Rows)))]);
    }

    /// <summary>The kind of data of a file, from its name: <c>aid_cycle_P0123456789_all-days.csv</c>.</summary>
    public static string EntityOf(string name) => ExportEntity.Choices["all"].OrderByDescending(entity => entity.Name.Length).FirstOrDefault(entity => name.StartsWith($"{entity.Name}_", StringComparison.Ordinal))?.Name ?? "";
}
