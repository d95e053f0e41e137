using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using ServiceDefaults;

namespace Register;

/// <summary>An erasure that a service still has to do its part of.</summary>
public sealed record DueErasure(Guid ReceiptId, long ParticipantId);

/// <summary>A service's part of erasing participants: it removes what its own schema holds, and says so in <c>register.erasure_receipt</c>.</summary>
/// <param name="done">The receipt's column of this service's part.</param>
public sealed class Erasures(NpgsqlDataSource db, string done)
{
    public async Task<IReadOnlyList<DueErasure>> DueAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<DueErasure>(new CommandDefinition(
            $"select receipt_id, participant_id from register.erasure_receipt where participant_id is not null and {done} is null", cancellationToken: cancellationToken))];
    }

    /// <summary>Removes and reports in one transaction, so that a receipt never says more than is true.</summary>
    /// <param name="remove">Removes the participant's rows; false: it cannot be done yet.</param>
    /// <returns>False: nothing was removed, try again.</returns>
    public async Task<bool> RunAsync(DueErasure erasure, Func<NpgsqlConnection, Task<bool>> remove, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await AdvisoryLock.TakeAsync(connection, AdvisoryLock.Newcomers, cancellationToken); // who read the register before the participant left it has written by now what comes of that
        await AdvisoryLock.ReleaseAsync(connection, AdvisoryLock.Newcomers);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await remove(connection))
            return false;
        await connection.ExecuteAsync(new CommandDefinition("select register.report_erased(@ReceiptId)", new { erasure.ReceiptId }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Whether a member is on the erasure list, also one who has come back since.</summary>
    public static Task<bool> IsErasedAsync(string projectMemberId, SecretBox secrets, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from register.erasure_receipt where member_hash = @hash)",
            new { hash = MemberHash(projectMemberId, secrets) }, cancellationToken: cancellationToken));

    /// <summary>What the erasure list knows a member by: with the deployment key a member can be looked up, without it nobody can be found.</summary>
    /// <returns>32 bytes, the same also after the deployment key was rotated.</returns>
    public static byte[] MemberHash(string projectMemberId, SecretBox secrets) =>
        HMACSHA256.HashData(secrets.DeriveKey([], "erasure list"), Encoding.UTF8.GetBytes(projectMemberId));
}
