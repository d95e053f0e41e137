using Dapper;
using DataManagementApp.Mails;
using Npgsql;
using Quartz;

namespace DataManagementApp.Access;

/// <summary>Tells of access that ends within 30 days, once; and forgets applications whose e-mail nobody confirmed, and links of the past.</summary>
[DisallowConcurrentExecution]
public sealed class ExpiryJob(NpgsqlDataSource db, Outbox outbox, PortalOptions options, ILogger<ExpiryJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            var ending = (await connection.QueryAsync<(string Email, string? Study, DateTime ExpiresAt)>(new CommandDefinition("""
                update portal.access_grant g set expiry_told_at = now()
                  from portal.app_users u
                 where u.id = g.user_id and not u.deactivated and g.revoked_at is null and g.expiry_told_at is null and g.expires_at > now() and g.expires_at < now() + interval '30 days'
                returning u.email, g.study, g.expires_at
                """, cancellationToken: cancellationToken))).ToList();
            foreach (var (email, study, expiresAt) in ending)
                await outbox.AddAsync(connection, email, Letters.Expiry(study, expiresAt, new(options.BaseUrl!, "/studies")), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            if (ending.Count > 0)
                log.LogInformation("{Grants} grants end within 30 days: their owners are told.", ending.Count);
        }
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from portal.researcher_applications where confirmed_at is null and inserted_ts < now() - interval '2 days';
            delete from portal.one_time_link where expires_at < now() - interval '30 days';
            """, cancellationToken: cancellationToken));
    }
}
