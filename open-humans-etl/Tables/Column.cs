using System.Globalization;
using System.Text.Json;
using Nightscout;
using NpgsqlTypes;
using OpenHumansEtl.AllowList;

namespace OpenHumansEtl.Tables;

/// <summary>A column of the warehouse and where its value comes from.</summary>
/// <param name="Name">In the database.</param>
/// <param name="Type">Of the column.</param>
/// <param name="Paths">Fields of the record, dotted; the first with a usable value wins.</param>
public sealed record Column(string Name, NpgsqlDbType Type, params string[] Paths)
{
    /// <summary>Uploaders write 0 where they have no value.</summary>
    public bool ZeroIsNone { get; init; }

    public static Column Number(string name, params string[] paths) => new(name, NpgsqlDbType.Numeric, paths);

    public static Column Integer(string name, params string[] paths) => new(name, NpgsqlDbType.Bigint, paths);

    public static Column Text(string name, params string[] paths) => new(name, NpgsqlDbType.Text, paths);

    public static Column Flag(string name, params string[] paths) => new(name, NpgsqlDbType.Boolean, paths);

    public static Column Time(string name, params string[] paths) => new(name, NpgsqlDbType.TimestampTz, paths);

    /// <summary>The value as the column's type; null when there is none or it cannot be read as that.</summary>
    public object? Convert(Captured value) => value.Type is JsonTokenType.None or JsonTokenType.StartObject || value.Text is not { Length: > 0 } text || ZeroIsNone && text == "0" ? null : Type switch
    {
        NpgsqlDbType.Numeric => decimal.TryParse(text.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
        NpgsqlDbType.Bigint => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var integer) && Math.Abs(integer) < long.MaxValue ? (long)integer : null,
        NpgsqlDbType.Boolean => bool.TryParse(text, out var flag) ? flag : null,
        NpgsqlDbType.TimestampTz => RecordTime.TryParse(text, out var time) ? time.UtcDateTime : null,
        NpgsqlDbType.Text => text,
        _ => throw new InvalidOperationException($"{Type}"),
    };
}

/// <summary>A table that a record of a collection becomes one row of.</summary>
/// <param name="Key">Column that holds the record's identifier.</param>
/// <param name="Present">Field that must be there for a row to be made; null: always.</param>
public sealed record Table(string Name, string Key, string? Present, params Column[] Columns);
