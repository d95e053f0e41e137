using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>What is left of an erased participant: no personal data.</summary>
/// <param name="ReceiptId">Random.</param>
/// <param name="AskedAt">Also when the register's part was done: consent, tokens, salt and member id are gone since.</param>
/// <param name="CopyingAt">When the ingester had removed its rows; null: not yet.</param>
/// <param name="WarehouseAt">The same of the ETL.</param>
/// <param name="PortalAt">The same of the portal, files included.</param>
/// <param name="CompletedAt">Null: a part is not done yet.</param>
public sealed record ErasureReceipt(Guid ReceiptId, string AskedBy, DateTime AskedAt, DateTime? CopyingAt, DateTime? WarehouseAt, DateTime? PortalAt, DateTime? CompletedAt);

/// <summary>What became of the files in the participant's account before an erasure. It stands in the address of the receipt only.</summary>
/// <param name="Left">Others stayed, as they wished.</param>
public sealed record ErasedFiles(int Deleted, bool Left);

/// <summary>A line of the erasure list, which is kept outside the backups: a restored database brings people back who had left.</summary>
/// <param name="Member">Keyed hash of the project_member_id, hex.</param>
public sealed record ErasedMember([property: JsonPropertyName("member")] string Member, [property: JsonPropertyName("asked_at")] DateTime AskedAt);

/// <summary>
/// Erases participants. The register's part is done at once, so that nothing is visible, copied or opened from then on; a receipt then waits for
/// the other services to remove what they hold. Repeating it changes nothing.
/// </summary>
public sealed class Erasure(NpgsqlDataSource db, SecretBox secrets, RegistrationOptions options, Messages messages)
{
    static readonly SemaphoreSlim List = new(1);

    /// <param name="askedBy">participant, webhook, operator or restore.</param>
    /// <param name="askedAt">When the participant asked, if that is known: whoever joined after it has not asked.</param>
    /// <returns>The receipt's number, null when there is no such participant.</returns>
    public Task<Guid?> BeginAsync(string member, string askedBy, DateTimeOffset? askedAt, CancellationToken cancellationToken) => BeginAsync(member, askedBy, askedAt, null, cancellationToken);

    /// <param name="files">Null: not known.</param>
    public async Task<Guid?> BeginAsync(string member, string askedBy, DateTimeOffset? askedAt, ErasedFiles? files, CancellationToken cancellationToken)
    {
        var farewell = askedBy is "participant" or "operator" ? await messages.PrepareFarewellAsync(member, cancellationToken) : null; // who left on Open Humans has no token any more
        if (await RemoveAsync(member, askedBy, askedAt, cancellationToken) is not ({ } receipt, var isNew))
            return null;
        if (farewell is not null && isNew)
            await messages.SayFarewellAsync(farewell, receipt, files, cancellationToken);
        return receipt;
    }

    /// <returns>Null when there is no such participant; not new: somebody else was quicker.</returns>
    async Task<(Guid Receipt, bool IsNew)?> RemoveAsync(string member, string askedBy, DateTimeOffset? askedAt, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
                "select participant_id from register.participant where project_member_id = @member and (@askedAt is null or created_at <= @askedAt)",
                new { member, askedAt }, cancellationToken: cancellationToken)) is not { } participantId)
            return null;
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Ledger(participantId), cancellationToken);
        var hash = Erasures.MemberHash(member, secrets);
        if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from register.participant where participant_id = @participantId)", new { participantId }, cancellationToken: cancellationToken)))
            return await connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(
                "select receipt_id from register.erasure_receipt where member_hash = @hash order by asked_at desc limit 1", new { hash }, cancellationToken: cancellationToken)) is { } earlier ? (earlier, false) : null;
        var receipt = await connection.QuerySingleAsync<(Guid Id, DateTime AskedAt)>(new CommandDefinition("""
            delete from register.consent where participant_id = @participantId;
            delete from register.participant where participant_id = @participantId;
            insert into register.erasure_receipt (participant_id, member_hash, asked_by) values (@participantId, @hash, @askedBy)
            returning receipt_id, asked_at
            """, new { participantId, hash, askedBy }, cancellationToken: cancellationToken));
        await NoteAsync(new(Convert.ToHexStringLower(hash), receipt.AskedAt), cancellationToken); // before the commit: one line too many does no harm
        await transaction.CommitAsync(cancellationToken);
        return (receipt.Id, true);
    }

    /// <summary>The newest receipt of a member.</summary>
    public async Task<ErasureReceipt?> FindAsync(string member, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QueryFirstOrDefaultAsync<ErasureReceipt>(new CommandDefinition("""
            select receipt_id, asked_by, asked_at, copying_at, warehouse_at, portal_at, completed_at
              from register.erasure_receipt where member_hash = @hash order by asked_at desc limit 1
            """, new { hash = Erasures.MemberHash(member, secrets) }, cancellationToken: cancellationToken));
    }

    /// <summary>A receipt by its number, which only who asked for it knows; null: there is none.</summary>
    public async Task<ErasureReceipt?> FindAsync(Guid receipt, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ErasureReceipt>(new CommandDefinition("""
            select receipt_id, asked_by, asked_at, copying_at, warehouse_at, portal_at, completed_at from register.erasure_receipt where receipt_id = @receipt
            """, new { receipt }, cancellationToken: cancellationToken));
    }

    public async Task<IReadOnlyList<ErasedMember>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<ErasedMember>(new CommandDefinition(
            "select encode(member_hash, 'hex') as member, asked_at from register.erasure_receipt order by asked_at", cancellationToken: cancellationToken))];
    }

    /// <summary>Erases again whom a restored database brought back.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ReplayAsync(IEnumerable<ErasedMember> list, CancellationToken cancellationToken)
    {
        var asked = list.GroupBy(erased => erased.Member).ToDictionary(same => same.Key, same => same.Max(erased => erased.AskedAt));
        IReadOnlyList<string> members;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            members = [.. await connection.QueryAsync<string>(new CommandDefinition("select project_member_id from register.participant", cancellationToken: cancellationToken))];
        var erased = 0;
        foreach (var member in members)
            if (asked.TryGetValue(Convert.ToHexStringLower(Erasures.MemberHash(member, secrets)), out var at) && await BeginAsync(member, "restore", at, cancellationToken) is not null)
                erased++;
        return erased;
    }

    async Task NoteAsync(ErasedMember erased, CancellationToken cancellationToken)
    {
        if (options.ErasureList.Length == 0)
            return;
        await List.WaitAsync(cancellationToken);
        try
        {
            await File.AppendAllTextAsync(options.ErasureList, JsonSerializer.Serialize(erased) + "\n", cancellationToken);
        }
        finally
        {
            List.Release();
        }
    }
}
