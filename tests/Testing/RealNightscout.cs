using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Sandbox.Demo;

namespace Testing;

/// <summary>Nightscout itself (0.12.8, from the npm registry), started by the script beside the project or the one that REAL_NIGHTSCOUT names; its data is gone when it stops.</summary>
public sealed class RealNightscout : IAsyncDisposable
{
    const string Secret = "ns-local-test-secret-1"; // the script's default

    static readonly string Script = Environment.GetEnvironmentVariable("REAL_NIGHTSCOUT") is { Length: > 0 } given ? given : Path.GetFullPath(Repository.PathOf("../shared/tools/nightscout/real-nightscout"));

    /// <summary>Where the script notes what it started.</summary>
    static readonly string Notes = Path.Combine(Environment.GetEnvironmentVariable("NIGHTSCOUT_HOME") is { Length: > 0 } home
        ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "real-nightscout"), "run");

    readonly HttpClient _http;
    readonly int[] _processes;

    RealNightscout(Uri url, int[] processes)
    {
        (Url, _processes) = (url, processes);
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
        using var turn = await TakeTurnAsync();
        var (port, databasePort) = (FreePort.Next(), FreePort.Next());
        var url = new Uri((await RunAsync(databasePort, "start", roles, $"{port}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        // The script would stop all that is noted, also what other tests run: what is ours is stopped by its process.
        return new(url, [TakeNote($"ns-{port}.pid"), TakeNote("mongo.pid")]);
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

    /// <summary>Replaces a record as the web page does.</summary>
    public async Task PutAsync(string collection, JsonNode record) => (await _http.PutAsJsonAsync($"/api/v1/{collection}", record)).EnsureSuccessStatusCode();

    public async Task DeleteAsync(string collection, string id) => (await _http.DeleteAsync($"/api/v1/{collection}/{id}")).EnsureSuccessStatusCode();

    /// <summary>What the server answers, whatever it is.</summary>
    /// <param name="path">Under <c>/api/v1/</c>.</param>
    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var answer = await _http.GetAsync($"/api/v1/{path}");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Makes a subject that may read, as a participant does in Admin Tools.</summary>
    /// <returns>Its access token.</returns>
    public async Task<string> AddReaderAsync()
    {
        (await _http.PostAsJsonAsync("/api/v2/authorization/subjects", new { name = "reader", roles = new[] { "readable" }, notes = "" })).EnsureSuccessStatusCode();
        var subjects = await _http.GetFromJsonAsync<JsonArray>("/api/v2/authorization/subjects");
        return subjects!.Single(subject => subject!["name"]!.ToString() == "reader")!["accessToken"]!.ToString();
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var id in _processes)
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (ArgumentException)
            {
                // it has ended
            }
        return default;
    }

    /// <summary>Tests of several projects run at once, and the script notes the process of its database under one name: who starts takes the note before the next one starts.</summary>
    static async Task<FileStream> TakeTurnAsync()
    {
        Directory.CreateDirectory(Notes);
        for (; ; await Task.Delay(100))
            try
            {
                return new(Path.Combine(Notes, "turn"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // somebody else's
            }
    }

    static int TakeNote(string name)
    {
        var file = Path.Combine(Notes, name);
        var id = int.Parse(File.ReadAllText(file));
        File.Delete(file);
        return id;
    }

    static async Task<string> RunAsync(int databasePort, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["MONGO_PORT"] = $"{databasePort}" } };
        using var process = Process.Start(start)!;
        var problems = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"real-nightscout {string.Join(' ', arguments)}: {await problems}");
    }
}
