using Dapper;
using Npgsql;

namespace Codebook;

/// <summary>How the records of the participants whom a grant covers hold a field.</summary>
/// <param name="Path">Empty: the record itself.</param>
/// <param name="Types">JSON types: object, array, text, number, true or false, null.</param>
/// <param name="Participants">Who have it; null: fewer than five.</param>
/// <param name="ParticipantsOf">Who have records of the collection; null: fewer than five.</param>
/// <param name="Records">That hold it; null: of fewer than five participants.</param>
public sealed record ObservedField(string Collection, string Path, IReadOnlyList<string> Types, long? Participants, long? ParticipantsOf, long? Records)
{
    /// <summary>Participants who have it, of those who have records of the collection, 0 to 100 %.</summary>
    public double? SharePercent => Participants is { } have && ParticipantsOf is { } all ? 100.0 * have / all : null;

    /// <summary>Of the transaction's grant.</summary>
    public static async Task<IReadOnlyList<ObservedField>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. (await connection.QueryAsync<(string Collection, string Path, string[] Types, long? Participants, long? Of, long? Records)>(new CommandDefinition("""
            select collection, path, types, participants, participants_of, records::bigint from research.observed_field order by collection, path
            """, cancellationToken: cancellationToken))).Select(row => new ObservedField(row.Collection, row.Path, row.Types, row.Participants, row.Of, row.Records))];
}
