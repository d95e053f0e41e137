using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>A sandbox of one test, its clock, and a client that follows no redirects and unpacks nothing.</summary>
sealed class World : IAsyncDisposable
{
    public const string Api = "api/direct-sharing/project/";

    World(RunningSandbox sandbox, MovableClock clock) => (Sandbox, Clock) = (sandbox, clock);

    public RunningSandbox Sandbox { get; }
    public MovableClock Clock { get; }
    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    public OpenHumansState OpenHumans => Sandbox.OpenHumans;

    public static async Task<World> StartAsync(OpenHumansOptions? options = null)
    {
        var clock = new MovableClock();
        return new(await SandboxHost.StartAsync(new() { Time = clock, OpenHumans = options ?? new() }), clock);
    }

    public Uri Url(string path) => new(Sandbox.OpenHumansUrl, path);

    /// <summary>A member who joined, and their access token.</summary>
    public (Member Member, string Token) Join()
    {
        var member = OpenHumans.AddMember();
        return (member, member.Authorize().AccessToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, token);

    public Task<HttpResponseMessage> PostAsync(string path, string? token, params (string Name, string Value)[] form) =>
        SendAsync(HttpMethod.Post, path, token, new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    public Task<HttpResponseMessage> PostJsonAsync(string path, string? token, string json) =>
        SendAsync(HttpMethod.Post, path, token, new StringContent(json, new MediaTypeHeaderValue("application/json")));

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, Url(path)) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        return await Http.SendAsync(request);
    }

    /// <summary>PUT as storage wants it: a length and no content type.</summary>
    public async Task<HttpResponseMessage> PutAsync(string url, byte[] bytes, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent(bytes) };
        change?.Invoke(request);
        return await Http.SendAsync(request);
    }

    public async Task<(long Id, string Url)> StartUploadAsync(string token, string name)
    {
        using var answer = await PostAsync(Api + "files/upload/direct/", token, ("filename", name), ("metadata", """{"description":"","tags":[]}"""));
        var json = await answer.JsonAsync();
        return ((long)json["id"]!, (string)json["url"]!);
    }

    public async Task<JsonNode> ListAsync(string token, string query = "") => await (await GetAsync($"{Api}exchange-member/{query}", token)).JsonAsync();

    /// <summary>Status, error and description of an OAuth error.</summary>
    public static async Task<(int, string, string)> ErrorAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        var json = await answer.JsonAsync();
        return ((int)answer.StatusCode, (string)json["error"]!, (string?)json["error_description"] ?? "");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Sandbox.DisposeAsync();
    }
}

static class Reading
{
    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

    public static async Task<string> TextAsync(this HttpResponseMessage answer) => await answer.Content.ReadAsStringAsync();

    public static IEnumerable<string> Names(this JsonNode listing) => listing["data"]!.AsArray().Select(file => (string)file!["basename"]!);
}
