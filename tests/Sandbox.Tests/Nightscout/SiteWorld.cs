using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>A sandbox with one Nightscout site.</summary>
sealed class SiteWorld : IAsyncDisposable
{
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    SiteWorld(RunningSandbox sandbox, MovableClock clock, NightscoutSite site) => (Sandbox, Clock, Site) = (sandbox, clock, site);

    public RunningSandbox Sandbox { get; }
    public MovableClock Clock { get; }
    public NightscoutSite Site { get; }
    public DateTimeOffset Now => Clock.Now;

    public static async Task<SiteWorld> StartAsync()
    {
        var clock = new MovableClock();
        var sandbox = await SandboxHost.StartAsync(new() { Time = clock });
        return new(sandbox, clock, sandbox.Sites.Add("anna"));
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, content: null, headers);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Sandbox.Sites.UrlOf(Site), path)) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request);
    }

    /// <param name="token">Null: of a new subject with the role readable.</param>
    public async Task<string> JwtAsync(string? token = null)
    {
        using var answer = await GetAsync($"api/v2/authorization/request/{token ?? Site.AddToken()}");
        return (string)(await answer.JsonAsync())["token"]!;
    }

    public async Task<JsonArray> ListAsync(string pathAndQuery) => (await (await GetAsync($"api/v1/{pathAndQuery}")).JsonAsync()).AsArray();

    /// <summary>The values of <paramref name="field"/> in the order they came.</summary>
    public async Task<string[]> ValuesAsync(string pathAndQuery, string field = "n") =>
        [.. (await ListAsync(pathAndQuery)).Select(record => record![field]?.ToString() ?? "null")];

    /// <summary>Entries minutes apart, the newest first and now: their <c>n</c> counts from 0.</summary>
    public void AddEntries(int count, TimeSpan apart)
    {
        for (var n = 0; n < count; n++)
            Site.Entries.Insert(new JsonObject { ["n"] = n, ["type"] = "sgv", ["sgv"] = 100 + n, ["date"] = (Now - n * apart).ToUnixTimeMilliseconds() });
    }

    public static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Sandbox.DisposeAsync();
    }
}
