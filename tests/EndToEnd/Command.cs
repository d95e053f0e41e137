using System.Diagnostics;

namespace EndToEnd;

/// <summary>An operator's command, as a process.</summary>
static class Command
{
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Built.Folder, assembly, Built.Configuration, $"{assembly}.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var problems = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, await problems);
        return output;
    }
}
