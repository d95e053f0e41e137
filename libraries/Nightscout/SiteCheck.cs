using System.Text.Json;

namespace Nightscout;

/// <summary>What a site says of itself when it is tried for the first time.</summary>
/// <param name="Site">Where to read it from now on.</param>
/// <param name="Version">Of the software, "" when it does not say.</param>
public sealed record SiteCheck(Site Site, string Version)
{
    /// <exception cref="NotNightscoutException">The answer is JSON of something else.</exception>
    internal static SiteCheck Read(Site site, ReadOnlyMemory<byte> status)
    {
        try
        {
            using var answer = JsonDocument.Parse(status);
            if (answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("apiEnabled", out _))
                return new(site, answer.RootElement.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String ? version.GetString()! : "");
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // falls through: not the JSON of a Nightscout
        }
        throw new NotNightscoutException("its answer is not the status of a Nightscout");
    }
}
