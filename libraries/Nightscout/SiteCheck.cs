using System.Text.Json;

namespace Nightscout;

/// <summary>What a site says of itself when it is tried for the first time.</summary>
/// <param name="Site">Where to read it from now on.</param>
/// <param name="Version">Of the software, "" when it does not say.</param>
/// <param name="Name">Of the software, "" when it does not say.</param>
/// <param name="Units">It shows glucose in, as it writes them (mg/dl, mmol); "" when it does not say.</param>
public sealed record SiteCheck(Site Site, string Version, string Name = "", string Units = "")
{
    /// <exception cref="NotNightscoutException">The answer is JSON of something else.</exception>
    internal static SiteCheck Read(Site site, ReadOnlyMemory<byte> status)
    {
        try
        {
            using var answer = JsonDocument.Parse(status);
            if (answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("apiEnabled", out _))
                return new(site, Text(answer.RootElement, "version"), Text(answer.RootElement, "name"),
                    answer.RootElement.TryGetProperty("settings", out var settings) && settings.ValueKind == JsonValueKind.Object ? Text(settings, "units") : "");
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // falls through: not the JSON of a Nightscout
        }
        throw new NotNightscoutException("its answer is not the status of a Nightscout");
    }

    /// <summary>What a stranger wrote is kept short.</summary>
    static string Text(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= 40 } text ? text : "";
}
