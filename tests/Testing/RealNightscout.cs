using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sandbox.Demo;
using Testing;

namespace EndToEnd;

/// <summary>Nightscout itself (0.12.8, from the npm registry), started by the script beside the project; its data is gone when it stops.</summary>
sealed class RealNightscout : IAsyncDisposable
{
    const string Secret = "ns-local-test-secret-1"; // the script's default

    static readonly string Script = Path.GetFullPath(Repository.PathOf("../shared/tools/nightscout/real-nightscout"));

    readonly HttpClient _http;

    RealNightscout(Uri url)
    {
        Url = url;
        _http = new() { BaseAddress = url, Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Add("api-secret", Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(Secret))));
    }

    public Uri Url { get; }

    /// <param name="roles"><c>readable</c> or <c>denied</c>: what everybody may do.</param>
    public static async Task<RealNightscout> StartAsync(string roles)
    {
        if (!File.Exists(Script))
        {
            const string Reason = "the script that starts a real Nightscout is not beside the project";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(Reason);
            Assert.Ignore(Reason);
        }
        return new(new Uri((await RunAsync("start", roles, $"{FreePort.Next()}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]));
    }

    /// <summary>Posts records as an uploader does, in portions.</summary>
    public async Task PostAsync(string collection, IEnumerable<ReadOnlyMemory<byte>> records)
    {
        foreach (var portion in records.Chunk(100))
        {
            var array = new JsonArray([.. portion.Select(json =>
            {
                var record = JsonNode.Parse(json.Span)!.AsObject();
                record.Remove("_id"); // the server gives one
                return record;
            })]);
            if (collection == "profile") // takes one at a time
                foreach (var profile in array.ToList())
                    (await _http.PostAsJsonAsync($"/api/v1/{collection}.json", profile)).EnsureSuccessStatusCode();
            else
                (await _http.PostAsJsonAsync($"/api/v1/{collection}.json", array)).EnsureSuccessStatusCode();
        }
    }

    /// <summary>Makes a subject that may read, as a participant does in Admin Tools.</summary>
    /// <returns>Its access token.</returns>
    public async Task<string> AddReaderAsync()
    {
        (await _http.PostAsJsonAsync("/api/v2/authorization/subjects", new { name = "reader", roles = new[] { "readable" }, notes = "" })).EnsureSuccessStatusCode();
        var subjects = await _http.GetFromJsonAsync<JsonArray>("/api/v2/authorization/subjects");
        return subjects!.Single(subject => subject!["name"]!.ToString() == "reader")!["accessToken"]!.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await RunAsync("stop");
    }

    static async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var problems = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"real-nightscout {string.Join(' ', arguments)}: {await problems}");
    }
}
