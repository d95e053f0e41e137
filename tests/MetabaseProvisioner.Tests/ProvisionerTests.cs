using System.Net;
using System.Text.Json.Nodes;

namespace MetabaseProvisioner.Tests;

/// <summary>The provisioner, against a stand-in that is stricter than Metabase and runs the questions on the real database as metabase_reader.</summary>
public sealed class ProvisionerTests : MetabaseFixture
{
    [Test]
    public async Task A_fresh_Metabase_gets_everything_and_the_portal_its_numbers()
    {
        var (code, said) = await RunAsync();

        Assert.That(code, Is.Zero, said);
        Assert.That(said, Does.Contain("Done: 4 dashboards with").And.Contain("open with a signed token"));
        Assert.That(new[] { "cohort", "entries", "treatments", "demographics" }.Select(Dashboard), Is.Unique.And.SubsetOf(Server.Dashboards.Keys));
        foreach (var dashboard in Server.Dashboards.Values)
            Assert.That((dashboard.IsPublished, dashboard.Parameters["project"], dashboard.Width), Is.EqualTo((true, "locked", "full")), dashboard.Name);
    }

    [TestCase(true, "enable-embedding-static")]
    [TestCase(false, "enable-embedding")]
    [TestCase(true, "enable-embedding-modular")]
    public async Task A_second_run_writes_nothing_whatever_the_release(bool tagsAreAList, string setting)
    {
        await StartAsync(new() { TagsAreAList = tagsAreAList, EmbeddingSetting = setting, EmbeddingByEnvironment = false });
        Assert.That((await RunAsync()).Code, Is.Zero);
        Server.Writes.Clear();
        var written = File.GetLastWriteTimeUtc(Map);

        var (code, said) = await RunAsync();

        Assert.That((code, Server.Writes.ToArray(), File.GetLastWriteTimeUtc(Map)), Is.EqualTo((0, Array.Empty<string>(), written)), said);
        Assert.That(said, Does.Contain("nothing changed"));
        Assert.That((await RunAsync(Files, check: true)).Code, Is.Zero);
    }

    [Test]
    public async Task Nothing_is_sent_that_a_strict_release_would_refuse()
    {
        await StartAsync(new() { RefusesUndeclaredKeys = true });

        Assert.That((await RunAsync()).Code, Is.Zero);
    }

    [Test]
    public async Task It_waits_for_a_slow_start_and_outlives_a_connection_that_is_cut()
    {
        await StartAsync(new() { PollsUntilUp = 5, PollsUntilSynced = 6, DropsOneConnection = true });

        var (code, said) = await RunAsync();

        Assert.That(code, Is.Zero, said);
        Assert.That(said, Does.Contain("Waiting for Metabase"));
    }

    [Test]
    public async Task One_that_never_starts_is_given_up_with_a_word_what_to_look_at()
    {
        Server.IsUp = false;

        Assert.That(await RunAsync(("Patience", "00:00:01")), Is.EqualTo((1, $"Waiting for Metabase to start.{Environment.NewLine}Not done: Metabase did not get ready within 00:00:01: see its log (docker compose logs metabase), then run this again.{Environment.NewLine}")));
    }

    /// <summary>After each single write the machine goes down; the next run completes, and nothing is there twice.</summary>
    [Test]
    public async Task A_run_that_is_cut_off_anywhere_is_completed_by_the_next_one()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        var (dashboards, writes) = (Server.Dashboards.Count, Server.Writes.Count);
        foreach (var last in Enumerable.Range(1, 6).Concat([writes / 2, writes - 3, writes - 2, writes - 1]))
        {
            await StartAsync(new());
            Server.Breaks = _ => Server.Writes.Count >= last;
            Assert.That((await RunAsync()).Code, Is.EqualTo(1), $"cut off after {last} writes");
            Assert.That(File.Exists(Map), Is.False);
            Server.Breaks = _ => false;

            var (code, said) = await RunAsync();

            Assert.That((code, Server.Dashboards.Count), Is.EqualTo((0, dashboards)), said);
            var session = await SignInAsync();
            var collections = (JsonArray)(await AskAsync("GET", "/api/collection", session: session)).Body!;
            Assert.That(collections.Count(one => (string?)one!["name"] == "Portal"), Is.EqualTo(1));
            Assert.That((int)(await AskAsync("GET", "/api/database", session: session)).Body!["total"]!, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task A_map_that_is_gone_is_written_again_but_not_while_only_looking()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        File.Delete(Map);

        Assert.That(((await RunAsync(Files, check: true)).Code, File.Exists(Map)), Is.EqualTo((3, false)));
        Assert.That(((await RunAsync()).Code, File.Exists(Map)), Is.EqualTo((0, true)));
    }

    [Test]
    public async Task What_was_changed_by_hand_is_set_right()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        var session = await SignInAsync();
        var id = Dashboard("treatments");
        var dashboard = (await AskAsync("GET", $"/api/dashboard/{id}", session: session)).Body!;
        var (tiles, card) = (dashboard["dashcards"]!.AsArray(), dashboard["dashcards"]!.AsArray().First(tile => tile!["card_id"] is not null)!["card_id"]!);
        var others = (await AskAsync("GET", $"/api/dashboard/{Dashboard("cohort")}", session: session)).Body!["dashcards"]!.AsArray().Where(tile => tile!["card_id"] is not null).Select(tile => tile!["card_id"]!.ToString()).ToList();
        foreach (var (path, body) in new (string, object)[]
        {
            ($"/api/dashboard/{id}", new { embedding_params = new { project = "enabled", dates = "enabled" } }), // a reader could choose the commons
            ($"/api/dashboard/{Dashboard("entries")}", new { enable_embedding = false }),
            ($"/api/dashboard/{Dashboard("cohort")}", new { dashcards = new[] { new { id = -1, card_id = long.Parse(others[0]), row = 0, col = 0, size_x = 24, size_y = 4 } } }),
            ($"/api/card/{card}", new { name = "Mine", display = "table" }),
            ($"/api/card/{others[1]}", new { archived = true }),
            ($"/api/card/{others[2]}", new { visualization_settings = new { } }),
            ($"/api/card/{others[3]}", new { visualization_settings = new { }, dataset_query = new { database = (long)(await AskAsync("GET", "/api/database", session: session)).Body!["data"]![0]!["id"]!, type = "native", native = new { query = "select 1 as one" } } }),
        })
            Assert.That((await AskAsync("PUT", path, body, session)).Status, Is.EqualTo(HttpStatusCode.OK), path);
        Assert.That((await RunAsync(Files, check: true)).Code, Is.EqualTo(3));
        Server.Writes.Clear();

        var (code, said) = await RunAsync();

        Assert.That(code, Is.Zero, said);
        Assert.That(Server.Writes, Has.Count.EqualTo(7), "each once");
        Assert.That(Server.Dashboards[id].Parameters["project"], Is.EqualTo("locked"));
        Assert.That((await AskAsync("GET", $"/api/dashboard/{id}", session: session)).Body!["dashcards"]!.AsArray().Select(tile => (long)tile!["id"]!), Is.EquivalentTo(tiles.Select(tile => (long)tile!["id"]!)), "tiles keep their numbers");
        Server.Writes.Clear();
        Assert.That(((await RunAsync()).Code, Server.Writes), Is.EqualTo((0, Array.Empty<string>())));
    }

    [Test]
    public async Task What_is_in_no_file_goes_to_the_trash_inside_our_collection_and_nowhere_else()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        var session = await SignInAsync();
        var ours = Server.Dashboards[Dashboard("cohort")].CollectionId;
        var other = (long)(await AskAsync("POST", "/api/collection", new { name = "Somebody’s own" }, session)).Body!["id"]!;
        var (inside, outside) = (await AddAsync(ours), await AddAsync(other));

        Assert.That((await RunAsync()).Said, Does.Contain("Put away dashboard Mine"));

        Assert.That((Server.Dashboards[inside].IsArchived, Server.Dashboards[outside].IsArchived), Is.EqualTo((true, false)));

        async Task<long> AddAsync(long? collection) => (long)(await AskAsync("POST", "/api/dashboard", new { name = "Mine", collection_id = collection }, session)).Body!["id"]!;
    }

    [TestCase("/api/collection", "Portal", "collections")]
    [TestCase("/api/dashboard", "Entries", "dashboards")]
    public async Task Of_two_with_the_same_name_none_is_taken(string path, string name, string kind)
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        await AskAsync("POST", path, new { name, collection_id = path == "/api/dashboard" ? Server.Dashboards[Dashboard("entries")].CollectionId : null }, await SignInAsync());
        Server.Writes.Clear();

        var (code, said) = await RunAsync();

        Assert.That((code, Server.Writes), Is.EqualTo((1, Array.Empty<string>())));
        Assert.That(said, Does.Contain($"several {kind} called \"{name}\"").And.Contain("rename or remove"));
    }

    [Test]
    public async Task A_changed_connection_of_the_database_is_put_right()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        var session = await SignInAsync();
        var database = (await AskAsync("GET", "/api/database", session: session)).Body!["data"]![0]!;
        var details = (JsonObject)database["details"]!.DeepClone();
        var other = new Npgsql.NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable("TEST_POSTGRES")!);
        (details["user"], details["password"]) = (other.Username, other.Password);
        Assert.That((await AskAsync("PUT", $"/api/database/{database["id"]}", new { details }, session)).Status, Is.EqualTo(HttpStatusCode.OK));

        var (code, said) = await RunAsync();

        Assert.That(code, Is.Zero, said);
        Assert.That(said, Does.Contain("Changed the database's connection"));
    }

    /// <summary>Metabase tells nobody the password that it has, so only a question shows that it is another one by now.</summary>
    [Test]
    public async Task A_new_password_of_the_reader_is_given_to_Metabase_when_a_question_fails()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);
        Server.ForgetPasswords();

        var (code, said) = await RunAsync();

        Assert.That(code, Is.Zero, said);
        Assert.That(said, Does.Contain("because a question failed"));
    }

    [TestCase("AdminPassword", "wrong-horse-8", 1, "does not let Metabase__AdminEmail in")]
    [TestCase("EmbeddingSecretKey", "0000000000000000000000000000000000000000000000000000000000000000", 1, "another key of embedding")]
    [TestCase("DashboardsFile", "/nowhere/at/all.json", 1, "cannot be written")]
    public async Task What_cannot_be_done_later_says_what_to_do(string setting, string value, int code, string words)
    {
        Assert.That((await RunAsync()).Code, Is.Zero);

        var (ended, said) = await RunAsync((setting, value));

        Assert.That(ended, Is.EqualTo(code), said);
        Assert.That(said, Does.Contain(words));
    }

    [TestCase("AdminPassword", "short", "Metabase__AdminPassword")]
    [TestCase("AdminEmail", "nobody", "Metabase__AdminEmail")]
    [TestCase("EmbeddingSecretKey", "abc", "64 hexadecimal digits")]
    [TestCase("Database", "Host=db", "Metabase__Database")]
    [TestCase("Database", "nonsense", "Metabase__Database")]
    [TestCase("InternalUrl", "metabase", "Metabase__InternalUrl")]
    [TestCase("DashboardsFile", "", "Metabase__DashboardsFile")]
    [TestCase("Patience", "soon-secret", "Metabase__Patience must be a duration")]
    [TestCase("Poll", "00:02:00", "Metabase__Poll must be between")]
    public async Task Settings_that_cannot_work_are_named_before_anything_is_asked(string setting, string value, string words)
    {
        var (code, said) = await RunAsync((setting, value));

        Assert.That(code, Is.EqualTo(2), said);
        Assert.That(said, Does.Contain(words).And.Not.Contain("soon-secret"));
        var checking = new StringWriter();
        Assert.That(Run.CheckSettings(Settings((setting, value)), checking), Is.EqualTo(1));
        Assert.That(checking.ToString(), Does.StartWith("error    ").And.Contain(words));
        Assert.That(Server.Writes, Is.Empty);
    }

    [Test]
    public void All_settings_that_are_wrong_are_named_at_once_and_never_quoted()
    {
        var output = new StringWriter { NewLine = "\n" };

        Assert.That(Run.CheckSettings(Settings(("Patience", "soon-secret"), ("Poll", "00:02:00"), ("InternalUrl", "planted-secret"), ("AdminEmail", "planted-secret"), ("Database", "planted-secret"), ("DashboardsFile", "")), output), Is.EqualTo(1));

        Assert.That(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(new[]
        {
            "error    Metabase__Patience must be a duration like 01:30:00, or 2.00:00:00 for two days.", "error    Metabase__Poll must be between 0.01 seconds and a minute.", "error    Metabase__InternalUrl must be an address that begins with http:// or https://.",
            "error    Set Metabase__AdminEmail: the e-mail of Metabase's administrator.", "error    Set Metabase__Database: Host=…;Database=…;Username=metabase_reader;Password=…",
            "error    Set Metabase__DashboardsFile: where the numbers of the dashboards are written, and the portal reads them.",
        }));
    }

    [Test]
    public void Settings_in_order_are_said_to_be()
    {
        var output = new StringWriter();

        Assert.That((Run.CheckSettings(Settings(), output), output.ToString().Trim()), Is.EqualTo((0, "ok       the settings of metabase-provisioner are in order")));
    }

    [TestCase("Password=wrong", "username or password is incorrect")]
    [TestCase("Port=1", "couldn't connect")]
    public async Task A_database_that_Metabase_cannot_reach_is_told_in_its_words(string other, string words)
    {
        var (code, said) = await RunAsync(("Database", $"{Reader.ConnectionString};{other}"));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(said, Does.Contain(words));
    }

    [Test]
    public async Task Embedding_that_the_environment_switches_off_is_told_by_its_setting()
    {
        await StartAsync(new() { EmbeddingSetting = "enable-something-else", EmbeddingByEnvironment = false });

        Assert.That((await RunAsync()).Said, Does.Contain("pin METABASE_VERSION"));
    }

    [Test]
    public async Task A_Metabase_without_a_key_gets_ours()
    {
        await StartAsync(new() { EmbeddingByEnvironment = false }, key: null);

        Assert.That((await RunAsync()).Said, Does.Contain("Set the key of embedding"));
    }

    [Test]
    public async Task A_key_that_metabase_does_not_declare_at_creation_is_not_relied_on()
    {
        Assert.That((await RunAsync()).Code, Is.Zero);

        Assert.That(Server.Writes.Count(write => write == "POST /api/dashboard"), Is.EqualTo(4));
        Assert.That(Server.Writes.Count(write => write.StartsWith("PUT /api/dashboard/", StringComparison.Ordinal)), Is.EqualTo(4), "tiles and embedding come with the change");
    }
}
