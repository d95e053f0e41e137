using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MetabaseProvisioner;

/// <summary>The numbers of the dashboards by topic, for the portal: <c>{"dashboards":{"cohort":9}}</c>. They are others in each Metabase.</summary>
sealed class DashboardsFile(string path)
{
    public bool Holds(IReadOnlyDictionary<string, long> dashboards) => File.Exists(path) && File.ReadAllText(path) == Text(dashboards);

    /// <summary>Whole or not at all, because the portal reads it at any time.</summary>
    /// <exception cref="MetabaseException">With what to do next.</exception>
    public void Write(IReadOnlyDictionary<string, long> dashboards)
    {
        try
        {
            var beside = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
            File.WriteAllText(beside, Text(dashboards), new UTF8Encoding(false));
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new MetabaseException($"{path} cannot be written ({problem.GetType().Name}): its folder has to be there and belong to the user this runs as.", problem);
        }
    }

    static string Text(IReadOnlyDictionary<string, long> dashboards) =>
        new JsonObject { ["dashboards"] = new JsonObject(dashboards.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))) }.ToJsonString();
}
