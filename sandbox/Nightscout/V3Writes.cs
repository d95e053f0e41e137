using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox;

/// <summary>Writes as AAPS does, through API v3: the server stamps every change with its own time (contract §3).</summary>
public static class V3Writes
{
    static readonly byte[] Namespace = "NightscoutRocks!"u8.ToArray();

    /// <summary>Creates a record, or replaces the one with its identifier, or the one of v1 that looks the same; a deleted one is alive again.</summary>
    /// <param name="json">A JSON object without what the server sets: identifier (if need be), created_at, srvCreated, srvModified, subject.</param>
    /// <param name="subject">Name of the token's subject.</param>
    /// <returns>Its identifier.</returns>
    public static string WriteV3(this SiteRecords records, string json, string subject = "aaps")
    {
        var record = RecordJson.Only(Encoding.UTF8.GetBytes(json), name => name is not ("_id" or "srvCreated" or "srvModified" or "subject"));
        if ((MomentText.ParseV3(RecordJson.Field(record, "date")) ?? MomentText.ParseV3(RecordJson.Field(record, "created_at"))) is { } at)
            record = WithTime(record, at);
        if (RecordJson.Field(record, "identifier").Kind != ScalarKind.Text)
            record = RecordJson.With(record, "identifier", JsonSerializer.Serialize(IdentifierOf(record)));

        var identifier = RecordJson.Field(record, "identifier");
        var old = records.FirstWhere(stored => stored.Has("identifier", identifier)
            || !V3Forms.HasIdentifier(stored) && (stored.Has("_id", identifier) || LooksAlike(records.Kind, stored, record)));
        var now = $"{records.Now.ToUnixTimeMilliseconds()}";
        var created = old is { } known ? Encoding.UTF8.GetString(RecordJson.Raw(known.Json, "srvCreated").Span) : "";
        record = RecordJson.With(record, "srvCreated", created == "" ? now : created);
        record = RecordJson.With(record, "srvModified", now);
        record = RecordJson.With(record, "subject", JsonSerializer.Serialize(subject));
        if (old is { } replaced)
            records.Replace(replaced.Id, record);
        else
            records.InsertAll([record]);
        return identifier.ToString();
    }

    /// <summary>Changes some fields of a record (PATCH), of v1 as well.</summary>
    /// <param name="id">Its identifier or its id.</param>
    /// <param name="json">A JSON object with the fields to change.</param>
    /// <returns>False when there is none, or it is deleted.</returns>
    public static bool EditV3(this SiteRecords records, string id, string json, string subject = "aaps")
    {
        if (records.FindStored(id) is not { IsDeleted: false } record)
            return false;
        var edited = record.Json;
        foreach (var (name, value, _) in RecordJson.Fields(Encoding.UTF8.GetBytes(json)))
            edited = RecordJson.With(edited, name, Encoding.UTF8.GetString(value.Span));
        return records.Replace(record.Id, Stamped(records, edited, subject));
    }

    /// <summary>Deletes a record the soft way: it keeps its fields, is no longer valid, and shows in the history.</summary>
    /// <param name="id">Its identifier or its id.</param>
    /// <returns>False when there is none.</returns>
    public static bool DeleteV3(this SiteRecords records, string id, string subject = "aaps") =>
        records.FindStored(id) is { } record
        && records.Replace(record.Id, Stamped(records, RecordJson.With(record.Json, "isValid", "false"), subject));

    static Record? FindStored(this SiteRecords records, string id)
    {
        var wanted = Scalar.Of(id);
        return records.FirstWhere(record => record.Has("identifier", wanted) || record.Has("_id", wanted));
    }

    static ReadOnlyMemory<byte> Stamped(SiteRecords records, ReadOnlyMemory<byte> json, string subject) =>
        RecordJson.With(RecordJson.With(json, "srvModified", $"{records.Now.ToUnixTimeMilliseconds()}"), "modifiedBy", JsonSerializer.Serialize(subject));

    static ReadOnlyMemory<byte> WithTime(ReadOnlyMemory<byte> json, DateTimeOffset at)
    {
        var dated = RecordJson.With(json, "date", $"{at.ToUnixTimeMilliseconds()}");
        dated = RecordJson.With(dated, "created_at", $"\"{MomentText.Iso(at)}\"");
        return RecordJson.Field(dated, "utcOffset").Kind == ScalarKind.Missing
            ? RecordJson.With(dated, "utcOffset", $"{(int)at.Offset.TotalMinutes}") : dated;
    }

    /// <summary>A record of v1 with the same time and kind is taken for the same.</summary>
    static bool LooksAlike(RecordKind kind, Record stored, ReadOnlyMemory<byte> json)
    {
        string[] fields = kind.Name switch
        {
            "entries" => ["date", "type"],
            "treatments" => ["created_at", "eventType"],
            "devicestatus" => ["created_at", "device"],
            _ => ["created_at"],
        };
        return fields.All(field => RecordJson.Field(json, field) is { Kind: not ScalarKind.Missing } value && stored.Has(field, value));
    }

    /// <summary>A UUID of version 5 over device, date and event type, as the server computes it.</summary>
    static string IdentifierOf(ReadOnlyMemory<byte> json)
    {
        string Text(string field) => RecordJson.Field(json, field) is { Kind: not ScalarKind.Missing } value ? value.ToString() : "undefined";
        var key = $"{Text("device")}_{Text("date")}" + (RecordJson.Field(json, "eventType").Kind == ScalarKind.Text ? $"_{Text("eventType")}" : "");
        var hash = SHA1.HashData([.. Namespace, .. Encoding.UTF8.GetBytes(key)]);
        hash[6] = (byte)(hash[6] & 0x0f | 0x50);
        hash[8] = (byte)(hash[8] & 0x3f | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true).ToString();
    }
}
