using Dapper;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Alerts;

/// <summary>The table <c>portal.slack_message</c>: messages wait here until Slack has taken them, also while it or we are down.</summary>
public sealed class SlackQueue(NpgsqlDataSource db)
{
    /// <summary>What Slack did not take in this time is given up: it is no news any more, and what lasts is told again.</summary>
    static readonly TimeSpan GivenUpAfter = TimeSpan.FromHours(24);

    public Leases Leases { get; } = new(db, "portal.slack_message", "message_id", "state = 'waiting'", TimeSpan.FromMinutes(1));

    /// <summary>In the transaction of what it tells of.</summary>
    public Task AddAsync(NpgsqlConnection connection, string text, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("insert into portal.slack_message (text) values (@text)", new { text }, cancellationToken: cancellationToken));

    public async Task<(string Text, int Attempts)> ReadAsync(long messageId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<(string, int)>(new CommandDefinition("select text, attempts from portal.slack_message where message_id = @messageId", new { messageId }, cancellationToken: cancellationToken));
    }

    public Task SentAsync(Lease lease, CancellationToken cancellationToken) => ChangeAsync(lease,
        "update portal.slack_message set state = 'sent', sent_at = now(), attempts = attempts + 1, problem = null where message_id = @Key", new { lease.Key }, cancellationToken);

    public Task FailedAsync(Lease lease, string problem, TimeSpan pause, CancellationToken cancellationToken) => ChangeAsync(lease, """
        update portal.slack_message
           set attempts = attempts + 1, problem = @problem, lease_owner = null, lease_until = null, due_at = now() + @pause,
               state = case when queued_at < now() - @GivenUpAfter then 'failed' else 'waiting' end
         where message_id = @Key
        """, new { lease.Key, problem, pause, GivenUpAfter }, cancellationToken);

    /// <summary>Gives up what waited too long, also untried because Slack was not set, and removes what is old.</summary>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            update portal.slack_message set state = 'failed', lease_owner = null, lease_until = null
             where state = 'waiting' and queued_at < now() - @GivenUpAfter and (lease_until is null or lease_until < now());
            delete from portal.slack_message where state <> 'waiting' and queued_at < now() - interval '90 days';
            """, new { GivenUpAfter }, cancellationToken: cancellationToken));
    }

    /// <returns>Of the newest: when it was taken, and why not; null: there was none.</returns>
    public async Task<(DateTime? SentAt, string? Problem)?> NewestAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<(DateTime?, string?)>(new CommandDefinition("select sent_at, problem from portal.slack_message order by message_id desc limit 1", cancellationToken: cancellationToken)))
            .Select(newest => ((DateTime?, string?)?)newest).FirstOrDefault();
    }

    Task<int> ChangeAsync(Lease lease, string sql, object parameters, CancellationToken cancellationToken) =>
        Leases.CommitAsync(lease, connection => connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)), cancellationToken);
}
