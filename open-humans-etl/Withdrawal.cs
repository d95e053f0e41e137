using Dapper;
using Npgsql;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>Removes what was loaded of a participant who shares nothing any more.</summary>
public sealed class Withdrawal(NpgsqlDataSource db)
{
    static readonly string Remove = string.Concat(Tables.WarehouseTables.All.SelectMany(tables => tables.Tables).Select(table => table.Name)
        .Append("raw_segment").Append("quarantine").Append("loaded_file").Append("loaded_period")
        .Select(table => $"delete from openaps.{table} where participant_id = @participantId;\n"));

    /// <summary>In one transaction, under the lock that loads take; does nothing when the participant shares something by then.</summary>
    public async Task RunAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Warehouse(participantId), cancellationToken);
        if (!(await ConsentLedger.CurrentAsync(participantId, connection, cancellationToken)).SharesNothing)
            return;
        await connection.ExecuteAsync(new CommandDefinition(Remove, new { participantId }, commandTimeout: 0, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }
}
