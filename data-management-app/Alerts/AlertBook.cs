using Dapper;
using DataManagementApp.Mails;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Alerts;

/// <param name="ToldAt">Null: nobody was told yet.</param>
/// <param name="EndedAt">Null: it lasts.</param>
public sealed record AlertRow(long AlertId, string Cause, string Text, int Count, DateTime BeganAt, DateTime SeenAt, DateTime? ToldAt, DateTime? EndedAt);

/// <summary>
/// The table <c>portal.alert</c>. What is found is written down, and what is to be told of it goes into the queues of mails and of Slack in the same
/// transaction, so that it is told at least once and, whoever of several replicas looks, not twice.
/// </summary>
public sealed class AlertBook(NpgsqlDataSource db, Outbox outbox, SlackQueue slack, AlertOptions options, PortalOptions portal)
{
    const string Note = """
        insert into portal.alert (cause, text, count) values (@Cause, @Text, @Count)
            on conflict (cause) where ended_at is null do update set text = excluded.text, count = excluded.count, seen_at = now()
        """;

    const string Columns = "alert_id, cause, text, count, began_at, seen_at, told_at, ended_at";

    /// <summary>Ends what was not found for a while, of which nobody hears who never heard of it.</summary>
    const string End = $"""
        delete from portal.alert where ended_at is null and told_at is null and seen_at < now() - @Over;
        update portal.alert set ended_at = now() where ended_at is null and seen_at < now() - @Over returning {Columns}
        """;

    const string Tell = $"""
        update portal.alert set told_at = now()
         where ended_at is null and seen_at = now() and (told_at is null and began_at <= now() - @After or told_at < now() - @Again and cause = any(@ours))
        returning {Columns}
        """;

    /// <summary>One message, if there is anything to tell: a line for each cause that began, lasts, or is over.</summary>
    public async Task DigestAsync(IReadOnlyList<Finding> found, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await AdvisoryLock.TryTakeInTransactionAsync(connection, AdvisoryLock.Alerts, cancellationToken))
            return; // another replica is at it
        foreach (var finding in found)
            await connection.ExecuteAsync(new CommandDefinition(Note, finding, cancellationToken: cancellationToken));
        var over = (await connection.QueryAsync<AlertRow>(new CommandDefinition(End, new { options.Over }, cancellationToken: cancellationToken))).ToList();
        var recipients = await RecipientsAsync(connection, cancellationToken);
        if (recipients.Count > 0 || options.HasSlack)
        {
            var before = (await connection.QueryAsync<string>(new CommandDefinition("select cause from portal.alert where ended_at is null and told_at is not null", cancellationToken: cancellationToken))).ToHashSet();
            var told = (await connection.QueryAsync<AlertRow>(new CommandDefinition(Tell, new { options.After, options.Again, ours = found.Where(finding => finding.IsOurs).Select(finding => finding.Cause).ToArray() }, cancellationToken: cancellationToken))).ToList();
            if (told.Count + over.Count > 0)
            {
                var open = await connection.ExecuteScalarAsync<int>(new CommandDefinition("select count(*)::int from portal.alert where ended_at is null and told_at is not null", cancellationToken: cancellationToken));
                await QueueAsync(connection, recipients, AlertMessage.Of([.. told.Where(row => !before.Contains(row.Cause))], [.. told.Where(row => before.Contains(row.Cause))], over, open - told.Count, Page), cancellationToken);
            }
        }
        await connection.ExecuteAsync(new CommandDefinition("delete from portal.alert where ended_at < now() - interval '90 days'", cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Open ones first, then those that ended last.</summary>
    public async Task<IReadOnlyList<AlertRow>> ListAsync(int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<AlertRow>(new CommandDefinition($"select {Columns} from portal.alert order by ended_at desc nulls first, began_at desc, alert_id desc limit @most", new { most }, cancellationToken: cancellationToken))];
    }

    /// <summary>Who gets them by mail.</summary>
    public async Task<IReadOnlyList<string>> RecipientsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await RecipientsAsync(connection, cancellationToken);
    }

    public Uri Page => new(portal.BaseUrl!, "/administration/alerts");

    async Task<IReadOnlyList<string>> RecipientsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => options.Mail != AlertOptions.Administrators ? options.Addresses
        : [.. await connection.QueryAsync<string>(new CommandDefinition("select email from portal.app_users where admin and not deactivated order by id", cancellationToken: cancellationToken))];

    async Task QueueAsync(NpgsqlConnection connection, IReadOnlyList<string> recipients, AlertMessage message, CancellationToken cancellationToken)
    {
        foreach (var recipient in recipients)
            await outbox.AddAsync(connection, recipient, Letters.Alert(message), cancellationToken);
        if (options.HasSlack)
            await slack.AddAsync(connection, message.ForSlack(), cancellationToken);
    }
}
