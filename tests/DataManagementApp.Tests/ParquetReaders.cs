using System.Diagnostics;
using System.Text.Json.Nodes;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>Reads Parquet files with programs that are not ours (tests/ParquetReaders); without npm's packages there the tests are skipped, in CI they fail.</summary>
static class ParquetReaders
{
    static readonly string Folder = Repository.PathOf("tests/ParquetReaders");

    /// <returns>The names of the columns, then the rows.</returns>
    public static async Task<(string[] Names, List<JsonArray> Rows)> ReadAsync(string reader, string file)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            const string Reason = "the readers of Parquet are not installed: npm ci --prefix tests/ParquetReaders";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(Reason);
            Assert.Ignore(Reason);
        }
        using var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, "read.mjs"), reader, file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var problems = process.StandardError.ReadToEndAsync();
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"{reader}: {await problems}");
        return ([.. JsonNode.Parse(lines[0])!.AsArray().Select(name => name!.GetValue<string>())], [.. lines.Skip(1).Select(line => JsonNode.Parse(line)!.AsArray())]);
    }
}
