using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Mails;
using Npgsql;

namespace DataManagementApp.Access;

/// <summary>An application cannot be decided so; the message says why, to the reviewer.</summary>
public sealed class UndecidableException(string message) : Exception(message);

/// <param name="Months">How long the access lasts from now on.</param>
/// <param name="Study">As participants read it.</param>
public sealed record Decision(bool OpenAps, bool Nsf, int Months, string Study);

/// <summary>The reviewers' side: what waits, and its decision.</summary>
public sealed class Review(NpgsqlDataSource db, Grants grants, Invitations invitations, Outbox outbox, PortalOptions options, TimeProvider clock)
{
    public static IReadOnlyList<int> Terms { get; } = [3, 6, 12];

    /// <summary>Those that wait first, the longest waiting before the others; then the decided, newest first.</summary>
    public async Task<IReadOnlyList<Application>> ListAsync(int skip, int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Application>(new CommandDefinition($"""
            select {Application.Columns} from portal.researcher_applications where confirmed_at is not null
             order by application_processed, case when not application_processed then confirmed_at end, processed_date desc, seq_id desc offset @skip limit @most
            """, new { skip, most }, cancellationToken: cancellationToken))];
    }

    public async Task<int> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select count(*)::int from portal.researcher_applications where confirmed_at is not null and not application_processed", cancellationToken: cancellationToken));
    }

    /// <summary>Gives access, as asked or narrower; who has no account gets one. A renewal lets the grant last longer, so that its codes stay.</summary>
    /// <exception cref="UndecidableException">It was decided meanwhile, is the reviewer's own, or more would be given than was asked for.</exception>
    public async Task ApproveAsync(long seqId, AppUser reviewer, Decision decision, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var application = await TakeAsync(connection, seqId, reviewer, cancellationToken);
        if (!Terms.Contains(decision.Months) || decision.Study is not { Length: > 0 and <= 500 })
            throw new UndecidableException("Please say for how long, and what the study is for.");
        if (!decision.OpenAps && !decision.Nsf)
            throw new UndecidableException("Please choose at least one commons.");
        if (decision.OpenAps && !application.OpenAps || decision.Nsf && !application.Nsf)
            throw new UndecidableException("No more can be given than was asked for.");

        var (userId, hasPassword) = await Users.AddAsync(connection, application.Email, application.Name, reviewer.Id, $"approval of application {seqId}", cancellationToken);
        var until = Grants.EndOf(clock.GetUtcNow().UtcDateTime.AddMonths(decision.Months));
        var given = $"{Commons.Short(decision.OpenAps, decision.Nsf)} until {until:yyyy-MM-dd}";
        if (decision.Study != application.Study)
            given += ", purpose reworded";
        var grantId = application.RenewsGrantId ?? await grants.AddAsync(connection, userId, decision.OpenAps, decision.Nsf, decision.Study, until, cancellationToken);
        if (application.RenewsGrantId is not null)
            given = $"{await RenewAsync(connection, grantId, userId, decision, until, cancellationToken)} → {given}";
        var link = hasPassword ? null : await invitations.MakeAsync(connection, userId, application.Email, OneTimeLinks.Invitation, cancellationToken);
        await DecideAsync(connection, seqId, reviewer, granted: true, reason: null, grantId, cancellationToken);
        await outbox.AddAsync(connection, application.Email,
            Letters.Approval(decision.Study, decision.OpenAps, decision.Nsf, until, new(options.BaseUrl!, "/sign-in"), link?.Link, link?.Code), cancellationToken);
        await Audit.NoteAsync(connection, reviewer.Id, "application approved", $"application {seqId}, user {userId}, grant {grantId}: {given}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <param name="reason">As the applicant reads it.</param>
    /// <exception cref="UndecidableException">It was decided meanwhile, is the reviewer's own, or no reason is given.</exception>
    public async Task RefuseAsync(long seqId, AppUser reviewer, string reason, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var application = await TakeAsync(connection, seqId, reviewer, cancellationToken);
        if (reason.Length is 0 or > 4000)
            throw new UndecidableException("Please say why, in at most 4,000 letters: the applicant reads it.");
        await DecideAsync(connection, seqId, reviewer, granted: false, reason, grantId: null, cancellationToken);
        await outbox.AddAsync(connection, application.Email, Letters.Refusal(reason, new(options.BaseUrl!, "/conditions")), cancellationToken);
        await Audit.NoteAsync(connection, reviewer.Id, "application refused", $"application {seqId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>When the account of an applicant was deactivated, UTC: an approval lets them in again. Null: it is not, or there is none.</summary>
    public async Task<DateTime?> DeactivatedAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition("select deactivated_date from portal.app_users where email = @email and deactivated", new { email }, cancellationToken: cancellationToken));
    }

    /// <summary>Ends what an account that is deactivated has sent before, so that nobody approves it unknowingly; the applicant reads why.</summary>
    public async Task EndWaitingAsync(NpgsqlConnection connection, string email, long by, CancellationToken cancellationToken)
    {
        const string Reason = "The account was deactivated, and this application ended with it. You may apply again.";
        var ended = (await connection.QueryAsync<long>(new CommandDefinition("""
            delete from portal.researcher_applications where email = @email and confirmed_at is null;
            update portal.researcher_applications set application_processed = true, processed_date = now(), decided_by = @by, reason = @Reason
             where email = @email and not application_processed returning seq_id;
            """, new { email, by, Reason }, cancellationToken: cancellationToken))).ToList();
        foreach (var seqId in ended)
            await Audit.NoteAsync(connection, by, "application refused", $"application {seqId}: the account was deactivated", cancellationToken);
        if (ended.Count > 0)
            await outbox.AddAsync(connection, email, Letters.Refusal(Reason, new(options.BaseUrl!, "/conditions")), cancellationToken);
    }

    /// <summary>Keeps others from deciding it at the same time.</summary>
    static async Task<Application> TakeAsync(NpgsqlConnection connection, long seqId, AppUser reviewer, CancellationToken cancellationToken)
    {
        var application = await connection.QuerySingleOrDefaultAsync<Application>(new CommandDefinition(
            $"select {Application.Columns} from portal.researcher_applications where seq_id = @seqId and confirmed_at is not null for update", new { seqId }, cancellationToken: cancellationToken));
        if (application is null or { Processed: true })
            throw new UndecidableException("Somebody has decided it meanwhile, or the applicant has sent another in its place.");
        return application.Email == reviewer.Email ? throw new UndecidableException("Nobody decides on their own application.") : application;
    }

    /// <returns>What it was before, for the audit log.</returns>
    static async Task<string> RenewAsync(NpgsqlConnection connection, long grantId, long userId, Decision decision, DateTime until, CancellationToken cancellationToken)
    {
        var before = await connection.QuerySingleOrDefaultAsync<(bool OpenAps, bool Nsf, DateTime Until)?>(new CommandDefinition(
            "select openaps, nsf, expires_at from portal.access_grant where grant_id = @grantId and user_id = @userId and revoked_at is null for update", new { grantId, userId }, cancellationToken: cancellationToken))
            ?? throw new UndecidableException("The access to renew was revoked meanwhile. The applicant may apply for a new study.");
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.access_grant set expires_at = @until, openaps = @OpenAps, nsf = @Nsf, study = @Study, expiry_told_at = null where grant_id = @grantId
            """, new { grantId, until, decision.OpenAps, decision.Nsf, decision.Study }, cancellationToken: cancellationToken));
        return $"{Commons.Short(before.OpenAps, before.Nsf)} until {before.Until:yyyy-MM-dd}";
    }

    static Task<int> DecideAsync(NpgsqlConnection connection, long seqId, AppUser reviewer, bool granted, string? reason, long? grantId, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            update portal.researcher_applications
               set application_processed = true, application_granted = @granted, processed_date = now(), decided_by = @Id, reason = @reason, grant_id = @grantId
             where seq_id = @seqId
            """, new { seqId, granted, reviewer.Id, reason, grantId }, cancellationToken: cancellationToken));
}
