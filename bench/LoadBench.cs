using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>A folder as the original kept it, loaded by the operator's command: a month of five participants.</summary>
static class LoadBench
{
    const int Days = 30;

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(settings.Folder, $"month-of-five-{Days}");
        if (!Directory.Exists(folder))
            OriginalFolder.Write(folder, Enum.GetValues<Uploader>().Take(5).Select(uploader => Synthetic.Site(uploader, (int)uploader + 1, Days, new(2026, 10, 31, 0, 0, 0, TimeSpan.Zero))));
        await using var database = await DemoDatabase.CreateAsync(settings, cancellationToken);
        var environment = new Dictionary<string, string> { ["Postgres__Connection"] = database.As("open_humans_etl"), ["Secrets__Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) };

        var first = await LoadAsync(settings, folder, environment, cancellationToken);
        var second = await LoadAsync(settings, folder, environment, cancellationToken);
        return
        [
            Figure.AtLeast($"load-directory, rows/s of {first.Rows:N0} rows", first.Rows / first.Run.Total.TotalSeconds, 20_000),
            Figure.Memory("load-directory", first.Run.PeakBytes),
            Figure.Beside("load-directory again, nothing changed, s", second.Run.Total.TotalSeconds, "the first load", first.Run.Total.TotalSeconds),
        ];
    }

    /// <summary>Runs the command over a folder.</summary>
    public static async Task<(long Rows, MeasuredCommand Run)> LoadAsync(DemoSettings settings, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var run = await MeasuredCommand.RunAsync(Published(settings), "OpenHumansEtl", ["load-directory", folder], environment, cancellationToken);
        var summary = JsonNode.Parse(run.LastLine)!;
        return (new[] { "entries", "treatments", "devicestatus", "profile" }.Sum(collection => summary[collection]?["read"]?.GetValue<long>() ?? 0), run);
    }

    /// <summary>The loader as it is deployed, compiled ahead of time (bench/run publishes it).</summary>
    public static DemoSettings Published(DemoSettings settings) => settings with { Build = Path.Combine(settings.Build, "..", "publish") };
}
