using Dapper;
using Npgsql;

namespace DataManagementApp.Accounts;

/// <summary>One-time links by which a person chooses their password: the first one, or another.</summary>
public sealed class Invitations(NpgsqlDataSource db, OneTimeLinks links)
{
    public static readonly TimeSpan ValidFor = TimeSpan.FromDays(7), ResetValidFor = TimeSpan.FromHours(1);

    /// <summary>A link to print, that works once; earlier ones of the user stop working.</summary>
    public async Task<Uri> MakeAsync(long userId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return (await MakeAsync(connection, userId, email: null, OneTimeLinks.Invitation, cancellationToken)).Link;
    }

    /// <param name="email">Where it is sent; null: it is printed.</param>
    /// <param name="purpose">Invitation or reset.</param>
    public async Task<OneTimeLink> MakeAsync(NpgsqlConnection connection, long userId, string? email, string purpose, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("delete from portal.one_time_link where user_id = @userId and purpose = @purpose", new { userId, purpose }, cancellationToken: cancellationToken));
        return await links.MakeAsync(connection, purpose, userId, email, purpose == OneTimeLinks.Reset ? ResetValidFor : ValidFor, cancellationToken);
    }

    /// <returns>Whose link it is; null when it is unknown, used or too old.</returns>
    public Task<long?> FindAsync(string? token, CancellationToken cancellationToken) => links.FindAsync(token, cancellationToken, OneTimeLinks.Invitation, OneTimeLinks.Reset);

    /// <summary>Uses the link up and sets the password, both or neither; other links of the user stop working, and their sessions and access tokens end.</summary>
    /// <returns>The user, and how many tokens ended; null when the link does not work (any more).</returns>
    public async Task<(long Id, int Tokens)?> AcceptAsync(string? token, string password, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await OneTimeLinks.UseAsync(connection, token, cancellationToken, OneTimeLinks.Invitation, OneTimeLinks.Reset) is not { } id
            || await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select deactivated from portal.app_users where id = @id", new { id }, cancellationToken: cancellationToken)))
            return null;
        var tokens = await Users.SetPasswordAsync(connection, id, password, endTokens: true, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("delete from portal.one_time_link where user_id = @id and used_at is null", new { id }, cancellationToken: cancellationToken));
        await Audit.NoteAsync(connection, id, "password chosen", Users.Tokens(tokens), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (id, tokens);
    }
}
