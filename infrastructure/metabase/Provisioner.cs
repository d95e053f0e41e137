using System.Text.Json.Nodes;

namespace MetabaseProvisioner;

/// <summary>Brings Metabase to what the files say, from a fresh one or one that was changed by hand; a second run writes nothing.</summary>
/// <remarks>
/// Nothing in Metabase is unique by name, so who is who is decided here: questions by their <c>entity_id</c>, the database, the collection and dashboards by their name, of which there must be one.
/// Each step looks first and writes only what differs; so a run that was cut off anywhere is completed by the next one.
/// </remarks>
/// <param name="mayWrite">False: the first difference ends the run (<see cref="DifferenceException"/>).</param>
public sealed class Provisioner(ProvisionerOptions options, Content content, MetabaseClient metabase, TimeProvider clock, Action<string> say, bool mayWrite = true)
{
    const string DatabaseName = "Data commons", Schema = "analytics";

    /// <summary>Names of the switch, by release; which one there is, is told by the list of settings.</summary>
    static readonly string[] EmbeddingSettings = ["enable-embedding-static", "enable-embedding-modular", "enable-embedding"];

    bool _mayWrite = mayWrite;

    /// <summary>What was written.</summary>
    public int Changes { get; private set; }

    /// <exception cref="MetabaseException">With what to do next.</exception>
    /// <exception cref="DifferenceException">It is not as the files say, and may not be written.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        await SignInAsync(cancellationToken);
        try
        {
            var dashboards = await EnsureAsync(cancellationToken);
            await TryAsync(dashboards, cancellationToken);
            if (Changes > 0)
                await ReadBackAsync(cancellationToken);
            WriteMap(dashboards);
        }
        finally
        {
            await SignOutAsync();
        }
    }

    async Task<IReadOnlyDictionary<string, long>> EnsureAsync(CancellationToken cancellationToken)
    {
        await SettingsAsync(cancellationToken);
        var database = await DatabaseAsync(cancellationToken);
        var fields = await FieldsAsync(database, cancellationToken);
        var collection = await CollectionAsync(cancellationToken);
        var cards = new Dictionary<string, long>();
        foreach (var question in content.Questions)
            cards[question.Key] = await QuestionAsync(question, Wanted.Of(question, database, collection, fields), cancellationToken);
        var items = await ItemsAsync(collection, cancellationToken);
        var dashboards = new Dictionary<string, long>();
        foreach (var dashboard in content.Dashboards)
            dashboards[dashboard.Topic] = await DashboardAsync(dashboard, collection, cards, items, cancellationToken);
        foreach (var (kind, id, name) in items.Where(item => !(item.Kind == "card" ? cards : dashboards).ContainsValue(item.Id)))
            await WriteAsync($"put away {kind} {name}, which is in no file", HttpMethod.Put, $"/api/{kind}/{id}", new() { ["archived"] = true }, cancellationToken);
        return dashboards;
    }

    /// <summary>Until it says that it is ready and also answers: it says so a little early.</summary>
    async Task WaitAsync(CancellationToken cancellationToken)
    {
        var (begun, told) = (clock.GetTimestamp(), false);
        while (true)
        {
            try
            {
                using var health = await metabase.SendAsync(HttpMethod.Get, "/api/health", null, cancellationToken);
                if (health.IsSuccessStatusCode && await metabase.FindAsync("/api/session/properties", cancellationToken) is JsonObject)
                    return;
            }
            catch (MetabaseException problem) when (clock.GetElapsedTime(begun) > options.Patience)
            {
                throw new MetabaseException($"{problem.Message} It was waited for {options.Patience}.", problem);
            }
            catch (MetabaseException)
            {
            }
            if (clock.GetElapsedTime(begun) > options.Patience)
                throw new MetabaseException($"Metabase did not get ready within {options.Patience}: see its log (docker compose logs metabase), then run this again.");
            if (!told)
                say("Waiting for Metabase to start.");
            told = true;
            await Task.Delay(options.Poll, clock, cancellationToken);
        }
    }

    /// <summary>The first administrator is made here; the set-up token may still be told afterwards, so it decides nothing.</summary>
    async Task SignInAsync(CancellationToken cancellationToken)
    {
        var properties = await metabase.GetAsync("/api/session/properties", cancellationToken);
        say($"Metabase {properties?["version"]?["tag"]} answers.");
        if ((bool?)properties?["has-user-setup"] == true)
        {
            using var answer = await metabase.SendAsync(HttpMethod.Post, "/api/session", new() { ["username"] = options.AdminEmail, ["password"] = options.AdminPassword }, cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw new MetabaseException("Metabase does not let Metabase__AdminEmail in with Metabase__AdminPassword: set them as they are in Metabase. A lost password: docs/operations.md, Metabase.");
            metabase.Session = (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))?["id"];
            return;
        }
        var made = await WriteAsync("made the administrator", HttpMethod.Post, "/api/setup", new()
        {
            ["token"] = (string?)properties?["setup-token"],
            ["user"] = new JsonObject { ["email"] = options.AdminEmail, ["password"] = options.AdminPassword, ["first_name"] = "Data", ["last_name"] = "Commons" },
            ["prefs"] = new JsonObject { ["site_name"] = options.SiteName, ["site_locale"] = "en" },
        }, cancellationToken);
        metabase.Session = (string?)made?["id"];
    }

    async Task SignOutAsync()
    {
        try
        {
            using var _ = await metabase.SendAsync(HttpMethod.Delete, "/api/session", null, CancellationToken.None);
        }
        catch (MetabaseException) // what went wrong before is what matters; the session ends by itself
        {
        }
    }

    async Task SettingsAsync(CancellationToken cancellationToken)
    {
        var settings = ((JsonArray)(await metabase.GetAsync("/api/setting", cancellationToken))!).OfType<JsonObject>().ToDictionary(setting => (string)setting["key"]!, setting => (bool?)setting["is_env_setting"] == true);
        var embedding = EmbeddingSettings.FirstOrDefault(settings.ContainsKey) ?? throw new MetabaseException($"This Metabase has none of the settings {string.Join(", ", EmbeddingSettings)}: its release is not known here; pin METABASE_VERSION to one that docs/operations.md names.");
        await SetAsync(embedding, true);
        if (settings.ContainsKey("enable-public-sharing"))
            await SetAsync("enable-public-sharing", false);
        if (settings.TryGetValue("embedding-secret-key", out var ofKey) && !ofKey && await metabase.FindAsync("/api/setting/embedding-secret-key", cancellationToken) is null)
            await WriteAsync("set the key of embedding", HttpMethod.Put, "/api/setting/embedding-secret-key", new() { ["value"] = options.EmbeddingSecretKey.Trim() }, cancellationToken);

        async Task SetAsync(string key, bool value)
        {
            if (Likeness.Includes(await metabase.FindAsync($"/api/setting/{key}", cancellationToken), value))
                return;
            if (settings[key])
                throw new MetabaseException($"Metabase's environment sets {key} to {(value ? "false" : "true")}: set MB_{key.Replace('-', '_').ToUpperInvariant()}={(value ? "true" : "false")} and start Metabase anew.");
            await WriteAsync($"set {key} to {(value ? "true" : "false")}", HttpMethod.Put, $"/api/setting/{key}", new() { ["value"] = value }, cancellationToken);
        }
    }

    async Task<long> DatabaseAsync(CancellationToken cancellationToken)
    {
        var databases = (await metabase.GetAsync("/api/database", cancellationToken))!["data"] as JsonArray ?? [];
        var wanted = new JsonObject { ["name"] = DatabaseName, ["engine"] = "postgres", ["details"] = Wanted.Details(options.Connection!, Schema) };
        var found = One("databases", DatabaseName, databases.OfType<JsonObject>().Where(database => (string?)database["name"] == DatabaseName));
        if (found is null)
            return (long)(await WriteAsync("added the database", HttpMethod.Post, "/api/database", wanted, cancellationToken))!["id"]!;
        var details = (JsonObject)wanted["details"]!.DeepClone();
        details.Remove("password"); // is not told, only its place
        if (!Likeness.Includes(found["details"], details))
            await PutDatabaseAsync((long)found["id"]!, "changed the database's connection", cancellationToken);
        return (long)found["id"]!;
    }

    Task<JsonNode?> PutDatabaseAsync(long id, string what, CancellationToken cancellationToken) =>
        WriteAsync(what, HttpMethod.Put, $"/api/database/{id}", new() { ["name"] = DatabaseName, ["details"] = Wanted.Details(options.Connection!, Schema) }, cancellationToken);

    /// <summary>Numbers of the columns that filters are of; they differ from one Metabase to the next, and are there only after it has read the tables.</summary>
    async Task<IReadOnlyDictionary<string, long>> FieldsAsync(long database, CancellationToken cancellationToken)
    {
        var (begun, asked, missing) = (clock.GetTimestamp(), false, "its tables");
        while (clock.GetElapsedTime(begun) <= options.Patience)
        {
            if ((string?)(await metabase.GetAsync($"/api/database/{database}", cancellationToken))!["initial_sync_status"] == "complete")
            {
                var tables = (await metabase.GetAsync($"/api/database/{database}/metadata", cancellationToken))!["tables"] as JsonArray ?? [];
                var fields = tables.OfType<JsonObject>().Where(table => (string?)table["schema"] == Schema)
                    .SelectMany(table => (table["fields"] as JsonArray ?? []).Select(field => (Name: $"{table["name"]}.{field!["name"]}", Id: (long)field["id"]!))).ToDictionary(field => field.Name, field => field.Id);
                if (content.Columns.Where(column => !fields.ContainsKey(column)).ToList() is not { Count: > 0 } lacking)
                    return fields;
                missing = string.Join(", ", lacking.Select(column => $"{Schema}.{column}"));
                if (!asked)
                    await WriteAsync("asked Metabase to read the tables again", HttpMethod.Post, $"/api/database/{database}/sync_schema", null, cancellationToken);
                asked = true;
            }
            await Task.Delay(options.Poll, clock, cancellationToken);
        }
        throw new MetabaseException($"Metabase did not find {missing} within {options.Patience}: see whether the migrator has run (dotnet Db.dll check) and whether metabase_reader may read schema {Schema}, then run this again.");
    }

    async Task<long> CollectionAsync(CancellationToken cancellationToken)
    {
        var all = (JsonArray)(await metabase.GetAsync("/api/collection", cancellationToken))!;
        var found = One("collections", content.Collection.Name, all.OfType<JsonObject>().Where(one => (string?)one["name"] == content.Collection.Name && (bool?)one["archived"] != true && (string?)one["location"] is "/" or null));
        var wanted = new JsonObject { ["name"] = content.Collection.Name, ["description"] = content.Collection.Description };
        if (found is null)
            return (long)(await WriteAsync("made the collection", HttpMethod.Post, "/api/collection", wanted, cancellationToken))!["id"]!;
        if (!Likeness.Includes(found, wanted))
            await WriteAsync("changed the collection", HttpMethod.Put, $"/api/collection/{found["id"]}", wanted, cancellationToken);
        return (long)found["id"]!;
    }

    async Task<long> QuestionAsync(Question question, JsonObject wanted, CancellationToken cancellationToken)
    {
        if (await metabase.FindAsync($"/api/card/{question.EntityId}", cancellationToken) is not { } found)
        {
            wanted["entity_id"] = question.EntityId;
            return (long)(await WriteAsync($"made question {question.Name}", HttpMethod.Post, "/api/card", wanted, cancellationToken))!["id"]!;
        }
        wanted["archived"] = false;
        var rest = (JsonObject)wanted.DeepClone();
        rest.Remove("dataset_query");
        if (!Likeness.Includes(found, rest) || !Likeness.SameQuery(found["dataset_query"], wanted["dataset_query"]))
            await WriteAsync($"changed question {question.Name}", HttpMethod.Put, $"/api/card/{found["id"]}", wanted, cancellationToken);
        return (long)found["id"]!;
    }

    async Task<IReadOnlyList<(string Kind, long Id, string Name)>> ItemsAsync(long collection, CancellationToken cancellationToken) =>
        [.. ((await metabase.GetAsync($"/api/collection/{collection}/items?models=card&models=dashboard", cancellationToken))!["data"] as JsonArray ?? []).Select(item => ((string)item!["model"]!, (long)item["id"]!, (string)item["name"]!)).Where(item => item.Item1 is "card" or "dashboard")];

    /// <summary>Embedding cannot be set when it is made: that, the tiles and their parameters come with the change after it.</summary>
    async Task<long> DashboardAsync(Dashboard dashboard, long collection, IReadOnlyDictionary<string, long> cards, IReadOnlyList<(string Kind, long Id, string Name)> items, CancellationToken cancellationToken)
    {
        var same = items.Where(item => item.Kind == "dashboard" && item.Name == dashboard.Name).ToList();
        if (same.Count > 1)
            throw Twice("dashboards", dashboard.Name, same.Select(item => item.Id));
        var id = same.Count == 1 ? same[0].Id : (long)(await WriteAsync($"made dashboard {dashboard.Name}", HttpMethod.Post, "/api/dashboard",
            new() { ["name"] = dashboard.Name, ["description"] = dashboard.Description, ["collection_id"] = collection }, cancellationToken))!["id"]!;
        var found = (await metabase.GetAsync($"/api/dashboard/{id}", cancellationToken))!;
        var wanted = Wanted.Of(dashboard, content, cards, found);
        if (!Wanted.IsAsWanted(found, wanted))
            await WriteAsync($"{(same.Count == 1 ? "changed" : "published")} dashboard {dashboard.Name}", HttpMethod.Put, $"/api/dashboard/{id}", wanted, cancellationToken);
        return id;
    }

    async Task TryAsync(IReadOnlyDictionary<string, long> dashboards, CancellationToken cancellationToken)
    {
        var trial = new EmbedTrial(metabase, options.EmbeddingSecretKey, clock);
        if (await trial.FirstFailureAsync(dashboards, cancellationToken) is not null)
        {
            // The database's password is told by nobody, so a changed one shows here first.
            var databases = (await metabase.GetAsync("/api/database", cancellationToken))!["data"] as JsonArray ?? [];
            await PutDatabaseAsync((long)databases.First(database => (string?)database!["name"] == DatabaseName)!["id"]!, "set the database's connection anew, because a question failed", cancellationToken);
            if (await trial.FirstFailureAsync(dashboards, cancellationToken) is { } failed)
                throw new MetabaseException($"Question {failed.Question} of dashboard {failed.Topic} fails: run its .sql as metabase_reader (psql, with the tags replaced) to see why.");
        }
        say($"{dashboards.Count} dashboards open with a signed token, and all their questions run.");
    }

    /// <summary>What was written is read again: a release that leaves something out is noticed here, and not by the next run, for ever.</summary>
    async Task ReadBackAsync(CancellationToken cancellationToken)
    {
        try
        {
            _mayWrite = false;
            await EnsureAsync(cancellationToken);
        }
        catch (DifferenceException difference)
        {
            throw new MetabaseException($"Metabase took everything and did not keep it; written again would be: {difference.Message}. Its release may want another form: pin METABASE_VERSION to one that docs/operations.md names.", difference);
        }
        finally
        {
            _mayWrite = true;
        }
    }

    void WriteMap(IReadOnlyDictionary<string, long> dashboards)
    {
        var file = new DashboardsFile(options.DashboardsFile);
        if (file.Holds(dashboards))
            return;
        if (!_mayWrite)
            throw new DifferenceException($"wrote {options.DashboardsFile}");
        file.Write(dashboards);
        say($"Wrote {options.DashboardsFile}.");
    }

    async Task<JsonNode?> WriteAsync(string what, HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        if (!_mayWrite)
            throw new DifferenceException(what);
        var answer = await metabase.WriteAsync(method, path, body, cancellationToken);
        Changes++;
        say($"{char.ToUpperInvariant(what[0])}{what[1..]}.");
        return answer;
    }

    static JsonObject? One(string kind, string name, IEnumerable<JsonObject> found) => found.ToList() switch
    {
        [] => null,
        [var one] => one,
        var several => throw Twice(kind, name, several.Select(one => (long)one["id"]!)),
    };

    static MetabaseException Twice(string kind, string name, IEnumerable<long> ids) =>
        new($"Metabase has several {kind} called \"{name}\" (numbers {string.Join(", ", ids)}), and nothing tells which one is ours: rename or remove the others in Metabase, then run this again.");
}
