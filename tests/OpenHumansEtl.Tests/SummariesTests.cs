using Dapper;
using OpenHumansEtl.Derived;
using Register;
using ServiceDefaults;
using static OpenHumansEtl.Tests.SummaryWorld;

namespace OpenHumansEtl.Tests;

/// <summary>The queue of dirty days and how it is worked off.</summary>
public sealed class SummariesTests
{
    static readonly DateTimeOffset Noon = new(2026, 10, 20, 12, 0, 0, TimeSpan.Zero);
    SummaryWorld _world = null!;

    [SetUp]
    public async Task StartWorld() => _world = await SummaryWorld.StartAsync();

    [TearDown]
    public async Task Stop()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [Test]
    public async Task A_load_marks_the_days_it_changes_and_no_other()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100), Sgv("b", Noon.AddDays(1), 100), Sgv("c", Noon.AddDays(2), 100), """{"_id":"undated","type":"sgv","sgv":100}""");
        Assert.That(await DirtyAsync(participant), Is.EqualTo("entries -infinity, entries 2026-10-20, entries 2026-10-21, entries 2026-10-22"));
        await _world.SummariseAsync();
        Assert.That(await DirtyAsync(participant), Is.Empty);

        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100), Sgv("b", Noon.AddDays(10), 100), Sgv("new", Noon.AddDays(4), 100), """{"_id":"undated","type":"sgv","sgv":100}""");

        Assert.That(await DirtyAsync(participant), Is.EqualTo("entries 2026-10-21, entries 2026-10-22, entries 2026-10-24, entries 2026-10-30"), "where one was and is, one that went, a new one");
    }

    [Test]
    public async Task A_period_that_a_longer_one_takes_over_marks_what_went()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", "2026-10-20", [Sgv("a", Noon, 100)]);
        await _world.LoadAsync(participant, "entries", "2026-10-21", [Sgv("b", Noon.AddDays(1), 100)]);
        await _world.SummariseAsync();

        await _world.LoadAsync(participant, "entries", "2026-10", [Sgv("a", Noon, 100)]);
        await _world.SummariseAsync();

        Assert.That(await _world.QueryAsync<string>("select day || ' ' || n from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { "2026-10-20 1" }));
    }

    [Test]
    public async Task All_collections_mark_their_days()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "treatments", """{"_id":"t","eventType":"Note","created_at":"2026-10-20T12:00:00Z"}""");
        await _world.LoadAsync(participant, "devicestatus", """{"_id":"d","created_at":"2026-10-21T12:00:00Z","openaps":{"iob":{"iob":1}}}""");
        await _world.LoadAsync(participant, "profile", """{"_id":"p","store":{}}""");

        Assert.That(await DirtyAsync(participant), Is.EqualTo("devicestatus 2026-10-21, profile -infinity, treatments 2026-10-20"));
    }

    [Test]
    public async Task A_load_that_changes_nothing_marks_nothing()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));
        await _world.SummariseAsync();

        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));

        Assert.That(await DirtyAsync(participant), Is.Empty);
    }

    [Test]
    public async Task While_a_load_has_the_participant_the_queue_waits_and_others_go_on()
    {
        var (busy, free) = (await _world.ParticipantAsync(), await _world.ParticipantAsync());
        foreach (var participant in new[] { busy, free })
            await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));
        await using (var load = await _world.Db.OpenConnectionAsync())
        {
            await AdvisoryLock.TakeAsync(load, AdvisoryLock.Warehouse(busy.ParticipantId), default);
            Assert.That(await _world.Summaries.WorkOffAsync(null, default), Is.EqualTo(new SummaryCounts(1, 1, 0)));
            await AdvisoryLock.ReleaseAsync(load, AdvisoryLock.Warehouse(busy.ParticipantId));
        }
        Assert.That((await DaysAsync(busy), await DaysAsync(free)), Is.EqualTo((0L, 1L)));

        await _world.SummariseAsync();

        Assert.That(await DaysAsync(busy), Is.EqualTo(1));
    }

    [Test]
    public async Task Replicas_share_the_work_and_make_the_same()
    {
        var participants = new List<Participant>();
        for (var i = 0; i < 12; i++)
        {
            participants.Add(await _world.ParticipantAsync());
            await _world.LoadAsync(participants[^1], "entries", [.. Enumerable.Range(0, 300).Select(j => Sgv($"e{j}", Noon.AddMinutes(j * 5), 100 + i))]);
        }

        var counts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _world.NewSummaries().WorkOffAsync(null, default)));

        Assert.That(counts.Sum(count => count.Failed), Is.Zero);
        foreach (var participant in participants)
            Assert.That(await _world.QueryAsync<long>("select sum(n) from openaps.glucose_day where participant_id = @id", participant), Is.EqualTo(new[] { 300 }));
    }

    [Test]
    public async Task A_killed_run_loses_nothing()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));
        var dirty = await DirtyAsync(participant);
        await using var owner = await _world.OpenAsOwner().OpenConnectionAsync();
        await owner.ExecuteAsync("""
            create function openaps.die() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
            create trigger die before insert on openaps.glucose_month for each row execute function openaps.die();
            """);

        Assert.That((await _world.Summaries.WorkOffAsync(null, default)).Failed, Is.EqualTo(1));
        Assert.That((await DirtyAsync(participant), await DaysAsync(participant)), Is.EqualTo((dirty, 0L)));
        await owner.ExecuteAsync("drop trigger die on openaps.glucose_month");
        await _world.SummariseAsync();

        Assert.That((await DirtyAsync(participant), await DaysAsync(participant)), Is.EqualTo(("", 1L)));
    }

    [Test]
    public async Task One_participants_failure_stops_no_other()
    {
        var (broken, fine) = (await _world.ParticipantAsync(), await _world.ParticipantAsync());
        foreach (var participant in new[] { broken, fine })
            await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));
        await using var owner = await _world.OpenAsOwner().OpenConnectionAsync();
        await owner.ExecuteAsync($"alter table openaps.glucose_day add constraint broken check (participant_id <> {broken.ParticipantId})");

        Assert.That(await _world.Summaries.WorkOffAsync(null, default), Is.EqualTo(new SummaryCounts(1, 0, 1)));
        Assert.That(await DaysAsync(fine), Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_is_made_of_who_shares_nothing()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100));
        await _world.ConsentAsync(participant, SharedProjects.None);

        await _world.SummariseAsync();
        var asked = await _world.Summaries.RunAsync(participant.ParticipantId, default);

        Assert.That((asked, await DaysAsync(participant)), Is.EqualTo((false, 0L)));
    }

    [Test]
    public async Task Withdrawal_takes_everything_derived_along()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin"));
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100, "share2", 120), Sgv("b", Noon.AddSeconds(9), 100, "xdrip", 120));
        await _world.SummariseAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 101));
        await _world.ConsentAsync(participant, SharedProjects.None);

        await new Withdrawal(_world.Db).RunAsync(participant.ParticipantId, default);

        await using var owner = await _world.OpenAsOwner().OpenConnectionAsync();
        foreach (var table in await owner.QueryAsync<string>("""
            select table_name from information_schema.columns join information_schema.tables using (table_schema, table_name)
             where table_schema = 'openaps' and column_name = 'participant_id' and table_type = 'BASE TABLE' and table_name <> 'load_state' -- the queue stays: whoever shares again is loaded again
            """))
            Assert.That(await owner.ExecuteScalarAsync<long>($"select count(*) from openaps.{table}"), Is.Zero, table);
    }

    [Test]
    public async Task Times_nobody_lives_in_are_left_out()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100, offset: 120), Sgv("past", new(1, 1, 1, 0, 0, 0, TimeSpan.Zero), 100), Sgv("future", new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero), 100));
        await _world.LoadAsync(participant, "profile", Profile("p", "2026-01-01T00:00:00Z", "Europe/Berlin"));

        await _world.SummariseAsync();

        Assert.That(await DaysAsync(participant), Is.EqualTo(1));
    }

    [Test]
    public async Task A_record_of_a_wrong_clock_makes_nothing_of_the_years_between()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "profile", "whole",
            ["""{"_id":"p","startDate":"1970-01-01T00:00:00Z","defaultProfile":"d","store":{"d":{"timezone":"Europe/Berlin","units":"mg/dl","basal":[{"time":"00:00","value":1}]}}}"""]);
        await _world.LoadAsync(participant, "treatments", "whole", ["""{"_id":"a","eventType":"Bolus","insulin":1,"created_at":"2000-01-02T00:00:00Z"}""", """{"_id":"b","eventType":"Bolus","insulin":1,"created_at":"2026-11-20T10:00:00Z"}"""]);

        await _world.SummariseAsync();

        Assert.That((await _world.QueryAsync<long>("select count(*) from openaps.aid_day where participant_id = @id", participant))[0], Is.EqualTo(2));
    }

    [Test]
    public async Task One_connection_is_enough()
    {
        var participant = await _world.ParticipantAsync();
        await _world.LoadAsync(participant, "entries", Sgv("a", Noon, 100), Sgv("b", Noon.AddSeconds(5), 100, "xdrip"));
        await using var one = Npgsql.NpgsqlDataSource.Create(new Npgsql.NpgsqlConnectionStringBuilder(_world.Connection) { MaxPoolSize = 1, Timeout = 5 });

        Assert.That(await new Summaries(one, new(), Microsoft.Extensions.Logging.Abstractions.NullLogger<Summaries>.Instance).WorkOffAsync(null, default), Is.EqualTo(new SummaryCounts(1, 0, 0)));
    }

    async Task<string> DirtyAsync(Participant participant) =>
        string.Join(", ", await _world.QueryAsync<string>("select collection || ' ' || day from openaps.dirty_day where participant_id = @id order by collection, day", participant));

    async Task<long> DaysAsync(Participant participant) => (await _world.QueryAsync<long>("select count(*) from openaps.glucose_day where participant_id = @id", participant))[0];
}
