using Dapper;
using NightscoutIngester;
using Sandbox;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>What a participant's own page says of the copying.</summary>
public sealed class CopyPageTests : SiteFixture
{
    static readonly string[] Outcomes = [.. Enum.GetValues<Cause>().Select(cause => cause.Name()), "waiting"];

    [Test]
    public void Every_way_a_run_ends_has_its_message() => Assert.That(CopyMessages.Outcomes.Keys, Is.EquivalentTo(Outcomes));

    [TestCaseSource(nameof(Outcomes))]
    public async Task Each_outcome_is_told_with_whose_turn_it_is_and_at_most_one_thing_to_do(string outcome)
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, outcome, failedHoursAgo: 3, dueIn: TimeSpan.FromHours(5));
        await QueryAsync<int?>(member, """
            insert into ingest.cursor (participant_id, collection, imported_from, imported_all_at, read_at, read_week_at)
            select @participant, unnest(array['entries', 'treatments', 'devicestatus', 'profile']), '2020-01-01', now(), now(), now()
            """);

        await person.OpenAsync("/MyData");

        var message = CopyMessages.Outcomes[outcome];
        var card = person.Page.QuerySelector("#copying")!;
        Assert.That(card.QuerySelector("h2")!.TextContent, Is.EqualTo(message.Title));
        Assert.That(card.TextContent, Does.Not.Contain("{").And.Not.Contain("}"));
        Assert.That(card.QuerySelectorAll("a, button").Select(link => (link.TextContent, link.GetAttribute("href"))), Is.EqualTo(message.Button is null ? [] : new[] { (message.Button, message.Link) }));
        Assert.That(card.TextContent, message.Button is null ? Does.Contain("ou need not do anything") : Does.Match("[Gg]ive|[Ss]ign in"), "whose turn it is");
        person.Dispose();
    }

    [TestCase(720, "The clock of your Nightscout's server is about 12 minutes ahead.")]
    [TestCase(-7300, "The clock of your Nightscout's server is about 2 hours behind.")]
    [TestCase(200, null)]
    public async Task A_server_whose_clock_is_off_is_told_in_plain_words(int seconds, string? told)
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromHours(1));
        await QueryAsync<int?>(member, $"update ingest.participant set clock_skew_seconds = {seconds}, clock_seen_at = now() where participant_id = @participant");

        await person.OpenAsync("/MyData");

        var note = person.Page.QuerySelector("#clock");
        Assert.That(note is null, Is.EqualTo(told is null));
        if (told is not null)
            Assert.That(note!.TextContent, Does.Contain("A clock is wrong").And.Contain(told));
        person.Dispose();
    }

    [Test]
    public async Task Glucose_readings_of_the_future_are_told_with_what_to_do()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromHours(1));
        await QueryAsync<int?>(member, """
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, first_at, last_at)
            values (@participant, 'entries', '2031-01-03', 1, 'current', 1, 1, '\x00', '\x00', 3, '2031-01-03', '2031-01-03')
            """);

        await person.OpenAsync("/MyData");

        Assert.That(person.Page.QuerySelector("#clock")!.TextContent, Does.Contain("glucose readings with a date in the future, up to 2031-01-03").And.Contain("please set it right"));
        person.Dispose();
    }

    [Test]
    public void Who_can_mend_it_alone_gets_a_button_and_whoever_cannot_gets_none_or_a_time_when_we_try_again() => Assert.Multiple(() =>
    {
        foreach (var cause in Enum.GetValues<Cause>())
        {
            var message = CopyMessages.Outcomes[cause.Name()];
            if (cause.NeedsParticipant())
                Assert.That(message.Button, Is.Not.Null, cause.Name());
            else
                Assert.That(message.Text, Does.Contain("{due}"), cause.Name());
        }
    });

    [Test]
    public async Task Who_has_just_given_the_address_reads_that_data_is_being_copied_and_the_page_looks_again_until_it_is()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "no address", failedHoursAgo: null, dueIn: TimeSpan.Zero); // the ingester was there before the address
        await QueryAsync<int?>(member, "update ingest.participant set succeeded_at = null where participant_id = @participant");
        await person.OpenAsync("/MyData");
        Assert.That(person.Page.QuerySelector("#copying h2")!.TextContent, Is.EqualTo("Your data is being copied"));
        Assert.That(person.Response.Headers.GetValues("Refresh"), Is.EqualTo(new[] { "10" }));

        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromHours(1));
        await person.OpenAsync("/MyData");
        Assert.That(person.Response.Headers.Contains("Refresh"), Is.False);
        person.Dispose();
    }

    [Test]
    public async Task Who_has_not_chosen_is_told_so_also_after_the_account_was_looked_at()
    {
        var (person, member) = await ConnectedAsync();
        await QueryAsync<object?>(member, "select register.record_consent(project_member_id, 'file', 'none', 'file missing') from register.participant where participant_id = @participant");

        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("you have not chosen yet"));
        person.Dispose();
    }

    [Test]
    public async Task A_token_that_was_refused_is_waited_for_and_a_missing_one_is_explained()
    {
        var (person, member) = await ConnectedAsync();

        await EndedAsync(member, "site refused", failedHoursAgo: 3, dueIn: TimeSpan.FromDays(3500));
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("does not accept the token").And.Contain("tried the token once").And.Contain("as soon as you have saved the address or a token"));

        await EndedAsync(member, "site refused", failedHoursAgo: 3, dueIn: TimeSpan.FromHours(20));
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("wants a token").And.Contain("Admin Tools").And.Contain("“readable”").And.Contain("in about 20 hours"));
        person.Dispose();
    }

    [Test]
    public async Task Another_site_at_the_address_is_confirmed_by_saving_it_again()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "site changed", failedHoursAgo: 3, dueIn: TimeSpan.FromDays(3500));
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("Nothing of the other site was copied").And.Contain("save its address again"));

        await person.OpenAsync(person.Page.QuerySelector("#copying a")!.GetAttribute("href")!);
        Assert.That(person.Page.QuerySelector("#Address")!.GetAttribute("value"), Is.EqualTo(person.Page.QuerySelector("main strong")!.TextContent), "it stands there already");
        await person.SubmitAsync("Look at my site");
        await person.SubmitAsync("Yes, copy this site");
        await person.OpenAsync("/MyData");

        Assert.That(person.Page.QuerySelector("#copying h2")!.TextContent, Is.EqualTo("Your change is saved"));
        person.Dispose();
    }

    [Test]
    public async Task Who_shares_nothing_sees_what_was_copied_last_when_the_next_copy_is_due_and_how_far_the_history_is()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromMinutes(42.5));
        await QueryAsync<int?>(member, """
            insert into ingest.run (participant_id, started_at, ended_at, outcome, records_read, files_written, bytes_up, bytes_down) values
                (@participant, now(), now() - interval '5 hours', 'success', 1234, 3, 0, 0), (@participant, now(), now() - interval '4 hours', 'success', 9999, 0, 0, 0);
            insert into ingest.cursor (participant_id, collection, imported_from, imported_all_at, read_at, read_week_at) values
                (@participant, 'profile', '2020-01-01', now(), now(), now()), (@participant, 'entries', '2024-03-05', null, now(), now()), (@participant, 'treatments', '2023-01-01', null, now(), now());
            """);

        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("5 hours ago: read 1,234 records, wrote 3 files").And.Contain("in about 42 minutes").And.Contain("back to 5 Mar 2024 so far"));
        Assert.That(person.Page.QuerySelector("#copying h2")!.TextContent, Is.EqualTo("What is new is copied, the history follows"));
        var time = person.Page.QuerySelector("dl time")!;
        Assert.That(time.GetAttribute("tabindex"), Is.EqualTo("0"), "the exact time comes with the focus too");
        Assert.That(time.GetAttribute("data-exact"), Does.Match(@"^\d+ \w{3} \d{4}, \d\d:\d\d, Europe/Berlin$"), "on their own clock");

        await QueryAsync<int?>(member, """
            insert into ingest.cursor (participant_id, collection, imported_from, read_at, read_week_at) values (@participant, 'devicestatus', '2020-01-01', now(), now());
            update ingest.cursor set imported_all_at = now() where participant_id = @participant
            """);
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("complete: all that your Nightscout holds").And.Contain("Your copy is up to date"));
        person.Dispose();
    }

    [Test]
    public async Task A_run_that_goes_on_and_one_that_is_late_are_told()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromHours(-3));
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("The next copy is late").And.Contain("3 hours ago"));

        await QueryAsync<int?>(member, "update ingest.participant set lease_until = now() + interval '1 minute' where participant_id = @participant");
        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("going on now").And.Not.Contain("late"));
        person.Dispose();
    }

    [Test]
    public async Task Coverage_shows_each_day_of_twelve_weeks_as_squares_table_and_file()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromHours(1));
        await QueryAsync<int?>(member, """
            insert into ingest.day_part (participant_id, collection, day, local_day, source, copied, bands)
            select @participant, 'entries', day, day, 290, 290, array[1, 9, 200, 60, 18]
              from generate_series(current_date - 200, current_date - 1, interval '1 day') as day where day::date <> current_date - 10;
            insert into ingest.cursor (participant_id, collection, imported_from, imported_all_at, read_at, read_week_at) values (@participant, 'entries', '2020-01-01', now(), now(), now());
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, first_at, last_at)
            values (@participant, 'entries', '2020-01', 1, 'current', 1, 5000, '', '', 290, '2020-01-01', now());
            """);

        await person.OpenAsync("/MyData");

        var gap = person.Page.QuerySelectorAll(".calendar > svg a").Single(day => day.QuerySelector("rect.gap") is not null);
        var row = person.Page.QuerySelector(gap.GetAttribute("href")!)!;
        Assert.That(row.TextContent, Does.Contain("no readings on your Nightscout"));
        var days = person.Page.QuerySelectorAll(".calendar > svg a").Length;
        Assert.That(days, Is.InRange(11 * 7 + 1, 12 * 7));
        Assert.That(person.Page.QuerySelectorAll(".calendar tbody tr"), Has.Length.EqualTo(days));
        Assert.That(person.Text, Does.Contain("One day has none.").And.Contain("about 288 readings"));
        using var file = await person.SendAsync(new(HttpMethod.Get, new Uri("/MyData?handler=Coverage", UriKind.Relative)));
        Assert.That((await file.Content.ReadAsStringAsync()).Split("\r\n"), Has.Length.EqualTo(days + 2).And.Some.Contains("288,290,290,4"));
        person.Dispose();
    }

    [Test]
    public async Task Title_and_next_copy_say_the_same()
    {
        var (newcomer, unconnected) = await SignedInAsync();
        await EndedAsync(unconnected, "no address", failedHoursAgo: null, dueIn: TimeSpan.FromHours(22));
        await newcomer.OpenAsync("/MyData");
        Assert.That(newcomer.Text, Does.Contain("there is nothing to copy yet").And.Not.Contain("in about 22 hours"));
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "waiting", failedHoursAgo: null, dueIn: TimeSpan.Zero);
        await QueryAsync<int?>(member, "update ingest.participant set lease_until = now() + interval '1 minute', succeeded_at = null where participant_id = @participant");

        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("going on now").And.Contain("The first copy is going on").And.Not.Contain("within a minute"));
        newcomer.Dispose();
        person.Dispose();
    }

    [Test]
    public async Task A_clock_that_was_never_set_begins_nothing()
    {
        var (person, member) = await ConnectedAsync();
        await EndedAsync(member, "success", failedHoursAgo: null, dueIn: TimeSpan.FromHours(1));
        await QueryAsync<int?>(member, """
            insert into ingest.day_part (participant_id, collection, day, local_day, source, copied, bands, glucose, readings)
            select @participant, 'entries', day, day, 290, 290, array[0, 0, 288, 0, 0], array[120], array[288] from generate_series(current_date - 9, current_date - 1, interval '1 day') as day
            union all select @participant, 'entries', '1970-01-01', '1970-01-01', 1, 1, array[0, 0, 1, 0, 0], array[120], array[1];
            insert into ingest.cursor (participant_id, collection, imported_from, imported_all_at, read_at, read_week_at) values (@participant, 'entries', '1970-01-01', now(), now(), now());
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records, first_at, last_at) values
                (@participant, 'entries', '1970-01', 1, 'current', 1, 50, '', '', 1, '1970-01-01 00:00:01Z', '1970-01-01 00:00:01Z'),
                (@participant, 'entries', '2026-01', 1, 'current', 1, 5000, '', '', 290, '2026-01-01 23:30:00Z', '2026-01-20 23:30:00Z'),
                (@participant, 'profile', 'all', 1, 'current', 1, 50, '', '', 1, '1970-01-01', '1970-01-01');
            """);

        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("No gaps since the first reading.").And.Contain("before the first reading, or today:").And.Not.Contain("have none"));
        Assert.That(person.Page.QuerySelectorAll("table.cards td.day").Select(cell => cell.TextContent.Trim()), Is.EqualTo(new[] { "2 Jan 2026", "21 Jan 2026", "no date goes on", "no date" }), "days on their own clock");
        await person.OpenAsync("/Report?days=90");
        Assert.That(person.Text, Does.Contain($"Your data begins on {DateTime.UtcNow.AddDays(-9):d MMM yyyy}"));
        person.Dispose();
    }

    [TestCase(0, 0)]
    [TestCase(95, 1)]
    [TestCase(97, 2)]
    [TestCase(200, 2)]
    [TestCase(202, 3)]
    [TestCase(273, 3)]
    [TestCase(274, 4)]
    [TestCase(576, 4)]
    public void A_day_is_judged_in_five_steps(int readings, int step)
    {
        var calendar = new CoverageCalendar(new(2026, 11, 20), [new(new(2026, 11, 18), readings, readings, readings)], DateOnly.MinValue, new(2026, 1, 1));

        Assert.That(calendar.Days.Single(day => day.Day == new DateOnly(2026, 11, 18)).Step, Is.EqualTo(step));
    }

    [Test]
    public void Days_that_are_not_known_are_no_gaps()
    {
        var calendar = new CoverageCalendar(new(2026, 11, 20), [new(new(2026, 11, 18), 288, 290, 288), new(new(2026, 11, 20), 100, 100, 100)], copiedFrom: new(2026, 11, 1), begins: new(2026, 11, 16));

        Assert.That(calendar.Days[0].Day, Is.EqualTo(new DateOnly(2026, 8, 31)), "a Monday, twelve weeks with this one");
        Assert.That(calendar.Days.Select(day => (day.Step, day.Note)).TakeLast(6), Is.EqualTo(new (int?, string)[]
        {
            (null, "before your first reading"), (0, "no readings on your Nightscout"), (0, "no readings on your Nightscout"),
            (4, "as good as all; 2 records on your Nightscout are not copied yet"), (0, "no readings on your Nightscout"), (null, "100 readings so far"),
        }));
        Assert.That(calendar.Days.Single(day => day.Day == new DateOnly(2026, 10, 31)).Note, Is.EqualTo("not copied yet"));
    }

    [Test]
    public void A_sensor_with_a_reading_every_quarter_of_an_hour_has_full_days_too()
    {
        var calendar = new CoverageCalendar(new(2026, 11, 20), [.. Enumerable.Range(1, 30).Select(day => new SummaryDay(new DateOnly(2026, 11, 20).AddDays(-day), 90 + day % 7, 96, 96))], DateOnly.MinValue, new(2026, 1, 1));

        Assert.That((calendar.FullDay, calendar.Count(4)), Is.EqualTo((96, 21)));
    }

    /// <summary>Signed in, with a site that answers, sharing with nobody.</summary>
    async Task<(WebSession, Member)> ConnectedAsync()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var (person, member) = await SignedInAsync();
        await ConnectAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        return (person, member);
    }

    async Task EndedAsync(Member member, string outcome, int? failedHoursAgo, TimeSpan dueIn)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into ingest.participant (participant_id, outcome, seen_change_at, failed_since, succeeded_at, due_at, zone)
            select participant_id, @outcome, changed_at, now() - @failedHoursAgo * interval '1 hour', now() - interval '1 day', now() + @dueIn, 'Europe/Berlin' from register.participant where project_member_id = @Id
                on conflict (participant_id) do update set outcome = excluded.outcome, seen_change_at = excluded.seen_change_at, failed_since = excluded.failed_since, due_at = excluded.due_at
            """, new { member.Id, outcome, failedHoursAgo, dueIn });
    }
}
