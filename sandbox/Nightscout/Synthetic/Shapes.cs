using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Pieces of JSON that several uploaders write alike.</summary>
static class Shapes
{
    public static JsonArray Array(IEnumerable<int> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    /// <summary>Local time with its offset, as pumps and older uploaders write it.</summary>
    public static string Local(DateTimeOffset at, TimeSpan offset) => at.ToOffset(offset).ToString("yyyy-MM-dd'T'HH:mm:sszzz");

    public static string Zulu(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    /// <summary>Adds fields; a null value becomes a JSON null, not an absent field.</summary>
    public static JsonObject And(this JsonObject record, params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        foreach (var (name, value) in fields)
            record[name] = value;
        return record;
    }

    /// <summary>A store entry of a profile.</summary>
    /// <param name="asText">Whether values are strings, as the profile editor writes them.</param>
    public static JsonObject Profile(string timezone, string units, bool asText)
    {
        var factor = units == "mg/dl" ? 1 : 18.0156;
        JsonNode Value(double value) => asText ? JsonValue.Create(value.ToString()) : JsonValue.Create(value);
        JsonArray Schedule(params (string Time, double Value)[] steps) => new([.. steps.Select(step => new JsonObject
        {
            ["time"] = step.Time,
            ["value"] = Value(step.Value),
            ["timeAsSeconds"] = Value(TimeOnly.Parse(step.Time).ToTimeSpan().TotalSeconds),
        })]);
        double Glucose(double mgdl) => Math.Round(mgdl / factor, 1);
        return new()
        {
            ["dia"] = Value(Person.InsulinHours),
            ["carbratio"] = Schedule(("00:00", Person.CarbRatio), ("11:00", Person.CarbRatio + 2)),
            ["sens"] = Schedule(("00:00", Glucose(Person.Sensitivity))),
            ["basal"] = Schedule(("00:00", Person.Basal), ("04:00", Person.Basal + 0.25), ("09:00", Person.Basal - 0.1)),
            ["target_low"] = Schedule(("00:00", Glucose(Person.Target - 5))),
            ["target_high"] = Schedule(("00:00", Glucose(Person.Target + 5))),
            ["timezone"] = timezone,
            ["units"] = units,
            ["carbs_hr"] = Value(20),
            ["delay"] = Value(20),
        };
    }
}
