using FsCheck;
using FsCheck.Fluent;
using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>
/// Random histories of a site, with faults on every wire and the process killed between any two steps. When the faults have stopped and everything was
/// read twice again, the files hold what the site holds, record by record, each once; only what was pruned is in the files alone.
/// </summary>
[Parallelizable(ParallelScope.Self)]
[TestFixture("entries")]
[TestFixture("treatments")]
[TestFixture("devicestatus")]
[TestFixture("profile")]
public sealed class ModelTests(string collection)
{
    /// <summary>At least 500. The same ones each time, so that a failure is of what was changed; MODEL_HISTORIES=1000 looks for others.</summary>
    static readonly Dictionary<string, int> Histories = new() { ["entries"] = 165, ["treatments"] = 190, ["devicestatus"] = 85, ["profile"] = 65 };

    /// <summary>Each takes half a year of the world's clock.</summary>
    const int HistoriesOfAWorld = 150;

    readonly Crash _crash = new();
    World _world = null!;
    int _made;

    [OneTimeSetUp]
    public async Task Start() => _world = await CreateWorldAsync();

    Task<World> CreateWorldAsync() => World.CreateAsync(_crash, ["--Ingest:FullPages=1000", "--Ingest:WeeklyDeviceStatus=60.00:00:00"]);

    [OneTimeTearDown]
    public async Task Stop() => await _world.DisposeAsync();

    [Test]
    public void After_all_faults_the_files_hold_what_the_site_holds()
    {
        var given = Environment.GetEnvironmentVariable("MODEL_HISTORIES");
        var config = Config.QuickThrowOnFailure.WithEndSize(14).WithQuietOnSuccess(true).WithMaxTest(given is null ? Histories[collection] : int.Parse(given));
        var property = Prop.ForAll(HistoryOf(collection), history =>
        {
            string difference;
            try
            {
                difference = RunAsync(history).GetAwaiter().GetResult();
            }
            catch (Exception problem)
            {
                difference = problem.ToString();
            }
            return difference.Length == 0 ? true : throw new AssertionException($"{difference}\nafter\n{string.Join("\n", history)}");
        });
        property.Check(given is null ? config.WithReplay(new Replay(new Rnd(20261122, 1), default)) : config);
        Assert.That(Histories.Values.Sum(), Is.AtLeast(500));
        TestContext.Out.WriteLine($"{_made} histories");
    }

    /// <summary>What follows the kill would go unnoticed if the step before it were forgotten: the only record of its day is deleted, another one changes.</summary>
    [Test]
    public async Task Killed_at_any_step_a_run_loses_nothing([Values] bool atWrites)
    {
        for (var number = 1; number <= (atWrites ? 45 : 60); number++)
        {
            List<Step> history =
            [
                new Insert(24 * 75, Form.Plain), new Insert(24 * 10, Form.Plain), new Insert(20, Form.Text), new Insert(1, Form.Plain),
                atWrites ? new KilledAtWrite(number) : new KilledAtRequest((number + 1) / 2, After: number % 2 == 0), new Edit(1), new Delete(3),
            ];
            Assert.That(await RunAsync(history), Is.Empty, string.Join("\n", history));
        }
    }

    [Test]
    public async Task A_killed_refresh_of_tokens_costs_a_sign_in_and_nothing_else()
    {
        Assert.That(await RunAsync([new Insert(1, Form.Plain), new Wait(24 * 8), new KilledAtRequest(1, After: true), new Edit(0)]), Is.Empty);
    }

    /// <summary>Histories that the other tests have found.</summary>
    [TestCase(480, 0)]
    [TestCase(480, 2.5)]
    [TestCase(1800, 0)]
    public async Task A_record_that_moves_stands_once(double from, double to)
    {
        List<Step> history = [new Insert(from, Form.Fraction), new Copy(), new Move(0, to)];
        for (var hour = 0; hour < 24; hour += 4) // days begin and end at UTC midnight
        {
            _world.Clock.Advance(TimeSpan.FromHours(4));
            Assert.That(await RunAsync(history), Is.Empty);
        }
    }

    [Test]
    public async Task An_odd_record_that_is_deleted_is_marked_so()
    {
        Assert.That(await RunAsync([new Insert(960, Form.Text), new Insert(480_000, Form.Offset), new Copy(), new Delete(0)]), Is.Empty);
    }

    [Test]
    public async Task What_no_range_finds_is_imported_though_the_site_failed_when_it_was_asked_for([Range(3, 9)] int skip)
    {
        Assert.That(await RunAsync([new Insert(6, Form.Missing), new SiteFails(FaultKind.EmptyBody, 500, skip)]), Is.Empty);
    }

    /// <summary>Killed when the new file was written and the old one was not.</summary>
    [Test]
    public async Task A_record_that_moves_and_is_deleted_stands_once_wherever_the_run_between_was_killed()
    {
        for (var number = 1; number <= 40; number++)
        {
            List<Step> history = [new Insert(480_000, Form.Missing), new KilledAtRequest(19, After: true), new Move(0, -48), new KilledAtRequest(number, After: false), new Delete(0)];
            Assert.That(await RunAsync(history), Is.Empty, string.Join("\n", history));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Books_of_a_backup_are_mended(bool unlisted)
    {
        List<Step> history =
        [
            new Insert(24 * 75, Form.Plain), new Insert(24 * 10, Form.Plain), new Insert(20, Form.Text), new Insert(1, Form.Plain), new Copy(), new SaveBooks(),
            new Edit(1), new Insert(2, Form.Plain), new Insert(24 * 75, Form.Plain), new Wait(25), new Copy(), new Delete(4), new Delete(0), new Wait(24 * 36), new Copy(),
            new RestoreBooks(unlisted), new Copy(),
        ];
        Assert.That(await RunAsync(history), Is.Empty);
    }

    [Test]
    public async Task An_edit_that_is_undone_is_undone_in_the_files()
    {
        Assert.That(await RunAsync([new Insert(24 * 75, Form.Plain), new Insert(1, Form.Plain), new Copy(), new Wait(24 * 82), new Copy(), new Edit(0), new Wait(24 * 8), new Copy(), new Undo(0)]), Is.Empty);
    }

    /// <summary>A free host that wakes up too slowly, at any request of a run.</summary>
    [Test]
    public async Task A_site_that_does_not_answer_in_time_costs_a_run_and_nothing_else()
    {
        await using var slow = await World.CreateAsync("--Ingest:FirstByte=00:00:01");
        foreach (var skip in new[] { 0, 2, 5, 9 })
        {
            List<Step> history = [new Insert(24 * 75, Form.Plain), new Insert(20, Form.Text), new Insert(1, Form.Plain), new SiteFails(FaultKind.Delay, 0, skip), new Edit(1), new Delete(2)];
            Assert.That(await RunAsync(history, slow), Is.Empty, string.Join("\n", history));
        }
    }

    static Arbitrary<List<Step>> HistoryOf(string collection) => Arb.From(
        Gen.ListOf(StepOf(collection)).Where(steps => steps.Count > 0).Select(steps => steps.ToList()),
        steps => Enumerable.Range(0, steps.Count).Select(left => steps.Where((_, at) => at != left).ToList()).Where(shorter => shorter.Count > 0));

    static Gen<Step> StepOf(string collection)
    {
        var which = Gen.Choose(0, 30);
        var age = Gen.Elements(0.0, 0.5, 1, 2.5, 6, 20, 30, 47, 49, 24 * 5, 24 * 6.9, 24 * 20, 24 * 40, 24 * 75, 24 * 130, -48, 24 * 20_000);
        var form = Gen.Elements(Enum.GetValues<Form>());
        return Gen.Frequency(
            (8, from hours in age from shape in form select (Step)new Insert(hours, shape)),
            (3, from index in which select (Step)new Edit(index)),
            (1, from index in which select (Step)new Undo(index)),
            (2, from index in which from hours in age select (Step)new Move(index, hours)),
            (3, from index in which select (Step)new Delete(index)),
            (1, from index in which select (Step)new MarkDeleted(index)),
            (1, from index in which select (Step)new Rename(index)),
            (1, from hours in age select (Step)new Prune(Math.Abs(hours))),
            (4, from hours in Gen.Elements(1, 1, 3, 13, 25, 24 * 8, 24 * 36) select (Step)new Wait(hours)),
            (4, Gen.Constant((Step)new Copy())),
            (3, from skip in Gen.Choose(0, 6)
                from kind in Gen.Elements(FaultKind.Status, FaultKind.CutBody, FaultKind.HtmlPage, FaultKind.JsonNull, FaultKind.EmptyBody, FaultKind.Reset, FaultKind.SlowDrip)
                from status in Gen.Elements(500, 503, 429, 502)
                select (Step)new SiteFails(kind, status, skip)),
            (3, from skip in Gen.Choose(0, 3)
                from kind in Gen.Elements(FaultKind.Status, FaultKind.LoseAnswer, FaultKind.CutBody)
                from path in Gen.Elements("*/files/upload/direct/", "/storage/*", "*/files/upload/complete/", "*/files/delete/", "*/exchange-member/", "*/datafile-download/*")
                select (Step)new OpenHumansFails(kind, path, skip)),
            (4, from number in Gen.Choose(1, 40) from after in Gen.Elements(true, false) select (Step)new KilledAtRequest(number, after)),
            (4, from number in Gen.Choose(1, 60) select (Step)new KilledAtWrite(number)),
            (1, Gen.Constant((Step)new SaveBooks())),
            (2, from unlisted in Gen.Elements(true, false) select (Step)new RestoreBooks(unlisted)),
            (1, Gen.Constant((Step)new AddOriginal())),
            (2, from index in which select (Step)new ListingLacks(index)),
            (1, Gen.Constant((Step)new Stranger())));
    }

    async Task<string> RunAsync(List<Step> history)
    {
        if (_made > 0 && _made % HistoriesOfAWorld == 0)
        {
            await _world.DisposeAsync();
            _world = await CreateWorldAsync();
        }
        return await RunAsync(history, _world);
    }

    async Task<string> RunAsync(List<Step> history, World world)
    {
        var site = new NightscoutSite($"{collection}-{_made++}");
        var model = new Model(collection, site, world.Clock);
        var participant = await world.EnrolAsync(site);
        foreach (var step in history)
        {
            await TakeAsync(step, model, participant);
            model.NotePrunable();
        }

        participant.World.Sandbox.Faults.Clear();
        await participant.RunAsync();
        var isPlainImport = !history.Exists(step => step is AddOriginal or RestoreBooks or ListingLacks); // those wait for the read of everything
        if (isPlainImport && model.MissingAfterImport(participant) is { Length: > 0 } missing)
            return missing;
        for (var pass = 0; pass < 2; pass++)
        {
            participant.World.Clock.Advance(TimeSpan.FromDays(81));
            ToNight(participant.World);
            for (var run = 0; run < 3; run++) // the first may settle what was left open; absent records are looked at again a day later
            {
                model.NotePrunable();
                var outcome = await participant.RunAsync();
                if (outcome.Cause != Cause.Success)
                    return $"A run without a fault ended with {outcome.Cause}.";
                participant.World.Clock.Advance(TimeSpan.FromHours(25));
                ToNight(participant.World);
            }
        }
        return await model.CompareAsync(participant);
    }

    /// <summary>Two o'clock in the morning, as the participant's zone is not known.</summary>
    static void ToNight(World world) => world.Clock.Advance(TimeSpan.FromHours(24 - world.Clock.GetUtcNow().TimeOfDay.TotalHours + 2));

    /// <summary>Killed between Open Humans' answer and the commit of the new pair, nobody has a living token: the participant is asked to sign in again.</summary>
    static async Task SignInAfterLostRefreshAsync(Enrolled participant)
    {
        if (participant.World.Sandbox.OpenHumans.Requests.Served.Any(request => request.Template == "/oauth2/token/"))
            await participant.World.SignInAsync(participant.Member);
    }

    async Task TakeAsync(Step step, Model model, Enrolled participant)
    {
        if (step is Copy or SiteFails or OpenHumansFails or KilledAtRequest or KilledAtWrite or RestoreBooks or ListingLacks or Stranger)
            model.NoteRun();
        var site = participant.Site.Name;
        switch (step)
        {
            case Wait wait:
                participant.World.Clock.Advance(TimeSpan.FromHours(wait.Hours));
                break;
            case Copy:
                await participant.RunAsync();
                break;
            case SiteFails fails:
                participant.World.Sandbox.Faults.Add(new() { Kind = fails.Kind, Status = fails.Status, Site = site, Skip = fails.Skip, Count = 4, Delay = TimeSpan.FromMilliseconds(fails.Kind == FaultKind.Delay ? 3000 : 1) });
                await participant.RunAsync();
                participant.World.Sandbox.Faults.Clear();
                break;
            case OpenHumansFails fails:
                participant.World.Sandbox.Faults.Add(new() { Kind = fails.Kind, Path = fails.Path, Skip = fails.Skip });
                await participant.RunAsync();
                participant.World.Sandbox.Faults.Clear();
                break;
            case KilledAtRequest kill:
                participant.World.Sandbox.OpenHumans.Requests.Clear();
                _crash.AtRequest(kill.Number, kill.After);
                await participant.RunAsync();
                await _crash.ReviveAsync();
                await SignInAfterLostRefreshAsync(participant);
                break;
            case KilledAtWrite kill:
                participant.World.Sandbox.OpenHumans.Requests.Clear();
                await participant.ClaimAsync();
                await _crash.AtWriteAsync(kill.Number);
                await participant.RunClaimedAsync();
                await _crash.ReviveAsync();
                await SignInAfterLostRefreshAsync(participant);
                break;
            case SaveBooks:
                await participant.SaveBooksAsync();
                break;
            case RestoreBooks restore:
                if (!await participant.HasSavedBooksAsync())
                    break;
                await participant.RestoreBooksAsync(restore.Unlisted);
                await participant.RunAsync();
                await participant.QueryAsync<int?>("update ingest.participant set listed_at = null where participant_id = @Participant");
                break;
            case AddOriginal:
                participant.Member.AddFile($"{participant.World.Clock.GetUtcNow().ToUnixTimeMilliseconds()}_{participant.Member.Id}_{collection}.json", model.Original());
                break;
            case ListingLacks lacks:
                var files = participant.Member.Files.Where(file => file.Name.EndsWith(".ndjson.gz", StringComparison.Ordinal)).ToList();
                var hidden = participant.World.Listings.Hide(files.Count == 0 ? [] : [files[lacks.Index % files.Count].Id]);
                await participant.RunAsync();
                hidden.Show();
                break;
            case Stranger:
                await MeetStrangerAsync(participant);
                break;
            default:
                model.Take(step);
                break;
        }
    }

    /// <summary>Where enough is known of the site to tell it from another, none of the other's records arrives.</summary>
    async Task MeetStrangerAsync(Enrolled participant)
    {
        if (await participant.QueryAsync<int>("select coalesce(sum(least(cardinality(recent_ids), 4)), 0)::int from ingest.cursor where participant_id = @Participant and collection <> 'profile'") < 3)
            return;
        var sites = participant.World.Sandbox.Sites;
        var stranger = new NightscoutSite(participant.Site.Name);
        for (var number = 0; number < 5; number++)
            stranger.OfSite(collection).Insert(Records.Of(collection, 0xfff000 + number, participant.World.Clock.GetUtcNow().AddHours(-number)));
        sites.Remove(participant.Site.Name);
        sites.Add(stranger);
        var cause = (await participant.RunAsync()).Cause;
        sites.Remove(participant.Site.Name);
        sites.Add(participant.Site);
        Assert.That(cause, Is.EqualTo(Cause.SiteChanged));
    }
}
