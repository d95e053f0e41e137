using System.Globalization;
using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Values of columns as text: numbers by value, times as microseconds, a pseudonym as what it stands for. Empty text counts as null.</summary>
static class Cells
{
    /// <returns>The row a record should have; null when it should have none in that table.</returns>
    public static string?[]? Expected(Table table, JsonElement record)
    {
        if (table.Only is { } field && record.Field(field)?.ValueKind is not JsonValueKind.Object)
            return null;
        var allowed = AllowedFields.Of(table.Collection);
        return Array.ConvertAll(table.Columns, column => Array.ConvertAll(column.From, path => Read(column, path, record, allowed)).FirstOrDefault(cell => cell is not null));
    }

    /// <returns>A value of <c>to_jsonb</c> of a row.</returns>
    public static string? Found(ColumnType type, JsonElement value) => value.ValueKind is JsonValueKind.Null ? null : Found(type, value.Text());

    /// <returns>A value as an exported file writes it.</returns>
    public static string? Found(ColumnType type, string text) => text.Length == 0 ? null : type switch
    {
        ColumnType.Number or ColumnType.Whole => DecimalText.Of(text) ?? text,
        ColumnType.Time => Micros(Moment.Of(text)) ?? text,
        _ => text,
    };

    /// <summary>Times may differ by a microsecond: fractions beyond it are cut by one and rounded by another.</summary>
    public static bool AreEqual(ColumnType type, string? expected, string? found) =>
        expected == found
        || type is ColumnType.Time && long.TryParse(expected, out var one) && long.TryParse(found, out var other) && Math.Abs(one - other) <= 1;

    static string? Read(Column column, string path, JsonElement record, Allowed allowed)
    {
        if (At(path, record, allowed) is not { } leaf || leaf.Sent.ValueKind is JsonValueKind.Null || leaf.Sent.IsEmptyText())
            return null;
        var text = leaf.Part ?? leaf.Sent.Text();
        if (column.ZeroMeansNone && text == "0")
            return null;
        return column.Type switch
        {
            ColumnType.Number => Within(column, DecimalText.Of(text.TrimEnd('%'))),
            ColumnType.Bool => bool.TryParse(text, out var value) ? value ? "true" : "false" : null,
            ColumnType.Time => Micros(Time(column, leaf.Sent)),
            ColumnType.Whole => DecimalText.Of(text)?.Split('.')[0],
            ColumnType.Name or ColumnType.Pseudonym => leaf.Original,
            _ => text,
        };
    }

    static string? Within(Column column, string? number) => number is null || column.Limits is not var (least, most)
        || decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? number : null;

    /// <summary>A number that would be of January 1970 as milliseconds is seconds.</summary>
    static long? Time(Column column, JsonElement sent)
    {
        var time = Moment.Of(sent);
        if (time is >= 1_000_000_000_000 and < 2_000_000_000_000 && !sent.Text().AsSpan().ContainsAny("-:/"))
            time *= 1000;
        return column.HasAnyTime || time >= Earliest && time < Latest ? time : null;
    }

    static readonly long Earliest = Moment.Micros(new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)), Latest = Moment.Micros(new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Of a list its first element.</summary>
    static Leaf? At(string path, JsonElement record, Allowed allowed)
    {
        var value = record;
        foreach (var name in path.Split('.'))
        {
            if (allowed.Field(name) is not { } inner || First(value).Field(name) is not { } field)
                return null;
            (allowed, value) = (inner, field);
        }
        return allowed.Keep(First(value));
    }

    static JsonElement First(JsonElement value)
    {
        while (value.ValueKind is JsonValueKind.Array && value.GetArrayLength() > 0)
            value = value[0];
        return value;
    }

    static string? Micros(long? time) => time?.ToString(CultureInfo.InvariantCulture);
}
