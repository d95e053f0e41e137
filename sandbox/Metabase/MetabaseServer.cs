using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Stands in for Metabase: set-up, settings, databases, questions, dashboards and signed embeds, at least as strict as it is. Questions are run on the real PostgreSQL.</summary>
/// <param name="secretKey">MB_EMBEDDING_SECRET_KEY; null: not set.</param>
public sealed class MetabaseServer(string? secretKey, TimeProvider clock, MetabaseBehaviour? behaviour = null) : IAsyncDisposable
{
    readonly MetabaseState _state = new();
    WebApplication? _app;
    int _healthPolls;
    bool _dropped;

    public Uri Url { get; private set; } = null!;

    public ConcurrentDictionary<long, MetabaseDashboard> Dashboards => _state.Dashboards;

    /// <summary>Whether it has started: before, every answer is 503.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>What accepted tokens gave: dashboard and value of <c>project</c>.</summary>
    public ConcurrentQueue<(long Dashboard, string Project)> Shown { get; } = new();

    /// <summary>What was changed: method and path of each, signing in and running questions aside.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    /// <summary>May refuse a request before it is looked at, as when the machine goes down: 502, and nothing is done.</summary>
    public Func<string, bool> Breaks { get; set; } = _ => false;

    /// <summary>As if the users of all databases had new passwords that nobody told Metabase.</summary>
    public void ForgetPasswords()
    {
        foreach (var database in _state.Databases.Values)
            database.Details["password"] = "of-before";
    }

    /// <summary>Somebody who may sign in and is no administrator.</summary>
    public void AddUser(string email, string password) => _state.Users.Add(new(email, password, IsSuperuser: false));

    internal MetabaseBehaviour Behaviour { get; } = behaviour ?? new();

    internal MetabaseState State => _state;

    internal TimeProvider Clock => clock;

    /// <summary>The environment's; null: an administrator may set one.</summary>
    internal string? EnvironmentKey => secretKey;

    internal string? SecretKey => secretKey ?? (string?)_state.Settings.GetValueOrDefault("embedding-secret-key");

    /// <param name="port">0: a free one.</param>
    /// <param name="address">Default: loopback.</param>
    public async Task<MetabaseServer> StartAsync(int port = 0, IPAddress? address = null, CancellationToken cancellationToken = default)
    {
        (_app, Url) = await WebServer.StartAsync(port, Map, cancellationToken, address);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    void Map(WebApplication app)
    {
        app.Use(AnswerAsync);
        MetabaseSetup.Map(this, app);
        MetabaseDatabases.Map(this, app);
        MetabaseQuestions.Map(this, app);
        MetabaseDashboards.Map(this, app);
        MetabaseEmbeds.Map(this, app);
        app.MapGet("/api/health", context => Answers.Json(new JsonObject { ["status"] = "ok" }).ExecuteAsync(context));
        app.MapFallback(context => throw new MetabaseProblem(404, "API endpoint does not exist."));
    }

    async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var (path, method) = (context.Request.Path, context.Request.Method);
        context.Response.Headers.ContentSecurityPolicy = path.StartsWithSegments("/embed") ? "frame-ancestors *" : "frame-ancestors 'none'";
        if (!path.StartsWithSegments("/embed"))
            context.Response.Headers.XFrameOptions = "DENY";
        if (path == "/api/health")
            _healthPolls++;
        try
        {
            if (!IsUp || Behaviour.PollsUntilUp > 0 && _healthPolls <= Behaviour.PollsUntilUp)
                throw path == "/api/health" ? new MetabaseProblem(503, "", new JsonObject { ["status"] = "initializing", ["progress"] = 0.5 }) : new(503, "Metabase is still initializing. Please sit tight...");
            if (Behaviour.DropsOneConnection && !_dropped && path != "/api/health")
            {
                _dropped = true;
                context.Abort();
                return;
            }
            if (Breaks($"{method} {path}"))
                throw new MetabaseProblem(502, "Bad Gateway");
            if (path.StartsWithSegments("/api") && !path.StartsWithSegments("/api/embed") && !IsPublic(method, path))
                Authorise(context.Request);
            if (!HttpMethods.IsGet(method) && !path.StartsWithSegments("/api/session") && !path.Value!.EndsWith("/query", StringComparison.Ordinal))
                Writes.Enqueue($"{method} {path}");
            await next(context);
        }
        catch (Exception problem) when (problem is not MetabaseProblem && !context.Response.HasStarted) // a body of another shape than anybody looked for
        {
            await Answers.Json(new JsonObject { ["message"] = problem.Message, ["via"] = new JsonArray(problem.GetType().Name), ["trace"] = problem.StackTrace }, 500).ExecuteAsync(context);
        }
        catch (MetabaseProblem problem)
        {
            await (problem.Body is { } body ? Answers.Json(body, problem.Status) : Results.Text(problem.Message, statusCode: problem.Status)).ExecuteAsync(context);
        }
    }

    static bool IsPublic(string method, PathString path) => (method, path.Value) is ("GET", "/api/health" or "/api/session/properties") or ("POST", "/api/setup" or "/api/session");

    /// <summary>An administrator's session or API key.</summary>
    void Authorise(HttpRequest request)
    {
        var session = request.Headers["X-Metabase-Session"].ToString();
        if (_state.ApiKeys.Values.Contains(request.Headers["x-api-key"].ToString()))
            return;
        if (!_state.Sessions.TryGetValue(session, out var user))
            throw new MetabaseProblem(401, "Unauthenticated");
        if (!user.IsSuperuser && request.Path != "/api/session")
            throw new MetabaseProblem(403, "You don't have permissions to do that.");
    }

    /// <summary>Whether embedding is on for all of it.</summary>
    internal bool IsEmbeddingOn => Behaviour.EmbeddingByEnvironment || _state.Settings.GetValueOrDefault(Behaviour.EmbeddingSetting)?.GetValue<bool>() == true;
}
