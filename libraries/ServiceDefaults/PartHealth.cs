using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults;

/// <summary>How a part of a service is, as <c>/health/ready</c> says it.</summary>
/// <param name="Cause">What is wrong, and what to do; null: nothing is.</param>
public sealed record PartHealth(HealthStatus Status, string? Cause)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it is read by people, and is JSON, no page
    };

    /// <summary>A check's own words; of an exception only that there was one, because it may quote what it failed on.</summary>
    public static PartHealth Of(HealthReportEntry entry) => new(entry.Status, entry.Exception switch
    {
        null => entry.Description,
        OperationCanceledException => "it did not answer in time",
        { } problem => $"the check failed ({problem.GetType().Name}); see the log",
    });

    /// <summary>What is not as it should be, part by part.</summary>
    public static IReadOnlyDictionary<string, PartHealth> Failing(HealthReport report) =>
        report.Entries.Where(part => part.Value.Status != HealthStatus.Healthy).ToDictionary(part => part.Key, part => Of(part.Value));

    /// <exception cref="JsonException">It is no answer of our services.</exception>
    public static IReadOnlyDictionary<string, PartHealth> Read(Stream answer) => JsonSerializer.Deserialize<Dictionary<string, PartHealth>>(answer, Json) ?? [];
}
