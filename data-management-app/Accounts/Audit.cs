using Dapper;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>What somebody did, as administrators read it.</summary>
/// <param name="Email">Of who did it; null: nobody, or nobody who is known.</param>
public sealed record AuditRow(long AuditId, DateTime At, long? UserId, string? Email, string Action, string Detail);

/// <summary>The append-only table <c>portal.audit</c>.</summary>
public sealed class Audit(NpgsqlDataSource db)
{
    /// <param name="detail">Numbers and words of ours; no e-mail, no address.</param>
    public async Task NoteAsync(long? userId, string action, string detail, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await NoteAsync(connection, userId, action, detail, cancellationToken);
    }

    /// <summary>In the transaction of what is noted.</summary>
    /// <inheritdoc cref="NoteAsync(long?, string, string, CancellationToken)"/>
    public static Task NoteAsync(NpgsqlConnection connection, long? userId, string action, string detail, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("insert into portal.audit (user_id, action, detail) values (@userId, @action, @detail)",
            new { userId, action, detail }, cancellationToken: cancellationToken));

    /// <summary>Newest first.</summary>
    /// <param name="action">Only this; null: everything.</param>
    /// <param name="email">Only of people whose e-mail holds this; null: of everybody.</param>
    /// <param name="until">Day, included; UTC.</param>
    public async Task<IReadOnlyList<AuditRow>> ListAsync(string? action, string? email, DateOnly? from, DateOnly? until, int skip, int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<AuditRow>(new CommandDefinition("""
            select audit_id, at, user_id, email, action, detail
              from portal.audit a left join portal.app_users u on u.id = a.user_id
             where (@action::text is null or action = @action) and (@email::text is null or strpos(email, lower(@email)) > 0)
               and (@from::date is null or at >= @from::timestamp at time zone 'UTC') and (@until::date is null or at < (@until::date + 1)::timestamp at time zone 'UTC')
             order by audit_id desc offset @skip limit @most
            """, new { action, email, from, until, skip, most }, cancellationToken: cancellationToken))];
    }

    public async Task<IReadOnlyList<string>> ActionsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(new CommandDefinition("select distinct action from portal.audit order by 1", cancellationToken: cancellationToken))];
    }
}
