using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Plain records of every collection, with ids as MongoDB gives them.</summary>
static class Records
{
    public static string Id(int number) => $"{number:x24}";

    public static string Of(string collection, int number, DateTimeOffset at, string value = "first")
    {
        var rest = $"\"_id\":\"{Id(number)}\",\"value\":\"{value}\"";
        return collection switch
        {
            "entries" => $$"""{{{rest}},"type":"sgv","sgv":{{100 + number}},"date":{{at.ToUnixTimeMilliseconds()}} }""",
            "treatments" => $$"""{{{rest}},"eventType":"Temp Basal","rate":{{number}},"created_at":"{{at.Iso()}}"}""",
            "devicestatus" => $$"""{{{rest}},"device":"pump","created_at":"{{at.Iso()}}"}""",
            _ => $$"""{{{rest}},"startDate":"{{at.Iso()}}","store":{} }""",
        };
    }

    public static SiteRecords OfSite(this NightscoutSite site, string collection) =>
        collection switch { "entries" => site.Entries, "treatments" => site.Treatments, "devicestatus" => site.DeviceStatus, _ => site.Profiles };

    /// <summary>The value in the files of a record; null when no file has it.</summary>
    public static string? ValueOf(this Enrolled participant, string collection, int number) =>
        participant.Records(collection).TryGetValue(Id(number), out var json) ? System.Text.Json.Nodes.JsonNode.Parse(json)!["value"]!.ToString() : null;

    public static bool IsMarkedDeleted(this Enrolled participant, string collection, int number) =>
        participant.Records(collection)[Id(number)].Contains("\"isValid\":false", StringComparison.Ordinal);
}
