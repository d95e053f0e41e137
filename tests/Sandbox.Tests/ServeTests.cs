using System.Diagnostics;

namespace Sandbox.Tests;

sealed class ServeTests
{
    [Test]
    public async Task Serve_starts_both_and_prints_members_sites_and_tokens()
    {
        string[] serve = [Path.Combine(AppContext.BaseDirectory, "Sandbox.dll"), "serve", "--open-humans-port", "0", "--nightscout-port", "0"];
        string[] project = ["--redirect-uri", "http://127.0.0.1:8000/complete/", "--client-id", "c", "--client-secret", "s", "--days", "1"];
        using var process = Process.Start(new ProcessStartInfo("dotnet", [.. serve, .. project]) { RedirectStandardOutput = true })!;
        var lines = new List<string>();
        try
        {
            while (lines.Count < 10 && await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
                lines.Add(line);

            using var http = new HttpClient();
            var loop = lines.Single(line => line.Contains("loop-")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var entries = await http.GetStringAsync($"{loop[1]}api/v1/entries.json?token={loop[2]}");

            Assert.That(lines.Count(line => line.Contains("http://127.0.0.1:")), Is.EqualTo(8));
            Assert.That(entries, Does.StartWith("[{"));
        }
        finally
        {
            process.Kill();
        }
    }
}
