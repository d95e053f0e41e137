using System.Text.Json;

namespace Sandbox.Check;

/// <summary>A record as the typed tables should hold it.</summary>
/// <param name="Parts">One row per table of its collection; null: none there.</param>
sealed record ExpectedRecord(string Participant, RecordKey Key, string?[]?[] Parts)
{
    /// <returns>Null for a record that was deleted at the source: the warehouse does not hold it.</returns>
    public static ExpectedRecord? Of(string participant, RecordKey key, JsonElement record) =>
        IsDeleted(record) ? null : new(participant, key, Array.ConvertAll(Tables.Of(key.Collection), table => Cells.Expected(table, record)));

    /// <summary>isValid is false: so AAPS marks what it deletes (openaps.loaded_file.rows_deleted).</summary>
    public static bool IsDeleted(JsonElement record) => record.Field("isValid")?.ValueKind is JsonValueKind.False;

    /// <summary>Puts the pseudonyms of the warehouse where the texts are that they stand for: exports must show others, one for one.</summary>
    public void Pseudonymise(Pseudonyms pseudonyms)
    {
        var tables = Tables.Of(Key.Collection);
        for (var part = 0; part < tables.Length; part++)
            for (var index = 0; index < tables[part].Columns.Length; index++)
                if (Parts[part] is { } cells && cells[index] is { } original && tables[part].Columns[index].Space is { } space)
                    cells[index] = pseudonyms.Of(space, original);
    }
}
