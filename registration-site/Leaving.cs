using Dapper;
using Npgsql;

namespace RegistrationSite;

/// <summary>How far a withdrawal is: the participant shares nothing, and what was shared is being removed.</summary>
/// <param name="WarehouseDone">Their rows have left the research collection.</param>
/// <param name="ExportsDone">No file that researchers can fetch holds records of theirs.</param>
public sealed record WithdrawalState(bool WarehouseDone, bool ExportsDone)
{
    public bool IsDone => WarehouseDone && ExportsDone;
}

/// <summary>Pausing, and how far a withdrawal is.</summary>
public sealed class Leaving(NpgsqlDataSource db)
{
    /// <summary>When this returns, nothing more is copied, also not by a run in hand. Safe to repeat.</summary>
    public async Task PauseAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("select register.pause(@participantId)", new { participantId }, cancellationToken: cancellationToken));
    }

    /// <summary>The next copy is due at once.</summary>
    public async Task ResumeAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("update register.participant set paused_at = null, changed_at = clock_timestamp() where participant_id = @participantId and paused_at is not null",
            new { participantId }, cancellationToken: cancellationToken));
    }

    /// <summary>Of somebody who shares nothing.</summary>
    public async Task<WithdrawalState> WithdrawalAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<WithdrawalState>(new CommandDefinition("select warehouse_done, exports_done from register.withdrawal_state(@participantId)",
            new { participantId }, cancellationToken: cancellationToken));
    }
}
