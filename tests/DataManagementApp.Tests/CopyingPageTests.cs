using System.Net;
using AngleSharp.Dom;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NightscoutIngester;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>The administrators' page on the copying.</summary>
public sealed class CopyingPageTests
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
    public Task Empty() => OwnerAsync("truncate ingest.participant, ingest.run, ingest.cursor");

    [Test]
    public void Whose_turn_it_is_is_told_for_every_way_a_run_ends()
    {
        Assert.That(CopyingModel.Turns.Keys, Is.EquivalentTo(Enum.GetValues<Cause>().Select(cause => cause.Name()).Append("waiting")));
        Assert.That(Enum.GetValues<Cause>().Where(cause => cause.NeedsParticipant()).Select(cause => CopyingModel.Turns[cause.Name()]), Is.All.EqualTo("the participant"));
    }

    [Test]
    public async Task Without_participants_it_says_when_they_will_appear()
    {
        using var person = await SignedInAsync(admin: true);

        await person.OpenAsync("/copying");

        Assert.That(person.Text, Does.Contain("Nobody is copied yet. Participants appear here within a minute"));
    }

    [Test]
    public async Task Without_a_run_in_a_day_it_says_where_to_look()
    {
        await OwnerAsync("insert into ingest.participant (participant_id) values (1)");
        using var person = await SignedInAsync(admin: true);

        await person.OpenAsync("/copying");

        Assert.That(person.Text, Does.Contain("No run ended in the last 24 hours.").And.Contain("Nobody fails at present."));
    }

    [Test]
    public async Task Sites_whose_clock_is_off_are_listed_worst_first()
    {
        await OwnerAsync("""
            insert into ingest.participant (participant_id, clock_skew_seconds, clock_seen_at) values (1, 30, now()), (2, -7200, now() - interval '1 hour'), (3, 720, now()), (4, 9999, now() - interval '2 days')
            """);
        using var person = await SignedInAsync(admin: true);

        await person.OpenAsync("/copying");

        Assert.That(person.Page.QuerySelectorAll("#clocks ~ table")[0].QuerySelectorAll("tbody tr").Select(row => OneLine(row.TextContent)), Is.EqualTo(new[] { "2 2 hours behind 60 minutes ago", "3 12 minutes ahead a moment ago" }));
    }

    [Test]
    public async Task Only_administrators_see_it()
    {
        using var stranger = new WebSession(Url);
        await stranger.OpenAsync("/copying");
        Assert.That(stranger.Page.Title, Does.StartWith("Sign in"));

        using var researcher = await SignedInAsync(admin: false);
        Assert.That(researcher.Page.QuerySelector("nav")!.TextContent, Does.Not.Contain("Administration"));
        using var answer = await researcher.SendAsync(new(HttpMethod.Get, new Uri("/copying", UriKind.Relative)));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

        using var admin = await SignedInAsync(admin: true);
        Assert.That(admin.Page.QuerySelector("nav")!.TextContent, Does.Contain("Administration"));
        await OwnerAsync("update portal.app_users set admin = false");
        using var later = await admin.SendAsync(new(HttpMethod.Get, new Uri("/copying", UriKind.Relative)));
        Assert.That(later.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "the session does not keep the right");
    }

    [Test]
    public async Task It_counts_outcomes_and_the_last_24_hours()
    {
        await OwnerAsync("""
            insert into ingest.participant (participant_id, outcome, due_at, lease_until, failed_since, succeeded_at, failures) values
                (1, 'success', now() + interval '1 hour', null, null, now() - interval '10 minutes', 0), (2, 'success', now() - interval '1 hour', now() + interval '1 minute', null, now() - interval '3 hours', 0),
                (3, 'site refused', now() - interval '5 hours', null, now() - interval '3 days', null, 7), (4, 'site refused', now() + interval '9 years', null, now() - interval '2 days', null, 1);
            insert into ingest.cursor (participant_id, collection, imported_from, imported_all_at, read_at, read_week_at) values
                (1, 'entries', '2020-01-01', now(), now(), now()), (2, 'entries', '2020-01-01', now(), now(), now()), (2, 'profile', '2020-01-01', null, now(), now()), (3, 'entries', '2020-01-01', now(), now(), now());
            insert into ingest.run (participant_id, started_at, ended_at, outcome, records_read, files_written, bytes_up, bytes_down, requests, site_bytes)
            select 1, now() - interval '1 hour' - i * interval '1 second', now() - interval '1 hour', case when i = 100 then 'stopped' else 'success' end, 10, 2, 1048576, 2048, 5, 3145728 from generate_series(1, 100) i
             union all select 1, now() - interval '26 hours', now() - interval '25 hours', 'success', 99999, 99999, 99999, 99999, 99999, 99999;
            """);
        using var person = await SignedInAsync(admin: true);

        await person.OpenAsync("/copying");

        Assert.That(Tile(person, "Participants"), Is.EqualTo("4"));
        Assert.That(Tile(person, "Being copied now"), Is.EqualTo("1"));
        Assert.That(Tile(person, "Waiting for their turn"), Is.EqualTo("1 the first was due 5 hours ago"));
        Assert.That(Tile(person, "Still importing history"), Is.EqualTo("2"), "one is not complete, one has not begun");
        Assert.That(Tile(person, "Failing"), Is.EqualTo("2"));
        Assert.That(Tile(person, "Runs"), Is.EqualTo("100 99 % succeeded"));
        Assert.That(Tile(person, "Duration"), Is.EqualTo("50.5 s median; 95 % within 2 minutes"));
        Assert.That(new[] { "Records read", "Files written", "To Open Humans", "From Open Humans", "From the sites", "Requests to sites" }.Select(name => Tile(person, name)),
            Is.EqualTo(new[] { "1,000", "200", "100.0 MB", "200 KB", "300.0 MB", "500" }));
        Assert.That(person.Page.QuerySelector("table")!.QuerySelectorAll("tbody tr").Select(row => OneLine(row.TextContent)),
            Is.EqualTo(new[] { "site refused 2 the participant began 3 days ago", "success 2 nobody ended 3 hours ago" }));
        var runs = person.Page.QuerySelectorAll("#runs tbody tr").Select(row => OneLine(row.TextContent)).ToList();
        Assert.That((runs.Count, runs[0]), Is.EqualTo((50, "1 25 hours ago success 60 minutes 99,999 99,999 97 KB in 99,999 195 KB –")));
    }

    [Test]
    public async Task Who_fails_longest_stands_first_with_what_failed_and_can_be_filtered()
    {
        await OwnerAsync("""
            insert into ingest.participant (participant_id, outcome, due_at, failed_since, succeeded_at, failures) values
                (11, 'success', now() + interval '1 hour', null, now(), 0), (12, 'site temporary', now() + interval '5 hours 30 seconds', now() - interval '2 days', now() - interval '3 days', 4),
                (13, 'site refused', now() + interval '9 years', now() - interval '5 days', null, 1), (14, 'site temporary', now() + interval '1 hour', now() - interval '1 hour', now() - interval '2 hours', 1);
            insert into ingest.run (participant_id, started_at, ended_at, outcome, problem, records_read, files_written, bytes_up, bytes_down) values
                (12, now(), now(), 'site temporary', 'The site has a problem of its own: an older one.', 0, 0, 0, 0), (12, now(), now(), 'site temporary', 'The site has a problem of its own: it answers 502.', 0, 0, 0, 0);
            """);
        using var person = await SignedInAsync(admin: true);

        await person.OpenAsync("/copying");
        Assert.That(Failing(person), Is.EqualTo(new[]
        {
            "13 site refused 5 days ago 1 never when they change something Copy now",
            "12 site temporary The site has a problem of its own: it answers 502. 2 days ago 4 3 days ago in about 5 hours Copy now",
            "14 site temporary 60 minutes ago 1 2 hours ago in about 60 minutes Copy now",
        }));

        await person.OpenAsync(person.Page.QuerySelectorAll("table a").Single(link => link.TextContent == "site temporary").GetAttribute("href")!);
        Assert.That(Failing(person).Select(row => row[..2]), Is.EqualTo(new[] { "12", "14" }));
        await person.OpenAsync("/copying?outcome=no+such");
        Assert.That(person.Text, Does.Contain("Nobody fails like this at present."));
    }

    [Test]
    public async Task A_long_list_says_how_many_there_are()
    {
        await OwnerAsync("insert into ingest.participant (participant_id, outcome, failed_since, failures) select i, 'site unreachable', now() - i * interval '1 hour', 1 from generate_series(1, 60) i");
        using var person = await SignedInAsync(admin: true);

        await person.OpenAsync("/copying");

        Assert.That(person.Text, Does.Contain("The 50 that fail longest, of 60"));
        Assert.That(Failing(person), Has.Length.EqualTo(50));
    }

    Uri Url => new(_app.Urls.Single());

    static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    static string Tile(WebSession person, string name) =>
        OneLine(person.Page.QuerySelectorAll(".tiles div").Single(tile => tile.QuerySelector("dt")!.TextContent == name).QuerySelector("dd")!.TextContent);

    static string[] Failing(WebSession person) =>
        [.. person.Page.QuerySelectorAll("#failing ~ table tbody tr").Select(row => OneLine(string.Join(' ', row.GetDescendants().OfType<IText>().Select(text => text.Data))))];

    async Task<WebSession> SignedInAsync(bool admin)
    {
        var email = $"{Guid.NewGuid():N}@example.org";
        var user = await _app.Services.GetRequiredService<Users>().AddAdminAsync(email, default);
        if (!admin)
            await OwnerAsync("update portal.app_users set admin = false where id = @user", new { user });
        var person = new WebSession(Url);
        await person.OpenAsync((await _app.Services.GetRequiredService<Invitations>().MakeAsync(user, default)).PathAndQuery);
        await person.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        return person;
    }

    async Task OwnerAsync(string sql, object? values = null)
    {
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, values);
    }
}
