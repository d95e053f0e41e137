using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MetabaseProvisioner.Tests;

/// <summary>The stand-in refuses what Metabase refuses, in its words; where it is stricter, it is so on purpose.</summary>
public sealed class StandInTests : MetabaseFixture
{
    const string Entity = "abcdefghijklmnopqrstu";

    string _session = "";
    long _database;

    // 1: the start
    [Test]
    public async Task Before_it_has_started_every_answer_is_503_and_one_connection_may_break_after_it()
    {
        await StartAsync(new() { PollsUntilUp = 2, DropsOneConnection = true });

        Assert.That(await AskAsync("GET", "/api/session/properties"), Is.EqualTo((HttpStatusCode.ServiceUnavailable, (JsonNode?)null, "Metabase is still initializing. Please sit tight...")));
        var health = await AskAsync("GET", "/api/health");
        Assert.That((health.Status, (string?)health.Body!["status"]), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "initializing")));
        await AskAsync("GET", "/api/health");
        Assert.That((await AskAsync("GET", "/api/health")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(async () => await AskAsync("GET", "/api/session/properties"), Throws.InstanceOf<HttpRequestException>());
        Assert.That((await AskAsync("GET", "/api/session/properties")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    // 2 and 3: set-up
    [Test]
    public async Task The_set_up_token_is_a_uuid_that_everybody_sees_until_there_is_a_user()
    {
        var before = (await AskAsync("GET", "/api/session/properties")).Body!;
        Assert.That((Guid.TryParse((string?)before["setup-token"], out _), (bool)before["has-user-setup"]!), Is.EqualTo((true, false)));

        await SetUpAsync();

        Assert.That((bool)(await AskAsync("GET", "/api/session/properties")).Body!["has-user-setup"]!, Is.True);
        Assert.That(await AskAsync("POST", "/api/setup", new { token = (string?)before["setup-token"] }), Is.EqualTo((HttpStatusCode.Forbidden, (JsonNode?)null, "The /api/setup route can only be used to create the first user, however a user currently exists.")));
    }

    [TestCase("not the token", Email, Password, "Test", "token", "Token does not match the setup token.")]
    [TestCase(null, "no e-mail", Password, "Test", "user.email", "value must be a valid email address.")]
    [TestCase(null, Email, "password1", "Test", "user.password", "password is too common.")]
    [TestCase(null, Email, "nodigits", "Test", "user.password", "password is too common.")]
    [TestCase(null, Email, "a1", "Test", "user.password", "password is too common.")]
    [TestCase(null, Email, Password, " ", "prefs.site_name", "value must be a non-blank string.")]
    public async Task A_set_up_that_is_wrong_is_refused_by_field(string? token, string email, string password, string name, string field, string words)
    {
        token ??= (string?)(await AskAsync("GET", "/api/session/properties")).Body!["setup-token"];

        Refused(await AskAsync("POST", "/api/setup", new { token, user = new { email, password }, prefs = new { site_name = name } }), field, words);
    }

    // 4: who may
    [TestCase("GET", "/api/setting")]
    [TestCase("GET", "/api/database")]
    [TestCase("POST", "/api/card")]
    [TestCase("GET", "/api/collection")]
    public async Task Nobody_gets_in_without_a_session_nor_a_user_who_is_no_administrator(string method, string path)
    {
        await SetUpAsync();
        Server.AddUser("reader@example.org", Password);
        var reader = (string)(await AskAsync("POST", "/api/session", new { username = "reader@example.org", password = Password })).Body!["id"]!;

        Assert.That(await AskAsync(method, path), Is.EqualTo((HttpStatusCode.Unauthorized, (JsonNode?)null, "Unauthenticated")));
        Assert.That(await AskAsync(method, path, session: "made up"), Is.EqualTo((HttpStatusCode.Unauthorized, (JsonNode?)null, "Unauthenticated")));
        Assert.That(await AskAsync(method, path, session: reader), Is.EqualTo((HttpStatusCode.Forbidden, (JsonNode?)null, "You don't have permissions to do that.")));
    }

    [Test]
    public async Task Wrong_passwords_are_counted_and_then_the_right_one_is_refused_too()
    {
        await SetUpAsync();
        for (var i = 0; i < 5; i++)
            Assert.That((string?)(await AskAsync("POST", "/api/session", new { username = Email, password = "wrong-1" })).Body!["errors"]!["password"], Is.EqualTo("did not match stored password"));

        var late = await AskAsync("POST", "/api/session", new { username = Email, password = Password });

        Assert.That((late.Status, (string?)late.Body!["errors"]!["username"]), Is.EqualTo((HttpStatusCode.Unauthorized, "Too many attempts! You must wait 15 seconds before trying again.")));
    }

    [Test]
    public async Task An_API_key_opens_as_well_and_its_name_is_given_once()
    {
        var session = await SetUpAsync();
        var key = (string)(await AskAsync("POST", "/api/api-key", new { group_id = 2, name = "one" }, session)).Body!["unmasked_key"]!;
        Refused(await AskAsync("POST", "/api/api-key", new { group_id = 2, name = "one" }, session), "name", "An API key with this name already exists.");

        Http.DefaultRequestHeaders.Add("x-api-key", key);

        Assert.That((await AskAsync("GET", "/api/setting")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    // 5: keys that are not declared
    [TestCase(false)]
    [TestCase(true)]
    public async Task Embedding_at_creation_is_left_out_or_refused(bool refuses)
    {
        await StartAsync(new() { RefusesUndeclaredKeys = refuses });
        var made = await AskAsync("POST", "/api/dashboard", new { name = "D", enable_embedding = true }, await SetUpAsync());

        if (refuses)
            Refused(made, "enable_embedding", "unexpected key");
        else
            Assert.That((bool)made.Body!["enable_embedding"]!, Is.False);
    }

    // 6: databases
    [Test]
    public async Task A_database_is_connected_to_its_password_masked_and_its_tables_known_later()
    {
        await PrepareAsync();
        var database = (await AskAsync("GET", $"/api/database/{_database}", session: _session)).Body!;
        Assert.That(((string?)database["details"]!["password"], (string?)database["initial_sync_status"]), Is.EqualTo(("**MetabasePass**", "incomplete")));
        Assert.That((await AskAsync("GET", $"/api/database/{_database}/metadata", session: _session)).Body!["tables"]!.AsArray(), Is.Empty);
        await AskAsync("GET", $"/api/database/{_database}", session: _session);
        Assert.That((string?)(await AskAsync("GET", $"/api/database/{_database}", session: _session)).Body!["initial_sync_status"], Is.EqualTo("complete"));
        var tables = (await AskAsync("GET", $"/api/database/{_database}/metadata", session: _session)).Body!["tables"]!.AsArray();
        Assert.That(tables.Select(table => (string?)table!["schema"]).Distinct(), Is.EqualTo(new[] { "analytics" }));

        Assert.That((await AskAsync("PUT", $"/api/database/{_database}", new { details = database["details"] }, _session)).Status, Is.EqualTo(HttpStatusCode.OK), "the mask keeps the password");
        var wrong = (JsonObject)database["details"]!.DeepClone();
        wrong["password"] = "wrong";
        var refused = await AskAsync("PUT", $"/api/database/{_database}", new { details = wrong }, _session);
        Assert.That((refused.Status, (string?)refused.Body!["errors"]!["password"]), Is.EqualTo((HttpStatusCode.BadRequest, "check your password")));
    }

    [TestCase("""{"engine":"postgres","details":{}}""", "name", "value must be a non-blank string.")]
    [TestCase("""{"name":"D","engine":"postgres"}""", "details", "Value must be a map.")]
    [TestCase("""{"name":"D","engine":"mongo","details":{}}""", "engine", "value must be a valid database engine.")]
    public async Task A_database_that_is_not_whole_is_refused(string body, string field, string words) =>
        Refused(await AskAsync("POST", "/api/database", JsonNode.Parse(body), await SetUpAsync()), field, words);

    // 7: collections
    [Test]
    public async Task Two_collections_may_have_one_name_and_the_root_is_no_number()
    {
        var session = await SetUpAsync();
        Refused(await AskAsync("POST", "/api/collection", new { name = " " }, session), "name", "value must be a non-blank string.");
        var one = (await AskAsync("POST", "/api/collection", new { name = "C" }, session)).Body!;
        await AskAsync("POST", "/api/collection", new { name = "C" }, session);
        await AskAsync("PUT", $"/api/collection/{one["id"]}", new { archived = true }, session);

        var all = (await AskAsync("GET", "/api/collection", session: session)).Body!.AsArray();

        Assert.That(all.Select(each => $"{each!["id"]}")!.First(), Is.EqualTo("root"));
        Assert.That(all.Count(each => (string?)each!["name"] == "C"), Is.EqualTo(1), "archived ones are not listed");
    }

    // 8: questions
    [TestCase("name", "null", "name", "value must be a non-blank string.")]
    [TestCase("display", "\" \"", "display", "value must be a non-blank string.")]
    [TestCase("visualization_settings", "null", "visualization_settings", "Value must be a map.")]
    [TestCase("dataset_query", "null", "dataset_query", "Value must be a map.")]
    [TestCase("dataset_query", "{}", "dataset_query", "Invalid query")]
    [TestCase("description", "\"\"", "description", "value may be nil, or if non-nil, value must be a non-blank string.")]
    [TestCase("entity_id", "\"short\"", "entity_id", "value must be a string of 21 characters.")]
    public async Task A_question_that_is_not_whole_is_refused(string key, string value, string field, string words)
    {
        await PrepareAsync();
        var card = Card("select 1 as n");
        card[key] = JsonNode.Parse(value);

        Refused(await AskAsync("POST", "/api/card", card, _session), field, words);
    }

    [TestCase("select {{a}} as n", "{}", "{}", "table", "tags")]
    [TestCase("select 1 as n", """{"a":{"id":"6f1c1f0e-4f4a-4f5e-9d57-0f1f2f3f4f5f","name":"a","display-name":"A","type":"text"}}""", "{}", "table", "tags")]
    [TestCase("select 1 as n where {{a}}", """{"a":{"id":"6f1c1f0e-4f4a-4f5e-9d57-0f1f2f3f4f5f","name":"a","display-name":"A","type":"dimension","dimension":["field",1000000,null],"widget-type":"date/all-options"}}""", "{}", "table", "field")]
    [TestCase("select 1 as n", "{}", "{}", "columns", "display")]
    [TestCase("select 1 as n", "{}", """{"graph.metrics":["m"]}""", "bar", "no column")]
    [TestCase("select 1 as n", "{}", """{"column_settings":{"[\"name\",\"m\"]":{"decimals":1}}}""", "table", "no column")]
    public async Task What_Metabase_would_store_and_draw_as_nothing_is_refused_here(string sql, string tags, string settings, string display, string words)
    {
        await PrepareAsync();
        var card = Card(sql, JsonNode.Parse(tags));
        (card["display"], card["visualization_settings"]) = (display, JsonNode.Parse(settings));

        var refused = await AskAsync("POST", "/api/card", card, _session);

        Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.BadRequest), refused.Text);
        Assert.That(refused.Text, Does.Contain(words).And.Contain("real Metabase would store it"));
    }

    [TestCase("name")]
    [TestCase("id")]
    [TestCase("display-name")]
    public async Task A_tag_needs_a_name_a_uuid_and_words(string key)
    {
        await PrepareAsync();
        var card = Card("select {{a}} as n", JsonNode.Parse("""{"a":{"id":"6f1c1f0e-4f4a-4f5e-9d57-0f1f2f3f4f5f","name":"a","display-name":"A","type":"text"}}"""));
        card["dataset_query"]!["native"]!["template-tags"]!["a"]![key] = "";

        Refused(await AskAsync("POST", "/api/card", card, _session), "dataset_query", "Invalid template tag: a");
    }

    [Test]
    public async Task A_question_is_answered_in_MBQL_5_found_by_its_entity_id_and_made_once()
    {
        await PrepareAsync();
        var card = Card("select {{a}} as n", JsonNode.Parse("""{"a":{"id":"6f1c1f0e-4f4a-4f5e-9d57-0f1f2f3f4f5f","name":"a","display-name":"A","type":"text"}}"""));
        var made = (await AskAsync("POST", "/api/card", card, _session)).Body!;

        Assert.That((string?)made["dataset_query"]!["stages"]![0]!["native"], Is.EqualTo("select {{a}} as n"));
        Assert.That(made["dataset_query"]!["stages"]![0]!["template-tags"], Is.InstanceOf<JsonArray>());
        Assert.That((long)(await AskAsync("GET", $"/api/card/{Entity}", session: _session)).Body!["id"]!, Is.EqualTo((long)made["id"]!));
        Assert.That((await AskAsync("POST", "/api/card", card.DeepClone(), _session)).Status, Is.EqualTo(HttpStatusCode.InternalServerError), "the same entity_id");
        Assert.That((await AskAsync("PUT", $"/api/card/{made["id"]}", new { description = "" }, _session)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await AskAsync("GET", "/api/card/nothing", session: _session), Is.EqualTo((HttpStatusCode.NotFound, (JsonNode?)null, "Not found.")));
        var lost = Card("select 1 as n");
        (lost["entity_id"], lost["collection_id"]) = (null, 999999);
        Assert.That((await AskAsync("POST", "/api/card", lost, _session)).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    // 9: dashboards
    [TestCase("""{"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":0,"size_x":0,"size_y":4}]}""", 400, "size_x")]
    [TestCase("""{"dashcards":[{"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4}]}""", 400, ":id")]
    [TestCase("""{"dashcards":[{"id":-1,"card_id":CARD,"row":-1,"col":0,"size_x":4,"size_y":4}]}""", 400, ":row")]
    [TestCase("""{"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4},{"id":-1,"card_id":CARD,"row":4,"col":0,"size_x":4,"size_y":4}]}""", 400, "unique")]
    [TestCase("""{"dashcards":[{"id":-1,"card_id":999999,"row":0,"col":0,"size_x":4,"size_y":4}]}""", 404, "Not found.")]
    [TestCase("""{"dashcards":[{"id":77,"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4}]}""", 404, "Not found.")]
    [TestCase("""{"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":20,"size_x":5,"size_y":4}]}""", 400, "24 columns")]
    [TestCase("""{"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4},{"id":-2,"card_id":CARD,"row":3,"col":3,"size_x":4,"size_y":4}]}""", 400, "overlap")]
    [TestCase("""{"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4,"parameter_mappings":[{"parameter_id":"p","target":["variable",["template-tag","a"]]}]}]}""", 400, "no parameter")]
    [TestCase("""{"parameters":[{"id":"p","type":"string/="}],"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4,"parameter_mappings":[{"parameter_id":"p","target":["variable",["template-tag","b"]]}]}]}""", 400, "no such tag")]
    [TestCase("""{"parameters":[{"id":"p","type":"string/="}],"dashcards":[{"id":-1,"card_id":CARD,"row":0,"col":0,"size_x":4,"size_y":4,"parameter_mappings":[{"parameter_id":"p","target":"a"}]}]}""", 400, "parameter_mapping")]
    [TestCase("""{"parameters":[{"id":"p","type":"text"}]}""", 400, ":type")]
    [TestCase("""{"width":"wide"}""", 400, "fixed, full")]
    [TestCase("""{"embedding_params":{"project":"open"}}""", 400, "disabled, enabled, locked")]
    public async Task A_dashboard_that_is_wrong_is_refused(string body, int status, string words)
    {
        var (id, card) = await DashboardAsync();

        var refused = await AskAsync("PUT", $"/api/dashboard/{id}", JsonNode.Parse(body.Replace("CARD", $"{card}")), _session);

        Assert.That((int)refused.Status, Is.EqualTo(status), refused.Text);
        Assert.That(refused.Text, Does.Contain(words));
    }

    [Test]
    public async Task A_change_of_tiles_is_the_whole_set_and_new_ones_get_numbers()
    {
        var (id, card) = await DashboardAsync();
        var first = (await AskAsync("PUT", $"/api/dashboard/{id}", new { dashcards = new[] { Tile(-1, card, 0), Tile(-2, card, 4) } }, _session)).Body!["dashcards"]!.AsArray();
        var kept = (long)first[0]!["id"]!;

        var second = (await AskAsync("PUT", $"/api/dashboard/{id}", new { dashcards = new[] { Tile(kept, card, 0) } }, _session)).Body!["dashcards"]!.AsArray();

        Assert.That(first.Select(tile => (long)tile!["id"]!), Is.All.Positive);
        Assert.That(second.Select(tile => (long)tile!["id"]!), Is.EqualTo(new[] { kept }));
        Assert.That(await AskAsync("POST", $"/api/dashboard/{id}/cards", new { }, _session), Is.EqualTo((HttpStatusCode.NotFound, (JsonNode?)null, "API endpoint does not exist.")));
        await AskAsync("PUT", $"/api/dashboard/{id}", new { archived = true }, _session);
        Assert.That((await AskAsync("PUT", $"/api/dashboard/{id}", new { name = "other" }, _session)).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    // 10: publishing
    [Test]
    public async Task Nothing_is_published_while_embedding_is_off()
    {
        await StartAsync(new() { EmbeddingByEnvironment = false });
        var (id, card) = await DashboardAsync();

        Assert.That(await AskAsync("PUT", $"/api/dashboard/{id}", new { enable_embedding = true }, _session), Is.EqualTo((HttpStatusCode.BadRequest, (JsonNode?)null, "Embedding is not enabled.")));
        Assert.That((await AskAsync("PUT", $"/api/card/{card}", new { enable_embedding = true }, _session)).Text, Is.EqualTo("Embedding is not enabled."));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token($$$"""{"resource":{"dashboard":{{{id}}}},"params":{}}""")}")).Text, Is.EqualTo("Embedding is not enabled."));
    }

    // 11: settings
    [TestCase("enable-embedding")]
    [TestCase("enable-embedding-static")]
    [TestCase("enable-embedding-modular")]
    public async Task Settings_have_the_names_of_their_release_and_the_environments_win(string name)
    {
        await StartAsync(new() { EmbeddingSetting = name, EmbeddingByEnvironment = false });
        var session = await SetUpAsync();
        var listed = (await AskAsync("GET", "/api/setting", session: session)).Body!.AsArray();
        Assert.That(listed.Single(setting => ((string?)setting!["key"])!.StartsWith("enable-embedding", StringComparison.Ordinal))!["key"]!.ToString(), Is.EqualTo(name));
        Assert.That((bool)listed.Single(setting => (string?)setting!["key"] == "embedding-secret-key")!["is_env_setting"]!, Is.True);

        Assert.That(await AskAsync("PUT", $"/api/setting/{name}", new { value = true }, session), Is.EqualTo((HttpStatusCode.NoContent, (JsonNode?)null, "")));
        Assert.That((await AskAsync("GET", $"/api/setting/{name}", session: session)).Text, Is.EqualTo("true"));
        Assert.That((await AskAsync("GET", "/api/setting/site-name", session: session)).Text, Is.EqualTo("Test"), "a bare text");
        Assert.That((await AskAsync("GET", "/api/setting/unheard-of", session: session)).Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Refused(await AskAsync("PUT", "/api/setting/embedding-secret-key", new { value = "short" }, session), "value", "embedding-secret-key must be a hexadecimal-encoded 256-bit key (i.e., a 64-character string).");
        await AskAsync("PUT", "/api/setting/embedding-secret-key", new { value = new string('0', 64) }, session);
        Assert.That((await AskAsync("GET", "/api/setting/embedding-secret-key", session: session)).Text, Is.EqualTo(Key));
    }

    // 12: embeds
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all"},"exp":EXP}""", "", 200, "")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all"}}""", "", 200, "")]
    [TestCase("""{"resource":{"dashboard":"ID"},"params":{"project":"all"}}""", "", 400, "Token is missing value for keypath [:resource :dashboard]")]
    [TestCase("""{"resource":{"dashboard":ID}}""", "", 400, "Token is missing value for keypath [:params]")]
    [TestCase("""{"params":{"project":"all"}}""", "", 400, "Token is missing value for keypath [:resource]")]
    [TestCase("""{"resource":{"dashboard":999999},"params":{"project":"all"}}""", "", 400, "Not found.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{}}""", "", 400, "You must specify a value for :project in the JWT.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":null}}""", "", 400, "You must specify a value for :project in the JWT.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":" "}}""", "", 400, "You must specify a value for :project in the JWT.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":[]}}""", "", 200, "")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all"}}""", "?project=nsf", 400, "You can only specify a value for project in the JWT.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all"}}""", "?other=x", 400, "Unknown parameter other.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all","other":"x"}}""", "", 400, "Unknown parameter other.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all"}}""", "?off=x", 400, "You're not allowed to specify a value for off.")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all"}}""", "?open=x", 200, "")]
    [TestCase("""{"resource":{"dashboard":ID},"params":{"project":"all","open":"x"}}""", "?open=y", 400, "You can't specify a value for open if it's already set in the JWT.")]
    public async Task A_token_gives_what_it_names_and_nothing_else(string claims, string query, int status, string words)
    {
        var (id, _) = await PublishedAsync();
        var token = Token(claims.Replace("ID", $"{id}").Replace("EXP", $"{Clock.GetUtcNow().ToUnixTimeSeconds() + 60}"));

        var answer = await AskAsync("GET", $"/api/embed/dashboard/{token}{query}");

        Assert.That(((int)answer.Status, status == 200 ? "" : answer.Text), Is.EqualTo((status, words)));
        using var page = await Http.GetAsync($"/embed/dashboard/{token}");
        Assert.That((page.StatusCode, page.Headers.GetValues("Content-Security-Policy").Single()), Is.EqualTo((HttpStatusCode.OK, "frame-ancestors *")), "the page is there whatever the token");
    }

    [Test]
    public async Task A_token_is_of_the_keys_text_in_time_and_signed()
    {
        var (id, _) = await PublishedAsync();
        var claims = $$$"""{"resource":{"dashboard":{{{id}}}},"params":{"project":"all"},"exp":{{{Clock.GetUtcNow().ToUnixTimeSeconds()}}}}""";
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(claims)}")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(claims, key: Convert.FromHexString(Key))}")).Text, Is.EqualTo("Message seems corrupt or manipulated"), "not of the bytes that the digits stand for");
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(claims, header: """{"alg":"none"}""")}")).Text, Is.EqualTo("JWT is missing `alg`."));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(claims, header: "{}")}")).Text, Is.EqualTo("JWT is missing `alg`."));

        Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(claims)}")).Status, Is.EqualTo(HttpStatusCode.OK), "a minute's leeway");
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{Token(claims)}")).Text, Does.StartWith("Token is expired"));
    }

    [Test]
    public async Task An_embed_tells_no_SQL_and_no_widget_of_what_is_locked_and_runs_with_what_was_signed()
    {
        var (id, card) = await PublishedAsync();
        var token = Token($$$"""{"resource":{"dashboard":{{{id}}}},"params":{"project":"nsf"}}""");

        var shown = (await AskAsync("GET", $"/api/embed/dashboard/{token}")).Body!;
        var result = await AskAsync("GET", $"/api/embed/dashboard/{token}/dashcard/{shown["dashcards"]![0]!["id"]}/card/{card}");

        Assert.That((string?)shown["dashcards"]![0]!["card"]!["dataset_query"]!["stages"]![0]!["native"], Is.EqualTo("-"));
        Assert.That(shown["parameters"]!.AsArray().Select(parameter => (string?)parameter!["slug"]), Is.EqualTo(new[] { "open" }));
        Assert.That((result.Status, (string?)result.Body!["status"], (string?)result.Body["data"]!["rows"]![0]![0]), Is.EqualTo((HttpStatusCode.Accepted, "completed", "nsf")));
        Assert.That((await AskAsync("GET", $"/api/embed/dashboard/{token}/dashcard/1/card/{card}")).Text, Is.EqualTo("Not found."));
    }

    // 13: queries
    [Test]
    public async Task A_query_that_fails_is_202_all_the_same()
    {
        await PrepareAsync();
        var card = (await AskAsync("POST", "/api/card", Card("select * from openaps.entries"), _session)).Body!;

        var result = await AskAsync("POST", $"/api/card/{card["id"]}/query", new { }, _session);

        Assert.That((result.Status, (string?)result.Body!["status"]), Is.EqualTo((HttpStatusCode.Accepted, "failed")));
        Assert.That((string?)result.Body["error"], Does.Contain("permission denied"), "it runs as metabase_reader");
    }

    async Task PrepareAsync()
    {
        _session = await SetUpAsync();
        var details = new JsonObject { ["host"] = Reader.Host, ["port"] = Reader.Port, ["dbname"] = Reader.Database, ["user"] = Reader.Username, ["password"] = Reader.Password, ["schema-filters-type"] = "inclusion", ["schema-filters-patterns"] = "analytics" };
        _database = (long)(await AskAsync("POST", "/api/database", new JsonObject { ["name"] = "D", ["engine"] = "postgres", ["details"] = details }, _session)).Body!["id"]!;
    }

    async Task<(long Dashboard, long Card)> DashboardAsync()
    {
        await PrepareAsync();
        var card = await AskAsync("POST", "/api/card", Card("select {{a}} as n", JsonNode.Parse("""{"a":{"id":"6f1c1f0e-4f4a-4f5e-9d57-0f1f2f3f4f5f","name":"a","display-name":"A","type":"text"}}""")), _session);
        return ((long)(await AskAsync("POST", "/api/dashboard", new { name = "D" }, _session)).Body!["id"]!, (long)card.Body!["id"]!);
    }

    async Task<(long Dashboard, long Card)> PublishedAsync()
    {
        var (id, card) = await DashboardAsync();
        var body = $$"""
            {"parameters":[{"id":"p","slug":"project","type":"string/="},{"id":"o","slug":"open","type":"string/="},{"id":"f","slug":"off","type":"string/="}],"enable_embedding":true,"embedding_params":{"project":"locked","open":"enabled","off":"disabled"},
             "dashcards":[{"id":-1,"card_id":{{card}},"row":0,"col":0,"size_x":4,"size_y":4,"parameter_mappings":[{"parameter_id":"p","target":["variable",["template-tag","a"]]}]}]}
            """;
        Assert.That((await AskAsync("PUT", $"/api/dashboard/{id}", JsonNode.Parse(body), _session)).Status, Is.EqualTo(HttpStatusCode.OK));
        return (id, card);
    }

    JsonObject Card(string sql, JsonNode? tags = null) => new()
    {
        ["name"] = "Q",
        ["display"] = "table",
        ["entity_id"] = Entity,
        ["visualization_settings"] = new JsonObject(),
        ["dataset_query"] = new JsonObject { ["database"] = _database, ["type"] = "native", ["native"] = new JsonObject { ["query"] = sql, ["template-tags"] = tags ?? new JsonObject() } },
    };

    static JsonObject Tile(long id, long card, int row) => new() { ["id"] = id, ["card_id"] = card, ["row"] = row, ["col"] = 0, ["size_x"] = 4, ["size_y"] = 4 };

    static string Token(string claims, string header = """{"alg":"HS256","typ":"JWT"}""", byte[]? key = null)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key ?? Encoding.ASCII.GetBytes(Key), Encoding.ASCII.GetBytes(signed)))}";
    }

    static void Refused((HttpStatusCode Status, JsonNode? Body, string Text) answer, string field, string words)
    {
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.Text);
        var (errors, specific) = (answer.Body!["errors"], answer.Body["specific-errors"]);
        foreach (var name in field.Split('.'))
            (errors, specific) = (errors?[name], specific?[name]);
        Assert.That(((string?)errors, (string?)specific?[0]), Is.EqualTo((words, words)));
    }
}
