using System.CommandLine;
using System.Text.Json;
using Bench;
using Sandbox.Demo;

var all = new Dictionary<string, Func<DemoSettings, CancellationToken, Task<IReadOnlyList<Figure>>>>
{
    ["load"] = LoadBench.RunAsync,
    ["ingest"] = IngestBench.RunAsync,
    ["export"] = ExportBench.RunAsync,
    ["etl"] = EtlBench.RunAsync,
    ["charts"] = ChartsBench.RunAsync,
    ["site"] = SiteBench.RunAsync,
    ["proxy"] = ProxyBench.RunAsync,
};
var parts = new Dictionary<string, Func<DemoSettings, CancellationToken, Task<IReadOnlyList<Figure>>>> // of ingest, for a quick look; etl-large writes 2 GB
{
    ["import"] = IngestBench.ImportAsync,
    ["idle"] = IdleCycle.RunAsync,
    ["history"] = HistoryCost.RunAsync,
    ["etl-large"] = EtlBench.LargeAsync,
};
var names = new Argument<string[]>("NAME") { Description = "Which; default: all", DefaultValueFactory = _ => [.. all.Keys] };
names.AcceptOnlyFromAmong([.. all.Keys, .. parts.Keys]);
var postgres = new Option<string>("--postgres") { Required = true, Description = "Connection of a role that may make roles and databases" };
var build = new Option<string>("--build") { Required = true, Description = "Folder with the built services" };
var folder = new Option<string>("--folder") { Required = true, Description = "For data and logs" };

var root = new RootCommand("Measures the product; bench/run builds it and starts PostgreSQL.") { names, postgres, build, folder, BareYarp.Command() };
root.SetAction(async (parsed, cancellationToken) =>
{
    var broken = 0;
    foreach (var name in parsed.GetRequiredValue(names))
    {
        var own = Directory.CreateDirectory(Path.Combine(parsed.GetRequiredValue(folder), name));
        var figures = await (all.GetValueOrDefault(name) ?? parts[name])(new() { Postgres = parsed.GetRequiredValue(postgres), Build = parsed.GetRequiredValue(build), Folder = own.FullName }, cancellationToken);
        foreach (var figure in figures)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { bench = name, figure.What, value = Math.Round(figure.Value, 2), figure.Against, of = Math.Round(figure.Of, 2), ratio = Math.Round(figure.Ratio, 3) }, JsonSerializerOptions.Web));
            broken += figure is { IsLimit: true, Ratio: > 1 } ? 1 : 0;
        }
        Console.WriteLine(JsonSerializer.Serialize(new { bench = name, ratios = figures.ToDictionary(figure => figure.What, figure => Math.Round(figure.Ratio, 3)) }, JsonSerializerOptions.Web));
    }
    return broken == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
