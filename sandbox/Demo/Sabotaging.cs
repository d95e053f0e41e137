using System.Text;
using Sandbox.Check;

namespace Sandbox.Demo;

/// <summary>Alters one value after a step, so that the check has something to find.</summary>
static class Sabotaging
{
    public static readonly string[] Steps = ["nightscout", "openhumans", "warehouse", "export"];

    /// <returns>What was altered.</returns>
    public static Task<string> AlterAsync(string step, DemoSystem system, IReadOnlyList<DemoParticipant> participants, string csvZip, CancellationToken cancellationToken) => step switch
    {
        "nightscout" => Task.FromResult(AlterNightscout(system, participants[0])),
        "openhumans" => Task.FromResult(AlterOpenHumans(participants[0])),
        "warehouse" => Sabotage.WarehouseAsync(system.Database.Owner, participants[0].Member.Id, cancellationToken),
        "export" => Sabotage.ExportAsync(csvZip, cancellationToken),
        _ => throw new DemoException($"There is no step {step}; steps are {string.Join(", ", Steps)}."),
    };

    static string AlterNightscout(DemoSystem system, DemoParticipant participant)
    {
        var site = system.Sandbox.Sites.Find(participant.Name)!;
        var record = site.Entries.All.Select(json => Encoding.UTF8.GetString(json.Span)).First(json => json.Contains("\"sgv\":1", StringComparison.Ordinal));
        var id = System.Text.Json.JsonDocument.Parse(record).RootElement.GetProperty("_id").GetString()!;
        site.Entries.Replace(id, record.Replace("\"sgv\":1", "\"sgv\":2"));
        return $"one glucose value on the Nightscout site of {participant.Name}";
    }

    static string AlterOpenHumans(DemoParticipant participant)
    {
        var file = participant.Member.Files.First(file => file.Name.Contains("_entries_2", StringComparison.Ordinal));
        file.Replace(Sabotage.OpenHumansFile(file.Bytes.ToArray()));
        return $"one value in the file {file.Name}";
    }
}
