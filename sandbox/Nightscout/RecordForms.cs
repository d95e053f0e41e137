using System.Globalization;
using System.Text;

namespace Sandbox;

/// <summary>What the server does to records on their way out (contract §1).</summary>
static class RecordForms
{
    static readonly string[] TextColumns = ["dateString", "date", "sgv", "direction", "device"];

    /// <param name="hasEnd">Whether the server's memory also keeps when a treatment ends.</param>
    public static List<ReadOnlyMemory<byte>> Served(RecordKind kind, IEnumerable<Record> records, bool fromCache, bool hasEnd)
    {
        var served = kind == RecordKind.Entries ? records.OrderByDescending(Order) : records; // entries are sorted again after the selection
        return [.. served.Select(record => fromCache ? Cached(kind, Plain(kind, record), hasEnd) : Plain(kind, record))];
    }

    static ReadOnlyMemory<byte> Plain(RecordKind kind, Record record) =>
        kind == RecordKind.Treatments ? WithNumber(WithNumber(record.Json, "carbs"), "insulin") : record.Json;

    static double Order(Record record) => RecordJson.Field(record.Json, "mills") is { Kind: ScalarKind.Number } mills ? mills.Number : record.Key.Number;

    /// <summary>JavaScript's <c>Number(field)</c>: an absent one becomes null, <c>""</c> and null become 0.</summary>
    static ReadOnlyMemory<byte> WithNumber(ReadOnlyMemory<byte> json, string name) => RecordJson.Field(json, name) switch
    {
        { Kind: ScalarKind.Number } => json,
        { Kind: ScalarKind.Missing } => RecordJson.With(json, name, "null"),
        { Kind: ScalarKind.Null } => RecordJson.With(json, name, "0"),
        var other => RecordJson.With(json, name, Number(other) is { } number ? number.ToString(CultureInfo.InvariantCulture) : "null"),
    };

    static double? Number(Scalar value) => value.Kind switch
    {
        ScalarKind.Text when string.IsNullOrWhiteSpace(value.ToString()) => 0,
        ScalarKind.Text => double.TryParse(value.ToString(), CultureInfo.InvariantCulture, out var number) ? number : null,
        ScalarKind.Bool => value.Number,
        _ => null,
    };

    /// <summary>The form in the server's memory: one record has two, which is why <c>mills</c> is no part of it.</summary>
    static ReadOnlyMemory<byte> Cached(RecordKind kind, ReadOnlyMemory<byte> json, bool hasEnd)
    {
        if (Mills(Record.Of(json, kind.TimeField).Key) is not { } mills)
            return json;
        var cached = RecordJson.With(json, "mills", mills.ToString(CultureInfo.InvariantCulture));
        return hasEnd && kind == RecordKind.Treatments && RecordJson.Field(json, "duration") is { Kind: ScalarKind.Number, Number: > 0 } duration
            ? RecordJson.With(cached, "endmills", (mills + duration.Number * 60_000).ToString(CultureInfo.InvariantCulture)) : cached;
    }

    /// <summary>Unix milliseconds of a time field; null for what is no time.</summary>
    public static double? Mills(Scalar key) => key.Kind switch
    {
        ScalarKind.Number => key.Number,
        ScalarKind.Text => MomentText.Parse(key.ToString())?.ToUnixTimeMilliseconds(),
        _ => null,
    };

    /// <summary>Entries without <c>.json</c>: five columns, tabs between, JSON inside.</summary>
    public static string TabSeparated(IEnumerable<Record> records, char separator) => string.Join("\r\n", records.OrderByDescending(Order).Select(record =>
        string.Join(separator, TextColumns.Select(column => Encoding.UTF8.GetString(RecordJson.Raw(record.Json, column).Span)))));
}
