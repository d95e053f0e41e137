using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Mails;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Access;

/// <summary>The applicant's side: applies, confirms the e-mail, reads and writes. Of the applications of one e-mail that wait for review there is one for a new study, and one for each grant to renew: the latest.</summary>
public sealed class Applications(NpgsqlDataSource db, Outbox outbox, OneTimeLinks links, SecretBox secrets, PortalOptions options, TimeProvider clock)
{
    /// <summary>Of each side, in one thread.</summary>
    public const int MostMessages = 100;

    /// <summary>Of one applicant, all of whose reviewers get a mail of each.</summary>
    public const int MostApplicationsPerDay = 5, MostMessagesPerHour = 10;

    static readonly TimeSpan ConfirmWithin = TimeSpan.FromDays(1);

    /// <summary>How long an applicant's link works after the decision.</summary>
    static readonly TimeSpan ReadAfter = TimeSpan.FromDays(90);

    readonly byte[] _threadKey = secrets.DeriveKey([], "links to applications");

    /// <summary>Of somebody who is not signed in. Who has an account is told so by mail; anybody else gets a link to confirm the address, and until then nobody hears of it.</summary>
    /// <param name="accepted">When the conditions were, UTC.</param>
    public async Task ApplyAsync(ApplicationForm form, string email, DateTime accepted, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var active = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from portal.app_users where email = @email and not deactivated)", new { email }, cancellationToken: cancellationToken));
        bool mailed;
        if (active)
            mailed = await outbox.AddAsync(connection, email, Letters.HasAccount(new(options.BaseUrl!, "/sign-in")), cancellationToken);
        else
        {
            var seqId = await StoreAsync(connection, form, email, accepted, userId: null, renews: null, cancellationToken);
            var link = await links.MakeAsync(connection, OneTimeLinks.Application, seqId, email, ConfirmWithin, cancellationToken);
            mailed = await outbox.AddAsync(connection, email, Letters.ConfirmEmail(link.Link, link.Code!), cancellationToken);
        }
        if (mailed)
            await transaction.CommitAsync(cancellationToken); // who had enough mails is not written down either
    }

    /// <summary>Of a user, whose e-mail is known: for a further study, or for the renewal of a grant of theirs.</summary>
    /// <param name="accepted">When the conditions were, UTC.</param>
    /// <returns>Its number; null: they sent as many as they may today.</returns>
    public async Task<long?> ApplyAsync(ApplicationForm form, AppUser user, DateTime accepted, long? renews, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var seqId = await StoreAsync(connection, form, user.Email, accepted, user.Id, renews, cancellationToken);
        if (!await ReceiveAsync(connection, seqId, user.Email, user.Id, cancellationToken))
            return null;
        await transaction.CommitAsync(cancellationToken);
        return seqId;
    }

    /// <summary>Uses the link up: from here on the reviewers see the application.</summary>
    /// <returns>Its number; null when the link does not work (any more), or not today: so many of the address were confirmed.</returns>
    public async Task<long?> ConfirmAsync(string? token, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await OneTimeLinks.UseAsync(connection, token, cancellationToken, OneTimeLinks.Application) is not { } seqId)
            return null;
        var email = await connection.ExecuteScalarAsync<string>(new CommandDefinition("select email from portal.researcher_applications where seq_id = @seqId", new { seqId }, cancellationToken: cancellationToken));
        if (!await ReceiveAsync(connection, seqId, email!, userId: null, cancellationToken))
            return null;
        await transaction.CommitAsync(cancellationToken);
        return seqId;
    }

    /// <summary>Null: there is none that was confirmed.</summary>
    public async Task<Application?> FindAsync(long seqId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Application>(new CommandDefinition(
            $"select {Application.Columns} from portal.researcher_applications where seq_id = @seqId and confirmed_at is not null", new { seqId }, cancellationToken: cancellationToken));
    }

    /// <summary>The confirmed ones of an e-mail, newest first.</summary>
    public async Task<IReadOnlyList<Application>> OfAsync(string email, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Application>(new CommandDefinition(
            $"select {Application.Columns} from portal.researcher_applications where email = @email and confirmed_at is not null order by seq_id desc limit 50", new { email }, cancellationToken: cancellationToken))];
    }

    public async Task<IReadOnlyList<ThreadMessage>> MessagesAsync(long seqId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<ThreadMessage>(new CommandDefinition("""
            select reviewer_id, u.name as reviewer_name, at, text from portal.application_message m left join portal.app_users u on u.id = m.reviewer_id where seq_id = @seqId order by message_id
            """, new { seqId }, cancellationToken: cancellationToken))];
    }

    /// <summary>Adds to the thread, and tells the other side by mail.</summary>
    /// <param name="reviewerId">Null: the applicant writes.</param>
    /// <returns>False: this side wrote too much, in the thread or within an hour, or it is closed: it was decided long ago.</returns>
    public async Task<bool> WriteAsync(Application application, long? reviewerId, string text, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, application.Email, cancellationToken);
        if (IsClosed(application) || await connection.ExecuteAsync(new CommandDefinition("""
                insert into portal.application_message (seq_id, reviewer_id, text)
                select @SeqId, @reviewerId, @text
                 where (select count(*) from portal.application_message where seq_id = @SeqId and (reviewer_id is null) = (@reviewerId::bigint is null)) < @MostMessages
                   and (@reviewerId is not null
                        or (select count(*) from portal.application_message m join portal.researcher_applications a using (seq_id)
                             where a.email = @Email and m.reviewer_id is null and m.at > now() - interval '1 hour') < @MostMessagesPerHour)
                """, new { application.SeqId, application.Email, reviewerId, text, MostMessages, MostMessagesPerHour }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, reviewerId ?? application.UserId, "message", $"application {application.SeqId}, by {(reviewerId is null ? "the applicant" : "a reviewer")}", cancellationToken);
        if (reviewerId is not null)
            await outbox.AddAsync(connection, application.Email, Letters.Message(text, ThreadLink(application.SeqId), toReviewer: false), cancellationToken);
        else
            await TellReviewersAsync(connection, Letters.Message(text, ReviewLink(application.SeqId), toReviewer: true), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The applicant's own way to their application: who has the link reads and writes in its thread, nothing more.</summary>
    public Uri ThreadLink(long seqId) => new(options.BaseUrl!, $"/application?token={seqId}.{ThreadMac(seqId)}");

    /// <returns>The application; null when the link was changed, or the decision is long ago.</returns>
    public async Task<Application?> OpenThreadAsync(string? token, CancellationToken cancellationToken)
    {
        if (token?.Split('.') is not [var number, var mac] || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seqId)
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mac), Encoding.UTF8.GetBytes(ThreadMac(seqId))))
            return null;
        return await FindAsync(seqId, cancellationToken) is { } application && !IsClosed(application) ? application : null;
    }

    public bool IsClosed(Application application) => application.ProcessedDate < clock.GetUtcNow().UtcDateTime - ReadAfter;

    Uri ReviewLink(long seqId) => new(options.BaseUrl!, $"/review/{seqId}");

    string ThreadMac(long seqId) => WebEncoders.Base64UrlEncode(HMACSHA256.HashData(_threadKey, BitConverter.GetBytes(seqId)));

    static Task<long> StoreAsync(NpgsqlConnection connection, ApplicationForm form, string email, DateTime accepted, long? userId, long? renews, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.researcher_applications (researcher_name, email, phone_number, organisation, irb_approval, sponsor_organisation, project_requests, study, request_description,
                   terms_version, terms_accepted, user_id, renews_grant_id)
            values (@name, @email, @phone, @organisation, @irb, @sponsor, @projects, @study, @description, @version, @accepted, @userId, @renews)
            returning seq_id
            """, new
        {
            name = Typed.Line(form.Name),
            email,
            phone = Typed.Line(form.Phone),
            organisation = Typed.Line(form.Organisation),
            irb = form.Irb,
            sponsor = Typed.Line(form.Sponsor) is { Length: > 0 } sponsor ? sponsor : null,
            projects = Commons.Number(form.OpenAps, form.Nsf),
            study = Typed.Line(form.Study),
            description = Typed.Lines(form.Description),
            version = Terms.Version,
            accepted,
            userId,
            renews,
        }, cancellationToken: cancellationToken));

    /// <summary>Takes the place of the one for the same that waited, with its thread, and tells both sides.</summary>
    /// <param name="userId">Who is signed in; null: who confirmed the address just now.</param>
    /// <returns>False: the applicant sent enough for today.</returns>
    async Task<bool> ReceiveAsync(NpgsqlConnection connection, long seqId, string email, long? userId, CancellationToken cancellationToken)
    {
        await LockAsync(connection, email, cancellationToken);
        var receipt = Letters.Receipt(ThreadLink(seqId), isConfirmed: userId is null);
        if (await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
                select count(*) from portal.mail where recipient = @email and kind = @Kind and queued_at > now() - interval '1 day' -- also of applications that others took the place of
                """, new { email, receipt.Kind }, cancellationToken: cancellationToken)) >= MostApplicationsPerDay)
            return false;
        var application = await connection.QuerySingleAsync<Application>(new CommandDefinition(
            $"select {Application.Columns} from portal.researcher_applications where seq_id = @seqId", new { seqId }, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.application_message set seq_id = @seqId
             where seq_id in (select seq_id from portal.researcher_applications
                               where email = @email and renews_grant_id is not distinct from @RenewsGrantId and confirmed_at is not null and not application_processed);
            delete from portal.researcher_applications where email = @email and renews_grant_id is not distinct from @RenewsGrantId and not application_processed and seq_id <> @seqId;
            update portal.researcher_applications set confirmed_at = now() where seq_id = @seqId;
            """, new { email, application.RenewsGrantId, seqId }, cancellationToken: cancellationToken));
        await TellReviewersAsync(connection, Letters.Application(application, ReviewLink(seqId)), cancellationToken);
        await outbox.AddAsync(connection, email, receipt, cancellationToken);
        await Audit.NoteAsync(connection, userId, "application", $"application {seqId}: {Commons.Short(application.OpenAps, application.Nsf)}{(application.RenewsGrantId is { } grant ? $", renews grant {grant}" : "")}", cancellationToken);
        return true;
    }

    /// <summary>Two acts of one applicant at the same moment would count the same rows.</summary>
    static Task<int> LockAsync(NpgsqlConnection connection, string email, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@email, 25))", new { email }, cancellationToken: cancellationToken));

    async Task TellReviewersAsync(NpgsqlConnection connection, Letter letter, CancellationToken cancellationToken)
    {
        foreach (var reviewer in await connection.QueryAsync<string>(new CommandDefinition(
            "select email from portal.app_users where (admin or reviewer) and not deactivated and hashed_pw is not null order by id", cancellationToken: cancellationToken)))
            await outbox.AddAsync(connection, reviewer, letter, cancellationToken);
    }
}
