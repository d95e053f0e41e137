using Dapper;
using Npgsql;

namespace Register;

/// <summary>A participant as the services know them.</summary>
/// <param name="ProjectMemberId">Open Humans' name, for file names in the participant's own account; nothing else is named by it.</param>
/// <param name="Salt">What the participant's keys are derived from.</param>
/// <param name="ChangedAt">Last sign-in, change of address or consent.</param>
/// <param name="SuspendedAt">Since then nothing is copied or visible; null: all is well.</param>
/// <param name="PausedAt">Since then nothing is copied, as the participant wished; null: it goes on.</param>
public sealed record Participant(long ParticipantId, string ProjectMemberId, byte[] Salt, DateTime ChangedAt, DateTime? SuspendedAt, DateTime? PausedAt);

/// <summary>The participant is not in the register (any more): they were erased.</summary>
public sealed class ParticipantGoneException() : Exception("The participant was erased.");

/// <summary>Reads <c>register.participant</c>.</summary>
public sealed class Participants(NpgsqlDataSource db)
{
    /// <exception cref="ParticipantGoneException">There is no such participant.</exception>
    public async Task<Participant> FindAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await FindAsync(participantId, connection, cancellationToken);
    }

    /// <inheritdoc cref="FindAsync(long, CancellationToken)"/>
    public static async Task<Participant> FindAsync(long participantId, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<Participant>(new CommandDefinition("""
            select participant_id, project_member_id, salt, changed_at, suspended_at, paused_at
              from register.participant where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken)) ?? throw new ParticipantGoneException();
}
