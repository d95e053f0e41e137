using System.Net;
using Codebook;
using Dapper;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>The data dictionary on the portal, and which numbers whom it tells.</summary>
public sealed class MetadataTests
{
    const string Password = "a long enough sentence";

    Warehouse _warehouse = null!;
    WebApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _warehouse = await Warehouse.CreateAsync();
        _app = await _warehouse.StartPortalAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (_warehouse is not null)
            await _warehouse.DisposeAsync();
    }

    [SetUp]
    public async Task Empty()
    {
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("truncate openaps.observed_field");
    }

    [Test]
    public async Task Before_anything_is_loaded_it_says_so_and_describes_the_columns()
    {
        using var person = await SignedInAsync();

        await person.OpenAsync("/metadata");

        Assert.That(person.Page.Title, Does.StartWith("Data dictionary"));
        Assert.That(person.Text, Does.Contain("No records were loaded yet").And.Contain("sensor glucose, whatever unit the site displays"));
        Assert.That(person.Page.QuerySelector("#records-entries thead")!.TextContent, Does.Not.Contain("Participants"));
    }

    [Test]
    public async Task Shares_are_those_of_participants_whose_present_consent_the_grant_covers()
    {
        var participants = new List<long>();
        foreach (var projects in Enumerable.Repeat("openaps", 6).Concat(Enumerable.Repeat("nsf", 5)).Concat(Enumerable.Repeat("both", 3)).Append("none"))
            participants.Add(await _warehouse.ParticipantAsync(projects));
        foreach (var participant in participants)
            await ObservedAsync(participant, ("", 1, 100), ("sgv", 8, 90));
        foreach (var participant in participants.Take(8)) // six of openaps, two of nsf
            await ObservedAsync(participant, ("rssi", 4, 10));

        Assert.That(await SeenAsync(true, false, "sgv"), Is.EqualTo("9 of 9, 810: number"));
        Assert.That(await SeenAsync(false, true, "sgv"), Is.EqualTo("8 of 8, 720: number"));
        Assert.That(await SeenAsync(true, true, "sgv"), Is.EqualTo("14 of 14, 1260: number"));
        Assert.That(await SeenAsync(true, false, "rssi"), Is.EqualTo("6 of 9, 60: text"));
        Assert.That(await SeenAsync(false, true, "rssi"), Is.EqualTo("few of 8, few: text"), "two are fewer than five");

        foreach (var participant in participants.Take(2))
            await _warehouse.ConsentAsync(participant, "none");

        Assert.That(await SeenAsync(true, false, "rssi"), Is.EqualTo("few of 7, few: text"), "four are fewer than five");
        Assert.That(await SeenAsync(true, false, "sgv"), Is.EqualTo("7 of 7, 630: number"));
    }

    [Test]
    public async Task Exactly_five_are_told_and_four_are_not_nor_of_how_many_they_are()
    {
        for (var i = 0; i < 4; i++)
            await ObservedAsync(await _warehouse.ParticipantAsync("both"), ("", 1, 7), ("sgv", 8, 7));
        Assert.That(await SeenAsync(true, true, "sgv"), Is.EqualTo("few of few, few: number"));

        await ObservedAsync(await _warehouse.ParticipantAsync("both"), ("", 1, 7), ("sgv", 8, 7));
        Assert.That(await SeenAsync(true, true, "sgv"), Is.EqualTo("5 of 5, 35: number"));
    }

    [Test]
    public async Task A_field_that_is_always_null_is_nobodys()
    {
        for (var i = 0; i < 5; i++)
            await ObservedAsync(await _warehouse.ParticipantAsync("both"), ("", 1, 7), ("direction", 32, 0));

        Assert.That(await SeenAsync(true, true, "direction"), Is.EqualTo("few of 5, few: null"));
    }

    [Test]
    public async Task Without_a_grant_no_number_is_told()
    {
        for (var i = 0; i < 6; i++)
            await ObservedAsync(await _warehouse.ParticipantAsync("both"), ("", 1, 100), ("sgv", 8, 90));
        using var person = await SignedInAsync(access: false);

        await person.OpenAsync("/metadata");
        using var json = await person.SendAsync(new(HttpMethod.Get, new Uri("/metadata.json", UriKind.Relative)));

        Assert.That(person.Text, Does.Contain("is shown to who may read their data").And.Contain("sensor glucose"));
        Assert.That(person.Page.QuerySelector("#records-entries thead")!.TextContent, Does.Not.Contain("Participants"));
        Assert.That(await json.Content.ReadAsStringAsync(), Does.Not.Contain("\"participants\":"));
    }

    [Test]
    public async Task The_page_shows_shares_and_finds_words_without_JavaScript()
    {
        for (var i = 0; i < 6; i++)
            await ObservedAsync(await _warehouse.ParticipantAsync("both"), ("", 1, 100), ("sgv", 12, 90));
        using var person = await SignedInAsync();
        await person.OpenAsync("/exports");
        Assert.That(person.Page.QuerySelector("main a[href='/metadata']"), Is.Not.Null);
        Assert.That(person.Page.QuerySelector("nav")!.TextContent, Does.Contain("Data dictionary"));

        await person.OpenAsync("/metadata");
        Assert.That(person.Text, Does.Contain("600 records of 6 participants.").And.Contain("100 % 6; 540 records").And.Contain("There are no records yet."));
        Assert.That(person.Page.QuerySelectorAll("nav.contents a").Select(link => person.Page.GetElementById(link.GetAttribute("href")![1..])?.LocalName), Is.All.EqualTo("section"));

        await person.OpenAsync("/metadata?q=SGV+glucose");
        Assert.That(person.Text, Does.Contain("Show everything").And.Contain("sensor glucose"));
        Assert.That(person.Page.QuerySelectorAll("tbody tr").Select(row => row.TextContent), Is.All.Contains("sgv").And.All.Contains("glucose"));
        Assert.That(person.Page.QuerySelector("#q")!.GetAttribute("value"), Is.EqualTo("SGV glucose"));

        await person.OpenAsync("/metadata?q=%3Cscript%3Enothing");
        Assert.That(person.Text, Does.Contain("Nothing holds all of these words."));
        Assert.That(person.Page.QuerySelector("script"), Is.Null);
    }

    [Test]
    public async Task With_every_field_seen_the_page_is_not_too_big_for_a_phone()
    {
        for (var i = 0; i < 6; i++)
        {
            var participant = await _warehouse.ParticipantAsync("both");
            foreach (var collection in FieldSources.Built.Fields.GroupBy(field => field.Collection))
                await ObservedAsync(participant, collection.Key, [("", 1, 1_000_000), .. collection.Select(field => (field.Path, (short)12, 900_000L))]);
        }
        using var person = await SignedInAsync();

        await person.OpenAsync("/metadata");

        Assert.That((await person.Response.Content.ReadAsByteArrayAsync()).Length, Is.LessThan(170_000));
    }

    [TestCase("/metadata.csv", "text/csv", "data-dictionary.csv")]
    [TestCase("/metadata.json", "application/json", "data-dictionary.json")]
    public async Task Programs_get_files_with_a_name_and_nothing_again_while_nothing_has_changed(string path, string type, string name)
    {
        using var person = await SignedInAsync();

        using var first = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)));
        using var again = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)) { Headers = { IfNoneMatch = { first.Headers.ETag! } } });
        await ObservedAsync(await _warehouse.ParticipantAsync("both"), ("", 1, 7), ("sgv", 8, 7));
        using var changed = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)) { Headers = { IfNoneMatch = { first.Headers.ETag! } } });

        Assert.That((first.StatusCode, first.Content.Headers.ContentType?.MediaType, first.Content.Headers.ContentDisposition?.FileName), Is.EqualTo((HttpStatusCode.OK, type, name)));
        Assert.That((again.StatusCode, changed.StatusCode), Is.EqualTo((HttpStatusCode.NotModified, HttpStatusCode.OK)));
    }

    [TestCase("/metadata")]
    [TestCase("/metadata.csv")]
    [TestCase("/metadata.json")]
    public async Task Only_who_is_signed_in_sees_it(string path)
    {
        using var stranger = new WebSession(Url);

        await stranger.OpenAsync(path);

        Assert.That(stranger.Page.Title, Does.StartWith("Sign in"));
    }

    [Test]
    public async Task Nothing_in_it_names_a_participant()
    {
        var participants = new List<long>();
        for (var i = 0; i < 6; i++)
        {
            participants.Add(await _warehouse.ParticipantAsync("both"));
            await ObservedAsync(participants[i], ("", 1, 100), ("sgv", 8, 90));
        }
        using var person = await SignedInAsync();

        foreach (var path in new[] { "/metadata", "/metadata.csv", "/metadata.json" })
        {
            using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)));
            var text = await answer.Content.ReadAsStringAsync();
            foreach (var participant in participants)
                Assert.That(text, Does.Not.Contain($"{participant}").And.Not.Contain($"{participant:x16}"), path);
        }
    }

    async Task<string> SeenAsync(bool openAps, bool nsf, string path)
    {
        var dictionary = await _app.Services.GetRequiredService<Metadata>().ReadAsync(await _warehouse.GrantAsync(openAps, nsf), default);
        var seen = dictionary.Fields.Single(field => field.Collection == "entries" && field.Path == path).Observed!;
        return $"{Told(seen.Participants)} of {Told(seen.ParticipantsOf)}, {Told(seen.Records)}: {string.Join(", ", seen.Types)}";

        static string Told(long? number) => number?.ToString() ?? "few";
    }

    Task ObservedAsync(long participant, params (string Path, short Types, long Records)[] fields) => ObservedAsync(participant, "entries", fields);

    async Task ObservedAsync(long participant, string collection, (string Path, short Types, long Records)[] fields)
    {
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("insert into openaps.observed_field (participant_id, collection, path, types, records) select @participant, @collection, * from unnest(@paths, @types, @records)",
            new { participant, collection, paths = fields.Select(field => field.Path).ToArray(), types = fields.Select(field => field.Types).ToArray(), records = fields.Select(field => field.Records).ToArray() });
    }

    Uri Url => new(_app.Urls.First());

    async Task<WebSession> SignedInAsync(bool access = true)
    {
        var user = await _warehouse.QueryAsync<long>("insert into portal.app_users (email) values (@email) returning id", new { email = $"{Guid.NewGuid():N}@example.org" });
        if (access)
            await _warehouse.Grants.AddAsync(user, true, true, default);
        var link = await _app.Services.GetRequiredService<Invitations>().MakeAsync(user, default);
        var person = new WebSession(Url);
        await person.OpenAsync(link.PathAndQuery);
        await person.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        return person;
    }
}
