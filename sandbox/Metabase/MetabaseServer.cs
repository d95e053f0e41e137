using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>The part of Metabase that shows signed dashboards, as strict as it is: health, the frame's page, and the data behind it.</summary>
/// <param name="secretKey">MB_EMBEDDING_SECRET_KEY.</param>
public sealed class MetabaseServer(string secretKey, TimeProvider clock) : IAsyncDisposable
{
    WebApplication? _app;

    public Uri Url { get; private set; } = null!;

    public ConcurrentDictionary<long, MetabaseDashboard> Dashboards { get; } = new();

    /// <summary>Whether it has started: before, every answer is 503.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>What accepted tokens gave: dashboard and value of <c>project</c>.</summary>
    public ConcurrentQueue<(long Dashboard, string Project)> Shown { get; } = new();

    public async Task<MetabaseServer> StartAsync(CancellationToken cancellationToken = default)
    {
        (_app, Url) = await WebServer.StartAsync(0, Map, cancellationToken);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    void Map(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            var path = context.Request.Path;
            context.Response.Headers.ContentSecurityPolicy = path.StartsWithSegments("/embed") ? "frame-ancestors *" : "frame-ancestors 'none'";
            if (!path.StartsWithSegments("/embed"))
                context.Response.Headers.XFrameOptions = "DENY";
            if (IsUp)
                await next();
            else if (path == "/api/health")
                await Answers.Json(new JsonObject { ["status"] = "initializing", ["progress"] = 0.5 }, 503).ExecuteAsync(context);
            else
                await Results.Text("Metabase is still initializing. Please sit tight...", statusCode: 503).ExecuteAsync(context);
        });
        app.MapGet("/api/health", context => Answers.Json(new JsonObject { ["status"] = "ok" }).ExecuteAsync(context));
        app.MapGet("/embed/dashboard/{token}", context => Results.Content(Page, "text/html; charset=utf-8").ExecuteAsync(context)); // 200 whatever the token
        app.MapGet("/api/embed/dashboard/{token}", context => Embed(context.Request).ExecuteAsync(context));
        app.MapFallback(context => Results.Text("Unauthenticated", statusCode: 401).ExecuteAsync(context));
    }

    IResult Embed(HttpRequest request)
    {
        try
        {
            var token = MetabaseToken.Read((string)request.RouteValues["token"]!, secretKey, clock.GetUtcNow());
            if (!token.Resource.TryGetProperty("dashboard", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var id))
                throw new MetabaseRefusal("Token is missing value for keypath [:resource :dashboard]");
            if (!Dashboards.TryGetValue(id, out var dashboard) || dashboard.IsArchived)
                throw new MetabaseRefusal("Not found.");
            if (!dashboard.IsPublished)
                throw new MetabaseRefusal("Embedding is not enabled for this object.");
            Check(dashboard, token.Params, [.. request.Query.Keys]);
            Shown.Enqueue((id, token.Params["project"].GetString()!));
            return Answers.Json(new JsonObject { ["name"] = dashboard.Name, ["dashcards"] = new JsonArray(), ["parameters"] = new JsonArray() });
        }
        catch (MetabaseRefusal refusal)
        {
            return Results.Text(refusal.Message, statusCode: 400);
        }
    }

    /// <summary>Who may give which parameter.</summary>
    static void Check(MetabaseDashboard dashboard, IReadOnlyDictionary<string, JsonElement> signed, string[] asked)
    {
        foreach (var slug in signed.Keys.Concat(asked))
            switch (dashboard.Parameters.GetValueOrDefault(slug))
            {
                case null:
                    throw new MetabaseRefusal($"Unknown parameter {slug}.");
                case "disabled":
                    throw new MetabaseRefusal($"You're not allowed to specify a value for {slug}.");
                case "locked" when asked.Contains(slug):
                    throw new MetabaseRefusal($"You can only specify a value for {slug} in the JWT.");
                case "enabled" when signed.ContainsKey(slug) && asked.Contains(slug):
                    throw new MetabaseRefusal($"You can't specify a value for {slug} if it's already set in the JWT.");
            }
        foreach (var (slug, _) in dashboard.Parameters.Where(parameter => parameter.Value == "locked"))
            if (!signed.TryGetValue(slug, out var value) || value.ValueKind == JsonValueKind.Null || value.ValueKind == JsonValueKind.String && value.GetString() == "")
                throw new MetabaseRefusal($"You must specify a value for :{slug} in the JWT.");
    }

    /// <summary>Shows what the data behind the token answers, as Metabase's own page does.</summary>
    const string Page = """
        <!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Metabase</title><main aria-label="Dashboard"><h1>Loading</h1></main>
        <script>fetch("/api" + location.pathname).then(async answer => document.querySelector("h1").textContent = answer.ok ? (await answer.json()).name : await answer.text());</script></html>
        """;
}
