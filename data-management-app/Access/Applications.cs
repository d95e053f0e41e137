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

/// <summary>The applicant's side: applies, confirms the e-mail, reads and writes. Of the applications of one e-mail that wait for review there is one, the latest.</summary>
public sealed class Applications(NpgsqlDataSource db, Outbox outbox, OneTimeLinks links, SecretBox secrets, PortalOptions options, TimeProvider clock)
{
    public const int MostMessages = 100;

    static readonly TimeSpan ConfirmWithin = TimeSpan.FromDays(1);

    /// <summary>How long an applicant's link works after the decision.</summary>
    static readonly TimeSpan ReadAfter = TimeSpan.FromDays(90);

    readonly byte[] _threadKey = secrets.DeriveKey([], "links to applications");

    /// <summary>Of somebody who is not signed in. Who has an account is told so by mail; anybody else gets a link to confirm the address, and until then nobody hears of it.</summary>
    public async Task ApplyAsync(ApplicationForm form, string email, CancellationToken cancellationToken)
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
            var seqId = await StoreAsync(connection, form, email, userId: null, renews: null, cancellationToken);
            var link = await links.MakeAsync(connection, OneTimeLinks.Application, seqId, email, ConfirmWithin, cancellationToken);
            mailed = await outbox.AddAsync(connection, email, Letters.ConfirmEmail(link.Link, link.Code!), cancellationToken);
        }
        if (mailed)
            await transaction.CommitAsync(cancellationToken); // who had enough mails is not written down either
    }

    /// <summary>Of a user, whose e-mail is known: for a further study, or for the renewal of a grant of theirs.</summary>
    public async Task<long> ApplyAsync(ApplicationForm form, AppUser user, long? renews, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var seqId = await StoreAsync(connection, form, user.Email, user.Id, renews, cancellationToken);
        await ReceiveAsync(connection, seqId, user.Email, cancellationToken);
        await Audit.NoteAsync(connection, user.Id, "application", $"application {seqId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return seqId;
    }

    /// <summary>Uses the link up: from here on the reviewers see the application.</summary>
    /// <returns>Its number; null when the link does not work (any more).</returns>
    public async Task<long?> ConfirmAsync(string? token, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await OneTimeLinks.UseAsync(connection, token, cancellationToken, OneTimeLinks.Application) is not { } seqId)
            return null;
        var email = await connection.ExecuteScalarAsync<string>(new CommandDefinition("select email from portal.researcher_applications where seq_id = @seqId", new { seqId }, cancellationToken: cancellationToken));
        await ReceiveAsync(connection, seqId, email!, cancellationToken);
        await Audit.NoteAsync(connection, null, "application", $"application {seqId}", cancellationToken);
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
    /// <returns>False: the thread is too long, or closed: it was decided long ago.</returns>
    public async Task<bool> WriteAsync(Application application, long? reviewerId, string text, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (IsClosed(application) || await connection.ExecuteAsync(new CommandDefinition("""
                insert into portal.application_message (seq_id, reviewer_id, text)
                select @SeqId, @reviewerId, @text where (select count(*) from portal.application_message where seq_id = @SeqId) < @MostMessages
                """, new { application.SeqId, reviewerId, text, MostMessages }, cancellationToken: cancellationToken)) == 0)
            return false;
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

    static Task<long> StoreAsync(NpgsqlConnection connection, ApplicationForm form, string email, long? userId, long? renews, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            insert into portal.researcher_applications (researcher_name, email, phone_number, organisation, irb_approval, sponsor_organisation, project_requests, study, request_description,
                   terms_version, terms_accepted, user_id, renews_grant_id)
            values (@name, @email, @phone, @organisation, @irb, @sponsor, @projects, @study, @description, @version, now(), @userId, @renews)
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
            userId,
            renews,
        }, cancellationToken: cancellationToken));

    /// <summary>Takes the place of the one that waited, with its thread, and tells both sides.</summary>
    async Task ReceiveAsync(NpgsqlConnection connection, long seqId, string email, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("""
            select pg_advisory_xact_lock(hashtextextended(@email, 25)); -- two that are confirmed at the same moment
            update portal.application_message set seq_id = @seqId
             where seq_id in (select seq_id from portal.researcher_applications where email = @email and confirmed_at is not null and not application_processed);
            delete from portal.researcher_applications where email = @email and not application_processed and seq_id <> @seqId;
            update portal.researcher_applications set confirmed_at = now() where seq_id = @seqId;
            """, new { email, seqId }, cancellationToken: cancellationToken));
        var application = await connection.QuerySingleAsync<Application>(new CommandDefinition(
            $"select {Application.Columns} from portal.researcher_applications where seq_id = @seqId", new { seqId }, cancellationToken: cancellationToken));
        await TellReviewersAsync(connection, Letters.Application(application, ReviewLink(seqId)), cancellationToken);
        await outbox.AddAsync(connection, email, Letters.Receipt(ThreadLink(seqId)), cancellationToken);
    }

    async Task TellReviewersAsync(NpgsqlConnection connection, Letter letter, CancellationToken cancellationToken)
    {
        foreach (var reviewer in await connection.QueryAsync<string>(new CommandDefinition(
            "select email from portal.app_users where (admin or reviewer) and not deactivated and hashed_pw is not null order by id", cancellationToken: cancellationToken)))
            await outbox.AddAsync(connection, reviewer, letter, cancellationToken);
    }
}
