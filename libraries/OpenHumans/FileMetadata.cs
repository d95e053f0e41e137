using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenHumans;

/// <summary>What a file says about itself on Open Humans. A field that is null is not sent: Open Humans answers 500 to null dates (contract §3).</summary>
public sealed record FileMetadata
{
    public required string Description { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Collection { get; init; }

    /// <summary>yyyy-mm-dd (UTC day), yyyy-mm (month) or undated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Period { get; init; }

    /// <summary>Grows with every rewrite of the period.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Revision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Records { get; init; }

    /// <summary>Time of the first record.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>Time of the last record.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndDate { get; init; }

    /// <summary>Of the bytes as stored, hex.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sha256 { get; init; }

    /// <summary>Of the bytes as stored, hex.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Md5 { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? UpdatedAt { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Wire.Default.FileMetadata);

    /// <returns>Null when the metadata was written by somebody else in another shape.</returns>
    public static FileMetadata? TryRead(JsonElement metadata)
    {
        try
        {
            return metadata.Deserialize(Wire.Default.FileMetadata);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
