using Dapper;
using Npgsql;
using ServiceDefaults;

namespace Register;

/// <summary>What a participant agreed to share, as it stands in the consent file and the ledger.</summary>
public static class SharedProjects
{
    public const string OpenAps = "openaps", Nightscout = "nsf", Both = "both", None = "none";

    public static string From(bool openAps, bool nightscout) => (openAps, nightscout) switch
    {
        (true, true) => Both,
        (true, false) => OpenAps,
        (false, true) => Nightscout,
        (false, false) => None,
    };

    /// <summary>Reads the text of a consent file as the original did: the first of the four words found in it. Anything else shares nothing.</summary>
    public static string Read(string text) =>
        new[] { OpenAps, Nightscout, Both, None }.FirstOrDefault(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) ?? None;
}

/// <summary>What counts now: the narrower of the latest page and file entries; nothing while suspended.</summary>
/// <param name="ConsentId">Grows with every change of mind.</param>
/// <param name="Page">What the participant last said on the consent page; null: they never saw it.</param>
/// <param name="File">What the consent file last said; null: it was never read.</param>
/// <param name="FileVersion">What that was read from: <see cref="FilePresent"/>, …</param>
public sealed record CurrentConsent(bool OpenAps, bool Nsf, long ConsentId, string? Page, string? File, string? FileVersion = null)
{
    /// <summary>States of a consent file, as the ledger has them: what one says that only just vanished hides, and removes nothing yet.</summary>
    public const string FilePresent = "file", FileMissing = "file missing", FileGone = "file missing for a day";

    public bool SharesNothing => !OpenAps && !Nsf;

    /// <summary>They have never said, here or in a file, what they share.</summary>
    public bool IsNotChosen => SharesNothing && Page is null && FileVersion is not FilePresent;

    /// <summary>The participant said so themselves; who is only suspended, or whose file has only just vanished, did not.</summary>
    public bool HasWithdrawn => SharesNothing && (Page == SharedProjects.None || File == SharedProjects.None && FileVersion != FileMissing);
}

/// <summary>Who says what is shared, as it stands in the ledger.</summary>
public static class GivenBy
{
    public const string Self = "self", Guardian = "guardian";
}

/// <summary>What a participant said once.</summary>
/// <param name="Source"><see cref="ConsentLedger.Page"/> or <see cref="ConsentLedger.File"/>.</param>
/// <param name="GivenBy">One of <see cref="Register.GivenBy"/>; null: not asked.</param>
/// <param name="GivenAt">UTC.</param>
public sealed record GivenConsent(string Source, string Projects, string TextVersion, string? GivenBy, DateTime GivenAt);

/// <summary>The append-only ledger <c>register.consent</c>.</summary>
public sealed class ConsentLedger(NpgsqlDataSource db)
{
    public const string Page = "page", File = "file";

    /// <summary>Adds an entry unless the latest of the same source says the same; makes the participant on first sight.</summary>
    /// <param name="projects">One of <see cref="SharedProjects"/>, or null to record nothing and only get the id.</param>
    public async Task<long> RecordAsync(string projectMemberId, string source, string? projects, string textVersion, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("select register.record_consent(@projectMemberId, @source, @projects, @textVersion)",
            new { projectMemberId, source, projects, textVersion }, cancellationToken: cancellationToken));
    }

    /// <summary>The same for a participant who is known; nothing is made anew when they were erased meanwhile.</summary>
    /// <exception cref="ParticipantGoneException">They were.</exception>
    public async Task RecordAsync(Participant participant, string source, string projects, string textVersion, CancellationToken cancellationToken)
    {
        if (!await RecordAsync(participant, null, source, projects, textVersion, cancellationToken))
            throw new ParticipantGoneException();
    }

    /// <summary>The same, unless anything was recorded since <paramref name="seen"/> was read: what was learned before that may be out of date.</summary>
    /// <returns>False: nothing was recorded; look again.</returns>
    public Task<bool> RecordUnlessChangedAsync(Participant participant, CurrentConsent seen, string source, string projects, string textVersion, CancellationToken cancellationToken) =>
        RecordAsync(participant, seen.ConsentId, source, projects, textVersion, cancellationToken);

    /// <summary>Adds what a participant says on the consent page, and who says it.</summary>
    /// <param name="givenBy">One of <see cref="GivenBy"/>; null: not said.</param>
    /// <exception cref="ParticipantGoneException">They were erased meanwhile.</exception>
    public async Task GiveAsync(Participant participant, string projects, string textVersion, string? givenBy, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Ledger(participant.ParticipantId), cancellationToken);
        _ = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("""
            select register.record_consent(project_member_id, 'page', @projects, @textVersion, @givenBy) from register.participant where participant_id = @ParticipantId
            """, new { projects, textVersion, givenBy, participant.ParticipantId }, cancellationToken: cancellationToken)) ?? throw new ParticipantGoneException();
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>What a participant said, the newest first; of a consent file only what was not said just before, and that there is none only after one was or they chose here.</summary>
    public async Task<IReadOnlyList<GivenConsent>> HistoryAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<GivenConsent>(new CommandDefinition("""
            select source, projects, text_version, given_by, given_at
              from (select *, lag(projects) over (order by consent_id) as before
                      from (select *, bool_or(source = 'page' or text_version not in (@FileMissing, @FileGone)) over (order by consent_id) as begun
                              from register.consent where participant_id = @participantId) c
                     where begun) c
             where source = 'page' or projects is distinct from before
             order by consent_id desc limit 50
            """, new { participantId, CurrentConsent.FileMissing, CurrentConsent.FileGone }, cancellationToken: cancellationToken))];
    }

    async Task<bool> RecordAsync(Participant participant, long? seen, string source, string projects, string textVersion, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Ledger(participant.ParticipantId), cancellationToken);
        var recorded = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("""
            select register.record_consent(@ProjectMemberId, @source, @projects, @textVersion) from register.current_consent
             where participant_id = @ParticipantId and (consent_id = @seen or @seen is null)
            """, new { participant.ProjectMemberId, source, projects, textVersion, participant.ParticipantId, seen }, cancellationToken: cancellationToken)) is not null;
        await transaction.CommitAsync(cancellationToken);
        return recorded;
    }

    public static async Task<CurrentConsent> CurrentAsync(long participantId, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<CurrentConsent>(new CommandDefinition(
            "select openaps, nsf, consent_id, page, file, file_version from register.current_consent where participant_id = @participantId",
            new { participantId }, cancellationToken: cancellationToken)) ?? new(false, false, 0, null, null);

    public async Task<CurrentConsent> CurrentAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await CurrentAsync(participantId, connection, cancellationToken);
    }
}
