using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class ListTests
{
    SiteWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await SiteWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCase("", 10)]
    [TestCase("?count=", 10)]
    [TestCase("?count=50.9", 50)]
    [TestCase("?count=1e6", 1)]
    [TestCase("?count=-5", 5)]
    [TestCase("?count=0", 60)]
    [TestCase("?count=abc", 60)]
    [TestCase("?count=7&skip=3&limit=2&page=4", 7)]
    public async Task Count_is_read_as_parseInt_does(string query, int expected)
    {
        _world.AddEntries(60, TimeSpan.FromMinutes(5));

        Assert.That(await _world.ListAsync($"entries.json{query}"), Has.Count.EqualTo(expected));
    }

    [TestCase("entries.json?count=1000")]
    [TestCase("entries.json?count=1000&find[type]=sgv")]
    [TestCase("entries.json?count=1000&find[sgv][$gte]=1")]
    public async Task Without_a_date_only_the_last_four_days_come(string path)
    {
        _world.AddEntries(10, TimeSpan.FromDays(1));

        Assert.That(await _world.ValuesAsync(path), Is.EqualTo(new[] { "0", "1", "2", "3", "4" }));
    }

    [TestCase("entries.json?count=1000&find[date][$gte]=0")]
    [TestCase("entries.json?count=1000&find[dateString][$ne]=x")]
    public async Task Any_word_about_the_date_opens_the_window(string path)
    {
        _world.AddEntries(10, TimeSpan.FromDays(1));

        Assert.That(await _world.ListAsync(path), Has.Count.EqualTo(10));
    }

    [Test]
    public async Task An_id_opens_the_window()
    {
        var id = _world.Site.Treatments.Insert("""{"created_at":"2001-01-01T00:00:00.000Z","n":1}""");

        Assert.That(await _world.ValuesAsync($"treatments.json?find[_id]={id}"), Is.EqualTo(new[] { "1" }));
        Assert.That(await _world.ValuesAsync("treatments.json"), Is.Empty);
    }

    [Test]
    public async Task Treatments_come_by_100_or_with_find_by_1000()
    {
        for (var n = 0; n < 1100; n++)
            _world.Site.Treatments.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now.AddMinutes(-n)), ["eventType"] = "Note" });

        Assert.That(await _world.ListAsync("treatments.json"), Has.Count.EqualTo(100));
        Assert.That(await _world.ListAsync("treatments.json?find[eventType]=Note"), Has.Count.EqualTo(1000));
        _world.Site.Options = _world.Site.Options with { Version = "0.12.8" };
        Assert.That(await _world.ListAsync("treatments.json?find[eventType]=Note"), Has.Count.EqualTo(1100));
    }

    [Test]
    public async Task Device_status_comes_by_10_and_activity_whole()
    {
        for (var n = 0; n < 30; n++)
        {
            _world.Site.DeviceStatus.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now.AddMinutes(-n)) });
            _world.Site.Activity.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now.AddMinutes(-n)) });
        }

        Assert.That(await _world.ListAsync("devicestatus.json"), Has.Count.EqualTo(10));
        Assert.That(await _world.ListAsync("activity.json"), Has.Count.EqualTo(30));
    }

    [Test]
    public async Task Profile_ignores_find_and_sort_but_not_count()
    {
        for (var n = 0; n < 12; n++)
            _world.Site.Profiles.Insert(new JsonObject { ["n"] = n, ["startDate"] = SiteWorld.Iso(_world.Now.AddDays(-n)) });

        Assert.That(await _world.ValuesAsync("profile.json?find[startDate][$lt]=2000-01-01&sort[startDate]=1"),
            Is.EqualTo(Enumerable.Range(0, 10).Select(n => $"{n}")));
        Assert.That(await _world.ListAsync("profile.json?count=11"), Has.Count.EqualTo(11));
        Assert.That(await _world.ValuesAsync("profiles.json?count=100"), Has.Length.EqualTo(5), "the plural list has the window");
        Assert.That((int)(await (await _world.GetAsync("api/v1/profile/current.json")).JsonAsync())["n"]!, Is.Zero);
    }

    [Test]
    public async Task An_old_site_has_no_plural_profiles_and_no_versions()
    {
        _world.Site.Options = _world.Site.Options with { Version = "0.12.8" };

        using var profiles = await _world.GetAsync("api/v1/profiles.json");
        using var versions = await _world.GetAsync("api/versions");

        Assert.That((profiles.StatusCode, versions.StatusCode), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.NotFound)));
    }

    [Test]
    public async Task Food_comes_whole_and_by_type()
    {
        _world.Site.Food.Insert("""{"type":"food","n":1}""");
        _world.Site.Food.Insert("""{"type":"quickpick","n":2}""");

        Assert.That(await _world.ListAsync("food.json"), Has.Count.EqualTo(2));
        Assert.That(await _world.ValuesAsync("food/quickpicks.json"), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task Sorting_selects_and_entries_are_then_newest_first_all_the_same()
    {
        _world.AddEntries(5, TimeSpan.FromMinutes(5));
        for (var n = 0; n < 5; n++)
            _world.Site.Treatments.Insert(new JsonObject { ["n"] = n, ["created_at"] = SiteWorld.Iso(_world.Now.AddMinutes(-n)) });

        Assert.That(await _world.ValuesAsync("entries.json?count=2&sort[date]=1"), Is.EqualTo(new[] { "3", "4" }));
        Assert.That(await _world.ValuesAsync("entries.json?count=2&sort[sgv]=-1"), Is.EqualTo(new[] { "3", "4" }));
        Assert.That(await _world.ValuesAsync("treatments.json?count=2&sort[created_at]=1"), Is.EqualTo(new[] { "4", "3" }));
    }

    [Test]
    public async Task What_has_no_date_sorts_before_numbers_and_numbers_before_text()
    {
        foreach (var json in new[]
        {
            """{"n":"text","date":"1700000000000","created_at":"2026-11-20T10:00:00.000Z"}""",
            """{"n":"late","date":1795226000000,"created_at":1795226000000}""",
            """{"n":"missing"}""",
            """{"n":"early","date":-5,"created_at":1000}""",
            """{"n":"null","date":null,"created_at":null}""",
        })
        {
            _world.Site.Entries.Insert(json);
            _world.Site.Treatments.Insert(json);
        }

        async Task<string[]> FirstAsync(int count, int direction) =>
            await _world.ValuesAsync($"treatments.json?count={count}&sort[created_at]={direction}&find[dateString][$ne]=x");
        Assert.That((await FirstAsync(2, 1)).Order(), Is.EqualTo(new[] { "missing", "null" }));
        Assert.That((await FirstAsync(5, 1))[2..], Is.EqualTo(new[] { "early", "late", "text" }));
        Assert.That(await FirstAsync(3, -1), Is.EqualTo(new[] { "text", "late", "early" }));
        Assert.That((await _world.ValuesAsync("entries.json?count=2&sort[date]=1&find[dateString][$ne]=x")).Order(), Is.EqualTo(new[] { "missing", "null" }));
        Assert.That(await _world.ValuesAsync("entries.json?count=3&sort[date]=1&find[dateString][$ne]=x"), Does.Contain("early"));
        Assert.That(await _world.ValuesAsync("entries.json?count=1&sort[date]=-1&find[dateString][$ne]=x"), Is.EqualTo(new[] { "text" }));
    }

    [Test]
    public async Task Treatments_always_have_carbs_and_insulin_as_numbers_or_null()
    {
        _world.Site.Treatments.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now) });
        _world.Site.Treatments.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now.AddMinutes(-1)), ["carbs"] = "", ["insulin"] = "1.5" });
        _world.Site.Treatments.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now.AddMinutes(-2)), ["carbs"] = 12, ["insulin"] = "much" });

        var json = await _world.ListAsync("treatments.json?find[created_at][$gte]=2000-01-01");

        Assert.That(json.Select(record =>
            $"{record!.AsObject().ContainsKey("carbs")} {record["carbs"]?.ToString() ?? "null"} {record["insulin"]?.ToString() ?? "null"}"),
            Is.EqualTo(new[] { "True null null", "True 0 1.5", "True 12 null" }));
    }

    [Test]
    public async Task One_record_has_two_forms_from_memory_with_mills_and_from_the_database_without()
    {
        _world.AddEntries(5, TimeSpan.FromMinutes(5));

        var cached = await _world.ListAsync("entries.json?count=5");
        var stored = await _world.ListAsync("entries.json?count=5&find[date][$gte]=0");
        var moreThanCached = await _world.ListAsync("entries.json?count=6");

        Assert.That((long)cached[0]!["mills"]!, Is.EqualTo(_world.Now.ToUnixTimeMilliseconds()));
        Assert.That((stored[0]!["mills"], moreThanCached[0]!["mills"]), Is.EqualTo(((JsonNode?)null, (JsonNode?)null)));
    }

    [TestCase("12.0.0", false, false)]
    [TestCase("14.2.6", true, false)]
    [TestCase("15.0.3", true, false)]
    [TestCase("15.0.7", true, true)]
    public async Task Memory_came_with_14_and_remembers_ends_since_15_0_7(string version, bool mills, bool endmills)
    {
        _world.Site.Options = _world.Site.Options with { Version = version };
        _world.Site.Treatments.Insert(new JsonObject { ["created_at"] = SiteWorld.Iso(_world.Now), ["duration"] = 30 });

        var listed = (await _world.ListAsync("treatments.json?count=1")).Single()!.AsObject();

        Assert.That((listed.ContainsKey("mills"), listed.ContainsKey("endmills")), Is.EqualTo((mills, endmills)));
    }

    [TestCase("entries.json?count=3&find[type]=sgv", true)]
    [TestCase("entries/sgv.json?count=3", true)]
    [TestCase("entries.json?count=3&find[type]=sgv&find[sgv][$gte]=1", false)]
    public async Task Memory_also_answers_for_entries_of_one_type(string path, bool isMemory)
    {
        _world.AddEntries(3, TimeSpan.FromMinutes(5));

        Assert.That((await _world.ListAsync(path))[0]!.AsObject().ContainsKey("mills"), Is.EqualTo(isMemory));
    }

    [Test]
    public async Task Entries_can_be_asked_by_type_by_id_and_for_the_newest()
    {
        _world.AddEntries(3, TimeSpan.FromMinutes(5));
        var id = _world.Site.Entries.Insert(new JsonObject { ["n"] = "m", ["type"] = "mbg", ["date"] = _world.Now.AddMinutes(-60).ToUnixTimeMilliseconds() });

        Assert.That(await _world.ValuesAsync("entries/mbg.json"), Is.EqualTo(new[] { "m" }));
        Assert.That(await _world.ValuesAsync("entries/current.json"), Is.EqualTo(new[] { "0" }));
        Assert.That(await _world.ValuesAsync($"entries/{id}.json"), Is.EqualTo(new[] { "m" }));
        using var unknown = await _world.GetAsync("api/v1/entries/000000000000000000000000.json");
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
    }

    [TestCase("api/v1/treatments/000000000000000000000000")]
    [TestCase("api/v1/nothing.json")]
    [TestCase("api/v3")]
    public async Task An_unknown_path_is_a_page(string path)
    {
        using var answer = await _world.GetAsync(path);

        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.NotFound, "text/html")));
        Assert.That(await answer.TextAsync(), Does.Contain($"Cannot GET /{path}"));
    }

    [Test]
    public async Task Three_hundred_thousand_entries_are_paged_quickly()
    {
        var start = _world.Now.ToUnixTimeMilliseconds();
        _world.Site.Entries.InsertAll(Enumerable.Range(0, 300_000).Select(n =>
            (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes($$"""{"_id":"{{n:x24}}","type":"sgv","sgv":100,"date":{{start - n * 300_000L}}}""")));

        var timer = System.Diagnostics.Stopwatch.StartNew();
        var page = await _world.ListAsync($"entries.json?count=2000&find[date][$gte]={start - 200_000 * 300_000L}&sort[date]=1");

        Assert.That((page.Count, (long)page[^1]!["date"]!), Is.EqualTo((2000, start - 200_000 * 300_000L)));
        Assert.That(timer.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)));
    }
}
