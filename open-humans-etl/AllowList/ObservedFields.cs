using System.Text.Json;
using Npgsql;

namespace OpenHumansEtl.AllowList;

/// <summary>Counts in how many records of a batch each field of the allow-list was kept, and as which JSON types, for the data dictionary.</summary>
/// <param name="paths">From <see cref="Field.WithNumbers"/>.</param>
public sealed class ObservedFields(IReadOnlyList<string> paths)
{
    const ushort OnlyNull = 1 << (int)JsonTokenType.Null;

    readonly int[] _records = new int[paths.Count];
    readonly ushort[] _types = new ushort[paths.Count];

    /// <summary>A record holds a field.</summary>
    /// <param name="types">A bit for each <see cref="JsonTokenType"/> its values begin with; null alone is no value.</param>
    public void Add(int number, ushort types)
    {
        _types[number] |= types;
        if (types != OnlyNull)
            _records[number]++;
    }

    public void Clear()
    {
        Array.Clear(_records);
        Array.Clear(_types);
    }

    /// <summary>Beside the raw segment of the same part, in place of what was there.</summary>
    public async Task StoreAsync(NpgsqlConnection connection, long participantId, SourceFile file, int part, CancellationToken cancellationToken)
    {
        var seen = Enumerable.Range(1, paths.Count - 1).Where(number => _types[number] != 0).ToList();
        await using var command = new NpgsqlCommand("""
            insert into openaps.observed_part as have (participant_id, collection, period, part, paths, types, records)
            values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (participant_id, collection, period, part) do update
               set paths = excluded.paths, types = excluded.types, records = excluded.records
            """, connection)
        {
            Parameters =
            {
                new() { Value = participantId }, new() { Value = file.Collection }, new() { Value = file.Period.Name }, new() { Value = part },
                new() { Value = seen.Select(number => paths[number]).ToArray() }, new() { Value = seen.Select(number => Stored(_types[number])).ToArray() },
                new() { Value = seen.Select(number => _records[number]).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Adds up what the periods of a participant's collection hold, once one of them is complete or gone.</summary>
    public static async Task SumUpAsync(NpgsqlConnection connection, long participantId, string collection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            with now as (
                select path, bit_or(seen.types) as types, sum(seen.records) as records
                  from openaps.observed_part part, unnest(part.paths, part.types, part.records) as seen (path, types, records)
                 where participant_id = $1 and collection = $2
                 group by path),
            gone as (
                delete from openaps.observed_field o where participant_id = $1 and collection = $2 and not exists (select from now where now.path = o.path))
            insert into openaps.observed_field as have (participant_id, collection, path, types, records)
            select $1, $2, path, types, records from now
                on conflict (participant_id, collection, path) do update set types = excluded.types, records = excluded.records
             where (have.types, have.records) is distinct from (excluded.types, excluded.records)
            """, connection)
        {
            Parameters = { new() { Value = participantId }, new() { Value = collection } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>As <c>openaps.observed_part.types</c> says.</summary>
    static short Stored(ushort types)
    {
        return (short)((Has(JsonTokenType.StartObject) ? 1 : 0) | (Has(JsonTokenType.StartArray) ? 2 : 0) | (Has(JsonTokenType.String) ? 4 : 0) | (Has(JsonTokenType.Number) ? 8 : 0)
            | (Has(JsonTokenType.True) || Has(JsonTokenType.False) ? 16 : 0) | (Has(JsonTokenType.Null) ? 32 : 0));

        bool Has(JsonTokenType type) => (types & 1 << (int)type) != 0;
    }
}
