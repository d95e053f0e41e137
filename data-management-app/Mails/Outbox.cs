using Dapper;
using DataManagementApp.Accounts;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Mails;

/// <summary>A mail as it is written; <see cref="Letters"/> has all of them.</summary>
/// <param name="Kind">As administrators see it in the outbox.</param>
/// <param name="MostPerHour">So many of its kind go to one recipient within an hour: strangers can cause it.</param>
public sealed record Letter(string Kind, string Subject, string Body, int? MostPerHour = null);

/// <param name="State">waiting, sent or failed.</param>
/// <param name="Problem">Why the last attempt failed.</param>
public sealed record OutboxRow(long MailId, string Kind, string Recipient, string State, int Attempts, string? Problem, DateTime QueuedAt, DateTime DueAt, DateTime? SentAt);

/// <summary>The table <c>portal.mail</c>: mails are put here with what they tell of, and sent by <see cref="MailJob"/>.</summary>
public sealed class Outbox(NpgsqlDataSource db, SecretBox secrets)
{
    public Leases Leases { get; } = new(db, "portal.mail", "mail_id", "state = 'waiting'", TimeSpan.FromMinutes(2));

    /// <summary>Queues a mail in the transaction of what it tells of.</summary>
    /// <returns>False: the recipient had enough of this kind for now.</returns>
    public async Task<bool> AddAsync(NpgsqlConnection connection, string recipient, Letter letter, CancellationToken cancellationToken)
    {
        if (letter.MostPerHour is not null) // two at the same moment would count the same mails
            await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@recipient, 32))", new { recipient }, cancellationToken: cancellationToken));
        return await connection.ExecuteAsync(new CommandDefinition("""
            insert into portal.mail (kind, recipient, subject, sealed_body)
            select @Kind, @recipient, @Subject, @body
             where @MostPerHour::int is null or (select count(*) from portal.mail where recipient = @recipient and kind = @Kind and queued_at > now() - interval '1 hour') < @MostPerHour
            """, new { letter.Kind, recipient, letter.Subject, letter.MostPerHour, body = secrets.Seal(letter.Body, [], Context(recipient)) }, cancellationToken: cancellationToken)) == 1;
    }

    public async Task<(string Recipient, string Subject, string Body, int Attempts)> ReadAsync(long mailId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var (recipient, subject, box, attempts) = await connection.QuerySingleAsync<(string, string, byte[], int)>(new CommandDefinition(
            "select recipient, subject, sealed_body, attempts from portal.mail where mail_id = @mailId", new { mailId }, cancellationToken: cancellationToken));
        return (recipient, subject, secrets.Open(box, [], Context(recipient)), attempts);
    }

    public Task SentAsync(Lease lease, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.mail set state = 'sent', sent_at = now(), attempts = attempts + 1, problem = null where mail_id = @Key", new { lease.Key }, cancellationToken);

    /// <param name="pause">Until the next attempt; null: there is none.</param>
    public Task FailedAsync(Lease lease, string problem, TimeSpan? pause, CancellationToken cancellationToken) => ChangeAsync(lease, """
        update portal.mail
           set attempts = attempts + 1, problem = @problem, lease_owner = null, lease_until = null,
               state = case when @pause::interval is null then 'failed' else 'waiting' end, due_at = now() + coalesce(@pause, interval '0')
         where mail_id = @Key
        """, new { lease.Key, problem, pause }, cancellationToken);

    /// <summary>Makes a mail that waits or failed due at once, with all its attempts again.</summary>
    public async Task<bool> RetryAsync(long mailId, long by, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteAsync(new CommandDefinition("""
            update portal.mail set state = 'waiting', due_at = now(), attempts = 0
             where mail_id = @mailId and state in ('waiting', 'failed') and (lease_until is null or lease_until < now())
            """, new { mailId }, cancellationToken: cancellationToken)) == 0)
            return false;
        await Audit.NoteAsync(connection, by, "mail retried", $"mail {mailId}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Removes the text of mails that were sent so long ago; of those that failed, after a month.</summary>
    public async Task ForgetAsync(TimeSpan kept, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.mail set sealed_body = null where state = 'sent' and sent_at < now() - @kept and sealed_body is not null;
            delete from portal.mail where state = 'failed' and queued_at < now() - interval '30 days' or state = 'sent' and sent_at < now() - interval '365 days';
            """, new { kept }, cancellationToken: cancellationToken));
    }

    /// <summary>Newest first.</summary>
    /// <param name="state">Only these; null: all.</param>
    public async Task<IReadOnlyList<OutboxRow>> ListAsync(string? state, int skip, int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<OutboxRow>(new CommandDefinition("""
            select mail_id, kind, recipient, state, attempts, problem, queued_at, due_at, sent_at from portal.mail
             where @state::text is null or state = @state
             order by mail_id desc offset @skip limit @most
            """, new { state, skip, most }, cancellationToken: cancellationToken))];
    }

    public async Task<IReadOnlyDictionary<string, int>> CountsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<(string State, int Mails)>(new CommandDefinition(
            "select state, count(*)::int from portal.mail group by state", cancellationToken: cancellationToken))).ToDictionary(row => row.State, row => row.Mails);
    }

    Task<int> ChangeAsync(Lease lease, string sql, object parameters, CancellationToken cancellationToken) =>
        Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)), cancellationToken);

    static string Context(string recipient) => $"mail.body/{recipient}";
}
