using System.Globalization;
using System.Text;

namespace Sandbox;

/// <summary>What API v3 does to records on their way out (contract §3).</summary>
static class V3Forms
{
    /// <summary>Where v3 looks for the time of a record of v1.</summary>
    public static string TimeField(RecordKind kind) => kind == RecordKind.Entries ? "date" : "created_at";

    /// <summary>The stored identifier, else the id.</summary>
    public static Scalar Identifier(Record record) =>
        HasIdentifier(record) ? RecordJson.Field(record.Json, "identifier") : RecordJson.Field(record.Json, "_id");

    public static bool HasIdentifier(Record record) => RecordJson.Field(record.Json, "identifier") is { Kind: ScalarKind.Text, Text.Length: > 0 };

    /// <summary>When the server last changed it, in Unix milliseconds; null for a record of v1, which does not know.</summary>
    public static double? Modified(Record record) =>
        RecordJson.Field(record.Json, "srvModified") is { Kind: ScalarKind.Number } modified ? modified.Number : null;

    /// <summary>When it seems to have been changed: without a better knowledge, when it happened.</summary>
    public static double? SeemsModified(RecordKind kind, Record record) =>
        Modified(record) ?? MomentText.ParseV3(RecordJson.Field(record.Json, TimeField(kind)))?.ToUnixTimeMilliseconds();

    /// <param name="fields">Names of top-level fields with commas between; null or <c>_all</c>: all.</param>
    public static ReadOnlyMemory<byte> Served(RecordKind kind, Record record, string? fields)
    {
        var json = record.Json;
        if (!HasIdentifier(record))
            json = RecordJson.With(json, "identifier", Encoding.UTF8.GetString(RecordJson.Raw(json, "_id").Span));
        if (SeemsModified(kind, record) is { } modified)
        {
            var text = modified.ToString(CultureInfo.InvariantCulture);
            json = RecordJson.With(json, "srvModified", text);
            if (RecordJson.Field(json, "srvCreated").Kind != ScalarKind.Number)
                json = RecordJson.With(json, "srvCreated", text);
        }
        var wanted = fields is null or "" or "_all" ? null : fields.Split(',');
        return RecordJson.Only(json, name => name != "_id" && wanted?.Contains(name) != false);
    }
}
