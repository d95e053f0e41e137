using Dapper;
using DataManagementApp.Accounts;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>An export as its owner sees it.</summary>
public sealed record ExportRow
{
    public long ExportId { get; init; }

    public long UserId { get; init; }

    public long GrantId { get; init; }

    public string Entity { get; init; } = "";

    public string Format { get; init; } = "";

    public DateOnly? FromDay { get; init; }

    public DateOnly? ToDay { get; init; }

    public string? Commons { get; init; }

    /// <summary>The release whose files it holds; null: it is a researcher's own.</summary>
    public int? Release { get; init; }

    public int MinDays { get; init; }

    public string[] Columns { get; init; } = [];

    public bool PerParticipant { get; init; }

    /// <summary>queued, building, ready, failed, cancelled, withdrawn (somebody in it left or shares less) or expired (kept long enough).</summary>
    public string State { get; init; } = "";

    public long Rows { get; init; }

    /// <summary>About; null: not known yet.</summary>
    public long? ExpectedRows { get; init; }

    /// <summary>Written so far, not packed.</summary>
    public long ContentBytes { get; init; }

    /// <summary>Of the zip, or of all files.</summary>
    public long? Bytes { get; init; }

    /// <summary>Of the zip.</summary>
    public byte[]? Sha256 { get; init; }

    /// <summary>False: the files are given out one by one.</summary>
    public bool Zipped { get; init; }

    /// <summary>Why it failed, or what it waits for, in words for its owner.</summary>
    public string? Problem { get; init; }

    public DateTime RequestedAt { get; init; }

    public DateTime? StartedAt { get; init; }

    /// <summary>When the present attempt began, or the last.</summary>
    public DateTime? AttemptAt { get; init; }

    /// <summary>Rows that were complete then.</summary>
    public long AttemptRows { get; init; }

    public DateTime? FinishedAt { get; init; }

    public int Attempts { get; init; }

    public bool IsOpen => State is "queued" or "building";

    public ExportRequest Request => new(Entity, Format, FromDay, ToDay) { Commons = Commons, MinDays = MinDays, Columns = Columns, PerParticipant = PerParticipant, Release = Release };

    /// <summary>Until it is built, as far as the rows of this attempt tell; null: nothing can be said yet.</summary>
    public TimeSpan? Left(DateTimeOffset now) => this is { State: "building", AttemptAt: { } began, ExpectedRows: > 0 and var expected } && Rows > AttemptRows
        ? (now.UtcDateTime - began) * Math.Max(0, (double)(expected - Rows) / (Rows - AttemptRows)) : null;
}

/// <summary>So many of the user's exports wait or are being built that no more are taken now.</summary>
public sealed class TooManyExportsException(int most) : Exception($"{most} of your files wait or are being built, and that is as many as there may be. Please ask again when one is ready, or cancel one.");

/// <summary>The tables <c>portal.export</c> and <c>portal.export_file</c>.</summary>
public sealed class ExportQueue(NpgsqlDataSource db, Grants grants, PortalOptions options)
{
    const string Columns = """
        export_id, user_id, grant_id, entity, format, from_day, to_day, commons, min_days, columns, per_participant, state, rows, expected_rows, content_bytes, bytes, sha256, zipped, problem,
        requested_at, started_at, attempt_at, attempt_rows, finished_at, attempts, (select number from portal.release r where r.export_id = export.export_id) as release
        """;

    const string FileColumns = "number, fence, name, packed, rows, length, crc32, sha256, file_bytes, file_sha256";

    /// <summary>Users take turns: whoever has the fewest in hand and ahead of it is first.</summary>
    const string InTurn = """
        (select count(*) from portal.export o
          where o.user_id = export.user_id and o.export_id <> export.export_id and (o.state = 'building' and o.lease_until > now() or o.state = 'queued' and o.due_at <= now() and o.export_id < export.export_id)),
        due_at
        """;

    public Leases Leases { get; } = new(db, "portal.export", "export_id", "state in ('queued', 'building')", TimeSpan.FromMinutes(2), order: InTurn);

    /// <exception cref="TooManyExportsException">The user has as many open as there may be.</exception>
    public async Task<long> AddAsync(Grant grant, ExportRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CheckOpenAsync(connection, grant.UserId, cancellationToken);
        var id = await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, commons, min_days, columns, per_participant)
            values (@UserId, @GrantId, @Entity, @Format, @From, @To, @Commons, @MinDays, @Columns, @PerParticipant)
            returning export_id
            """, new
        {
            grant.UserId,
            grant.GrantId,
            request.Entity,
            request.Format,
            request.From,
            request.To,
            request.Commons,
            request.MinDays,
            Columns = request.Columns.ToArray(),
            request.PerParticipant,
        }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    /// <summary>Under the lock of the user, so that two requests at once do not both find room.</summary>
    async Task CheckOpenAsync(NpgsqlConnection connection, long userId, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("select from portal.app_users where id = @userId for no key update", new { userId }, cancellationToken: cancellationToken));
        if (await connection.ExecuteScalarAsync<int>(new CommandDefinition("""
                select count(*)::int from portal.export e where user_id = @userId and state in ('queued', 'building') and not exists (select from portal.release r where r.export_id = e.export_id)
                """, new { userId }, cancellationToken: cancellationToken)) >= options.MostOpenExports)
            throw new TooManyExportsException(options.MostOpenExports);
    }

    /// <summary>The newest exports of a user, newest first.</summary>
    /// <param name="grantId">Only those of this study; null: of all the user's.</param>
    public async Task<IReadOnlyList<ExportRow>> OfUserAsync(long userId, CancellationToken cancellationToken, long? grantId = null)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<ExportRow>(new CommandDefinition($"""
            select {Columns} from portal.export
             where user_id = @userId and (@grantId::bigint is null or grant_id = @grantId) and not exists (select from portal.release r where r.export_id = export.export_id)
             order by export_id desc limit 50
            """, new { userId, grantId }, cancellationToken: cancellationToken))];
    }

    public async Task<ExportRow?> FindAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ExportRow>(new CommandDefinition(
            $"select {Columns} from portal.export where export_id = @exportId", new { exportId }, cancellationToken: cancellationToken));
    }

    /// <summary>The complete files of an export, by number.</summary>
    public async Task<IReadOnlyList<ExportedFile>> FilesAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await FilesAsync(connection, exportId, cancellationToken);
    }

    /// <summary>Whether it names somebody who left, or who shares less than it says.</summary>
    public async Task<bool> IsOutdatedAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from research.outdated_export where export_id = @exportId)", new { exportId }, cancellationToken: cancellationToken));
    }

    /// <summary>The export that was asked for in place of a withdrawn one; null when there is none.</summary>
    public async Task<ExportRow?> ReplacementAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ExportRow>(new CommandDefinition(
            $"select {Columns} from portal.export where replaces = @exportId", new { exportId }, cancellationToken: cancellationToken));
    }

    /// <summary>Ends one that waits or is being built; a build in hand loses its lease.</summary>
    /// <returns>False: it was neither.</returns>
    public Task<bool> CancelAsync(long exportId, long userId, CancellationToken cancellationToken) => ChangeOwnAsync("""
        update portal.export set state = 'cancelled', fence = fence + 1, lease_owner = null, lease_until = null, finished_at = now()
         where export_id = @exportId and user_id = @userId and state in ('queued', 'building')
        """, exportId, userId, cancellationToken);

    /// <summary>Deletes the files of one that is finished, at once for whoever asks, on disk with the next beat.</summary>
    /// <returns>False: it is not, or belongs to a release.</returns>
    public Task<bool> DeleteAsync(long exportId, long userId, CancellationToken cancellationToken) => ChangeOwnAsync("""
        update portal.export set state = 'expired' where export_id = @exportId and user_id = @userId and state = 'ready' and export_id not in (select export_id from portal.release)
        """, exportId, userId, cancellationToken);

    /// <summary>Asks again for one that failed or was cancelled; nothing from before is kept.</summary>
    /// <returns>False: it did neither, or the access has ended.</returns>
    /// <exception cref="TooManyExportsException">The user has as many open as there may be.</exception>
    public async Task<bool> RetryAsync(long exportId, long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CheckOpenAsync(connection, userId, cancellationToken);
        var again = await connection.ExecuteAsync(new CommandDefinition("""
            update portal.export e
               set state = 'queued', fence = fence + 1, due_at = now(), lease_owner = null, lease_until = null, attempts = 0, rows = 0, content_bytes = 0, problem = null,
                   started_at = null, attempt_at = null, attempt_rows = 0, finished_at = null
             where export_id = @exportId and user_id = @userId and state in ('failed', 'cancelled')
               and exists (select from portal.access_grant g where g.grant_id = e.grant_id and g.revoked_at is null and g.expires_at > now())
            """, new { exportId, userId }, cancellationToken: cancellationToken)) > 0;
        if (again)
            await connection.ExecuteAsync(new CommandDefinition(
                "delete from portal.export_file where export_id = @exportId; delete from portal.export_participant where export_id = @exportId", new { exportId }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return again;
    }

    /// <summary>Writes down who may be in the files before anything of them is written, so that a withdrawal finds them; files from before a restart stay when nobody in them has changed their mind.</summary>
    /// <returns>Who may be in it, and the files that are complete.</returns>
    public Task<(IReadOnlyList<Covered> Covered, IReadOnlyList<ExportedFile> Files)> HoldAsync(Lease lease, Grant grant, ExportRequest request, CancellationToken cancellationToken) =>
        Leases.CommitAsync<(IReadOnlyList<Covered>, IReadOnlyList<ExportedFile>)>(lease, async connection =>
        {
            await AdvisoryLock.ShareInTransactionAsync(connection, AdvisoryLock.Newcomers, cancellationToken);
            await grants.NameAsync(grant, connection, cancellationToken);
            if (await FilesAsync(connection, lease.Key, cancellationToken) is { Count: > 0 } files && await HeldAsync(connection, lease, cancellationToken) is { } held)
                return (held, files);
            var covered = await ExportCover.ReadAsync(connection, request, cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition("""
                delete from portal.export_file where export_id = @Key;
                delete from portal.export_participant where export_id = @Key;
                insert into portal.export_participant (export_id, participant_id, source_entity, consent_id)
                select @Key, * from unnest(@ids, @sources, @consents);
                """, new
            {
                lease.Key,
                ids = covered.Select(participant => participant.ParticipantId).ToArray(),
                sources = covered.Select(participant => participant.SourceEntity).ToArray(),
                consents = covered.Select(participant => participant.ConsentId).ToArray(),
            }, cancellationToken: cancellationToken));
            return (covered, []);
        }, cancellationToken);

    /// <summary>An attempt begins.</summary>
    public Task StartAsync(Lease lease, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set state = 'building', attempts = attempts + 1, started_at = coalesce(started_at, now()), attempt_at = now(), problem = null where export_id = @Key", new { lease.Key }, cancellationToken);

    /// <summary>It goes on behind these rows, which do not tell how fast it is.</summary>
    public Task GoOnAsync(Lease lease, long rows, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set attempt_rows = @rows, rows = @rows where export_id = @Key", new { lease.Key, rows }, cancellationToken);

    /// <summary>It cannot begin now, which is no failure of it.</summary>
    /// <param name="problem">What it waits for.</param>
    public Task PostponeAsync(Lease lease, string problem, TimeSpan pause, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set state = 'queued', problem = @problem, due_at = now() + @pause, lease_until = now() where export_id = @Key", new { lease.Key, problem, pause }, cancellationToken);

    /// <summary>Files that are not there, or not whole, are built again.</summary>
    public Task ForgetFilesAsync(Lease lease, IEnumerable<ExportedFile> files, CancellationToken cancellationToken) => ChangeAsync(lease,
        "delete from portal.export_file where export_id = @Key and number = any(@numbers)", new { lease.Key, numbers = files.Select(file => file.Number).ToArray() }, cancellationToken);

    public Task ExpectAsync(Lease lease, long rows, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set expected_rows = @rows where export_id = @Key", new { lease.Key, rows }, cancellationToken);

    public Task ProgressAsync(Lease lease, BuildProgress progress, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set rows = @Rows, content_bytes = @Bytes where export_id = @Key", new { lease.Key, progress.Rows, progress.Bytes }, cancellationToken);

    /// <summary>A file is complete: it is not built again.</summary>
    /// <param name="participants">Whose records are in it.</param>
    public Task KeepAsync(Lease lease, ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken) => ChangeAsync(lease, $"""
        insert into portal.export_file (export_id, {FileColumns}, participant_id)
        select @Key, @Number, @Fence, @Name, @Packed, @Rows, @Length, @Crc32, @Sha256, @FileBytes, @FileSha256, case when per_participant then (@participants)[1] end from portal.export where export_id = @Key;
        update portal.export_participant set written = true where export_id = @Key and participant_id = any(@participants) and not written;
        """, new
    {
        lease.Key,
        file.Number,
        lease.Fence,
        file.Name,
        file.Packed,
        file.Rows,
        file.Length,
        file.Crc32,
        file.Sha256,
        file.FileBytes,
        file.FileSha256,
        participants = participants.ToArray(),
    }, cancellationToken);

    public async Task<IReadOnlySet<long>> WrittenAsync(long exportId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<long>(new CommandDefinition(
            "select participant_id from portal.export_participant where export_id = @exportId and written", new { exportId }, cancellationToken: cancellationToken))).ToHashSet();
    }

    /// <param name="keepsFiles">False: what is there must not be given out, and is built anew.</param>
    /// <param name="counts">False: nothing failed; somebody changed their mind, or the service stops. True: the next attempt waits, twenty seconds longer each time.</param>
    public Task AgainAsync(Lease lease, bool keepsFiles, bool counts, CancellationToken cancellationToken) => ChangeAsync(lease, """
        delete from portal.export_file where export_id = @Key and not @keepsFiles;
        update portal.export
           set state = 'queued', lease_until = now(), attempts = attempts - case when @counts then 0 else 1 end,
               due_at = case when @counts then now() + attempts * interval '20 seconds' else due_at end
         where export_id = @Key;
        """, new { lease.Key, keepsFiles, counts }, cancellationToken);

    public Task FailAsync(Lease lease, string problem, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.export set state = 'failed', problem = @problem, finished_at = now() where export_id = @Key", new { lease.Key, problem }, cancellationToken);

    /// <summary>It may be given out, while the lease is ours.</summary>
    /// <param name="bytes">Of the zip, or of all files.</param>
    /// <param name="sha256">Of the zip; null: there is none.</param>
    /// <param name="tell">Tells its owner, in the same transaction.</param>
    public Task FinishAsync(Lease lease, long rows, long bytes, byte[]? sha256, Func<NpgsqlConnection, Task> tell, CancellationToken cancellationToken) => ChangeAsync(lease, """
        delete from portal.export_participant where export_id = @Key and not written;
        update portal.export
           set state = 'ready', rows = @rows, bytes = @bytes, sha256 = @sha256, zipped = @sha256::bytea is not null, finished_at = now(),
               content_bytes = (select coalesce(sum(length), 0) from portal.export_file where export_id = @Key)
         where export_id = @Key;
        """, new { lease.Key, rows, bytes, sha256 }, cancellationToken, tell);

    static async Task<IReadOnlyList<ExportedFile>> FilesAsync(NpgsqlConnection connection, long exportId, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<ExportedFile>(new CommandDefinition(
            $"select {FileColumns} from portal.export_file where export_id = @exportId order by number", new { exportId }, cancellationToken: cancellationToken))];

    /// <returns>Who was written down before, null when one of them has changed their mind since.</returns>
    static async Task<IReadOnlyList<Covered>?> HeldAsync(NpgsqlConnection connection, Lease lease, CancellationToken cancellationToken)
    {
        var held = (await connection.QueryAsync<(long ParticipantId, int SourceEntity, long ConsentId, bool IsSame)>(new CommandDefinition("""
            select x.participant_id, x.source_entity, x.consent_id, coalesce((p.source_entity, p.consent_id) = (x.source_entity, x.consent_id), false)
              from portal.export_participant x left join research.participant p using (participant_id)
             where x.export_id = @Key
             order by x.participant_id
            """, new { lease.Key }, cancellationToken: cancellationToken))).ToList();
        return held.TrueForAll(participant => participant.IsSame) ? [.. held.Select(participant => new Covered(participant.ParticipantId, participant.SourceEntity, participant.ConsentId))] : null;
    }

    async Task<bool> ChangeOwnAsync(string sql, long exportId, long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(sql, new { exportId, userId }, cancellationToken: cancellationToken)) > 0;
    }

    Task<int> ChangeAsync(Lease lease, string sql, object parameters, CancellationToken cancellationToken, Func<NpgsqlConnection, Task>? alongside = null) => Leases.CommitAsync(lease, async connection =>
    {
        var changed = await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
        if (alongside is not null)
            await alongside(connection);
        return changed;
    }, cancellationToken);
}
