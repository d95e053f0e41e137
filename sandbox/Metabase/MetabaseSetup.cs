using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>The first user, signing in, and settings.</summary>
static partial class MetabaseSetup
{
    const int LoginsBeforeThrottle = 5;

    static readonly string[] CommonPasswords = ["password1", "metabase1", "qwerty123", "123456", "letmein1"];

    public static void Map(MetabaseServer server, WebApplication app)
    {
        app.MapGet("/api/session/properties", context => Answers.Json(Properties(server)).ExecuteAsync(context));
        app.MapPost("/api/setup", async context => await Answers.Json(await SetUpAsync(server, context)).ExecuteAsync(context));
        app.MapPost("/api/session", async context => await Answers.Json(await SignInAsync(server, context)).ExecuteAsync(context));
        app.MapDelete("/api/session", context =>
        {
            server.State.Sessions.TryRemove(context.Request.Headers["X-Metabase-Session"].ToString(), out _);
            return Results.StatusCode(204).ExecuteAsync(context);
        });
        app.MapPost("/api/api-key", async context => await Answers.Json(await NewKeyAsync(server, context)).ExecuteAsync(context));
        app.MapGet("/api/setting", context => Answers.Json(new JsonArray([.. Settings(server).Select(setting => new JsonObject
        {
            ["key"] = setting.Key,
            ["value"] = setting.InEnvironment ? null : setting.Value?.DeepClone(),
            ["is_env_setting"] = setting.InEnvironment,
            ["env_name"] = $"MB_{setting.Key.Replace('-', '_').ToUpperInvariant()}",
        })])).ExecuteAsync(context));
        app.MapGet("/api/setting/{key}", context => (Find(server, context).Value switch
        {
            null => Results.StatusCode(204),
            JsonValue text when text.TryGetValue<string>(out var words) => Results.Text(words),
            { } value => Answers.Json(value.DeepClone()),
        }).ExecuteAsync(context));
        app.MapPut("/api/setting/{key}", async context =>
        {
            var setting = Find(server, context);
            var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "value");
            if (setting.Key == "embedding-secret-key" && !Hexadecimal().IsMatch((string?)body["value"] ?? ""))
                throw MetabaseProblem.Of("value", "embedding-secret-key must be a hexadecimal-encoded 256-bit key (i.e., a 64-character string).");
            if (!setting.InEnvironment) // whose values win, and are not written over
                server.State.Settings[setting.Key] = body["value"];
            await Results.StatusCode(204).ExecuteAsync(context);
        });
    }

    static JsonObject Properties(MetabaseServer server) => new()
    {
        ["setup-token"] = server.State.Users.Count == 0 ? server.State.SetupToken : null, // MB_SETUP_TOKEN is not read
        ["has-user-setup"] = server.State.Users.Count > 0,
        ["version"] = new JsonObject { ["tag"] = server.Behaviour.Version },
        ["site-name"] = server.State.Settings.GetValueOrDefault("site-name")?.DeepClone(),
    };

    static async Task<JsonObject> SetUpAsync(MetabaseServer server, HttpContext context)
    {
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "token", "user", "prefs", "database");
        if (server.State.Users.Count > 0)
            throw new MetabaseProblem(403, "The /api/setup route can only be used to create the first user, however a user currently exists.");
        if (body.Text("token") != server.State.SetupToken)
            throw MetabaseProblem.Of("token", "Token does not match the setup token.");
        var (user, prefs) = (body.Object("user"), body.Object("prefs"));
        if ((string?)user["email"] is not { } email || !Email().IsMatch(email))
            throw MetabaseProblem.Of("user.email", "value must be a valid email address.");
        if ((string?)user["password"] is not { Length: >= 6 } password || !password.Any(char.IsAsciiDigit) || CommonPasswords.Contains(password))
            throw MetabaseProblem.Of("user.password", "password is too common.");
        if (string.IsNullOrWhiteSpace((string?)prefs["site_name"]))
            throw MetabaseProblem.Of("prefs.site_name", "value must be a non-blank string.");
        server.State.Users.Add(new(email, password, IsSuperuser: true));
        server.State.Settings["site-name"] = prefs["site_name"]!.DeepClone();
        return Session(server, server.State.Users[0]);
    }

    static async Task<JsonObject> SignInAsync(MetabaseServer server, HttpContext context)
    {
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "username", "password", "remember");
        if (server.State.FailedLogins >= LoginsBeforeThrottle)
            throw new MetabaseProblem(401, "", new JsonObject { ["errors"] = new JsonObject { ["username"] = "Too many attempts! You must wait 15 seconds before trying again." } });
        if (server.State.Users.Find(user => user.Email == body.Text("username") && user.Password == body.Text("password")) is { } found)
            return Session(server, found);
        server.State.FailedLogins++;
        throw new MetabaseProblem(401, "", new JsonObject { ["errors"] = new JsonObject { ["password"] = "did not match stored password" } });
    }

    static JsonObject Session(MetabaseServer server, MetabaseUser user)
    {
        var id = Guid.NewGuid().ToString();
        server.State.Sessions[id] = user;
        return new() { ["id"] = id };
    }

    static async Task<JsonObject> NewKeyAsync(MetabaseServer server, HttpContext context)
    {
        var body = await MetabaseBody.ReadAsync(context, server.Behaviour, "group_id", "name");
        var key = $"mb_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";
        if (body.OptionalId("group_id") is null)
            throw MetabaseProblem.Of("group_id", "value must be an integer greater than zero.");
        if (!server.State.ApiKeys.TryAdd(body.Text("name"), key))
            throw MetabaseProblem.Of("name", "An API key with this name already exists.");
        return new() { ["id"] = server.State.NextId(), ["unmasked_key"] = key, ["masked_key"] = $"{key[..7]}********" };
    }

    static IEnumerable<(string Key, JsonNode? Value, bool InEnvironment)> Settings(MetabaseServer server)
    {
        JsonNode? Set(string key) => server.State.Settings.GetValueOrDefault(key);
        yield return (server.Behaviour.EmbeddingSetting, server.Behaviour.EmbeddingByEnvironment ? true : Set(server.Behaviour.EmbeddingSetting) ?? false, server.Behaviour.EmbeddingByEnvironment);
        yield return ("embedding-secret-key", server.SecretKey, server.EnvironmentKey is not null);
        yield return ("site-name", Set("site-name"), false);
        yield return ("enable-public-sharing", Set("enable-public-sharing") ?? true, false);
    }

    static (string Key, JsonNode? Value, bool InEnvironment) Find(MetabaseServer server, HttpContext context)
    {
        var key = (string)context.Request.RouteValues["key"]!;
        return Settings(server).FirstOrDefault(setting => setting.Key == key) is { Key: not null } found ? found : throw new MetabaseProblem(500, $"Unknown setting: :{key}");
    }

    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.IgnoreCase)]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    private static partial Regex Email();
}
