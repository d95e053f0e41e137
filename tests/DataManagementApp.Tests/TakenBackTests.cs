using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using DataManagementApp.Mails;
using Microsoft.Extensions.Logging.Abstractions;
using ServiceDefaults;

namespace DataManagementApp.Tests;

/// <summary>What happens to exports, in the tables and on disk, when somebody in them leaves or shares less.</summary>
public sealed class TakenBackTests
{
    static readonly DateOnly Day = new(2026, 11, 20);

    static readonly ExportRequest Request = new("entries", "csv", Day, Day);

    Warehouse _warehouse = null!;
    ExportQueue _queue = null!;
    ExportFiles _files = null!;
    TakenBack _takenBack = null!;
    PortalMails _mails = null!;
    DirectoryInfo _folder = null!;
    PortalOptions _options = null!;

    [SetUp]
    public async Task Start()
    {
        _warehouse = await Warehouse.CreateAsync();
        _folder = Directory.CreateTempSubdirectory("exports-");
        _options = new() { ExportFolder = _folder.FullName, BaseUrl = new("https://portal.example.org") };
        _files = new(_options);
        _queue = new(_warehouse.Db, _warehouse.Grants, _options);
        _mails = new(new Outbox(_warehouse.Db, Warehouse.Secrets), _options);
        _takenBack = new(_warehouse.Db, _files, _mails, _options, TimeProvider.System);
    }

    [TearDown]
    public async Task Stop()
    {
        _folder.Delete(recursive: true);
        await _warehouse.DisposeAsync();
    }

    [TestCase("none", true)]
    [TestCase("openaps", true)]
    [TestCase("nsf", true)]
    [TestCase("both", false)]
    public async Task A_finished_export_goes_when_somebody_in_it_shares_less_D8_D9(string then, bool goes)
    {
        var (leaver, other) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(leaver, Day, 5);
        await _warehouse.EntriesAsync(other, Day, 3);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await _warehouse.ConsentAsync(leaver, then);

        await _takenBack.RunAsync(default);

        Assert.That((await StateAsync(export), Directory.Exists(FolderOf(export))), Is.EqualTo(goes ? ("withdrawn", false) : ("ready", true)));
        Assert.That(await _warehouse.QueryAsync<long>("select count(*) from portal.export_participant where export_id = @export", new { export }), Is.EqualTo(goes ? 0 : 2));
        Assert.That(await _queue.ReplacementAsync(export, default), goes ? Is.Not.Null : Is.Null);
        Assert.That(await _warehouse.QueryAsync<long>("select count(*) from portal.mail where kind = 'withdrawal'"), Is.EqualTo(goes ? 1 : 0), "its owner is told");
    }

    [Test]
    public async Task A_withdrawn_export_is_built_again_without_who_left()
    {
        var (leaver, other) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(leaver, Day, 5);
        await _warehouse.EntriesAsync(other, Day, 3);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await _warehouse.ConsentAsync(leaver, "none");
        await _takenBack.RunAsync(default);

        await BuildAsync();

        var again = (await _queue.ReplacementAsync(export, default))!;
        Assert.That((again.State, again.Rows, again.Request.Summary, Directory.Exists(FolderOf(again.ExportId))), Is.EqualTo(("ready", 3L, Request.Summary, true)));
        Assert.That(await _takenBack.RunAsync(default), Is.EqualTo((0, 0)), "and that is the end of it");
    }

    [Test]
    public async Task An_export_without_records_of_who_left_stays()
    {
        var (leaver, other) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(leaver, Day.AddDays(1), 5);
        await _warehouse.EntriesAsync(other, Day, 3);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await _warehouse.ConsentAsync(leaver, "none");

        Assert.That(await _takenBack.RunAsync(default), Is.EqualTo((0, 0)));
        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
    }

    [Test]
    public async Task Whoever_is_suspended_takes_files_back_too()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 5);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await _warehouse.QueryAsync<int?>("update register.participant set suspended_at = now(), suspended_because = 'open humans refused the tokens'");

        await _takenBack.RunAsync(default);

        Assert.That(await StateAsync(export), Is.EqualTo("withdrawn"));
    }

    [Test]
    public async Task Nothing_is_asked_for_again_when_the_access_has_ended()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 5);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await _warehouse.QueryAsync<int?>("update portal.access_grant set revoked_at = now()");
        await _warehouse.ConsentAsync(participant, "none");

        await _takenBack.RunAsync(default);

        Assert.That((await StateAsync(export), await _queue.ReplacementAsync(export, default)), Is.EqualTo(("withdrawn", (ExportRow?)null)));
    }

    [Test]
    public async Task Whoever_withdraws_while_exports_are_taken_back_is_told_of_once_with_the_file()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 5);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await new Deliveries(_warehouse.Db, _warehouse.Grants).NoteAsync(export, resumed: false, default);
        await using (var holder = await _warehouse.Owner.OpenConnectionAsync())
        {
            await using var transaction = await holder.BeginTransactionAsync();
            await holder.ExecuteAsync("lock table portal.delivery"); // between the files and those who are to be told
            var run = _takenBack.RunAsync(default);
            while (!await _warehouse.QueryAsync<bool>("select exists (select from pg_locks where relation = 'portal.delivery'::regclass and not granted)"))
                await Task.Delay(20);
            await _warehouse.ConsentAsync(participant, "none");
            await transaction.CommitAsync();
            await run;
        }

        await _takenBack.RunAsync(default);

        Assert.That(await StateAsync(export), Is.EqualTo("withdrawn"));
        Assert.That(await _warehouse.QueryAsync<long>("select count(*) from portal.mail where kind = 'withdrawal'"), Is.EqualTo(1));
    }

    [TestCase("none")]
    [TestCase("openaps")]
    public async Task A_build_in_hand_is_begun_again_and_cannot_finish(string then)
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 5);
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await _queue.AddAsync(grant, Request, default);
        var (lease, file) = await BeginAsync(grant);
        await using var part = file;
        await _warehouse.ConsentAsync(participant, then);

        Assert.That(await _takenBack.RunAsync(default), Is.EqualTo((1, 0)));

        Assert.That(File.Exists(part.Name), Is.False, "its file is gone at once");
        Assert.That(() => _queue.FinishAsync(lease, 5, 1, [], _ => Task.CompletedTask, default), Throws.TypeOf<LeaseLostException>());
        var (state, attempts) = (await StateAsync(export), await _warehouse.QueryAsync<int>("select attempts from portal.export"));
        Assert.That((state, attempts), Is.EqualTo(("queued", 0)), "it had no failure");
        await BuildAsync();
        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
    }

    [Test]
    public async Task A_change_of_mind_that_the_build_itself_notices_is_no_failed_attempt()
    {
        await _warehouse.GrantAsync(true, true);
        var grant = await _warehouse.GrantAsync(true, true);
        await _queue.AddAsync(grant, Request, default);
        var (lease, file) = await BeginAsync(grant);
        await file.DisposeAsync();

        await _queue.AgainAsync(lease, keepsFiles: false, counts: false, default);

        Assert.That(await _warehouse.QueryAsync<int>("select attempts from portal.export"), Is.Zero);
    }

    [Test]
    public async Task What_a_killed_build_left_on_disk_goes_with_its_lease()
    {
        var grant = await _warehouse.GrantAsync(true, true);
        await _queue.AddAsync(grant, Request, default);
        var (_, file) = await BeginAsync(grant);
        await file.DisposeAsync();
        _folder.CreateSubdirectory("export-4711");
        await File.WriteAllTextAsync(_files.PathOf(4711, 1, 1), "a finished file that no table knows");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "export-4.zip"), "named as builds before this one named theirs");

        await _takenBack.RunAsync(default);
        Assert.That(OnDisk().Select(left => left.FullName), Is.EqualTo(new[] { file.Name }), "the lease lasts");
        await _warehouse.QueryAsync<int?>("update portal.export set lease_until = now()");
        await _takenBack.RunAsync(default);

        Assert.That(OnDisk(), Is.Empty);
    }

    [Test]
    public async Task An_export_that_was_kept_long_enough_expires_and_forgets_whose_records_it_held()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 5);
        var export = await BuiltAsync(await _warehouse.GrantAsync(true, true));
        await _warehouse.QueryAsync<int?>("update portal.export set finished_at = now() - interval '8 days'");

        await _takenBack.RunAsync(default);
        await _warehouse.ConsentAsync(participant, "none");
        await _takenBack.RunAsync(default);

        Assert.That((await StateAsync(export), OnDisk().Length, await _queue.ReplacementAsync(export, default)), Is.EqualTo(("expired", 0, (ExportRow?)null)));
        Assert.That(await _warehouse.QueryAsync<long>("select count(*) from portal.export_participant"), Is.Zero);
    }

    [Test]
    public async Task An_erased_participant_is_in_no_table_and_no_file_of_the_portal()
    {
        var (leaver, other) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(leaver, Day, 5);
        await _warehouse.EntriesAsync(other, Day, 3);
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await BuiltAsync(grant);
        await _queue.AddAsync(grant, Request, default);
        var (_, building) = await BeginAsync(grant);
        await using var part = building;

        await _warehouse.EraseAsync(leaver);
        await new WithdrawalJob(_takenBack, _warehouse.Db, NullLogger<WithdrawalJob>.Instance).Execute(null!);

        Assert.That((await StateAsync(export), OnDisk().Length), Is.EqualTo(("withdrawn", 0)));
        Assert.That(await _warehouse.QueryAsync<long>("select count(*) from portal.export_participant where participant_id = @leaver", new { leaver }), Is.Zero);
        Assert.That(await _warehouse.QueryAsync<bool>("select portal_at is not null and completed_at is null from register.erasure_receipt"), Is.True, "its part is done, the others' is not");
    }

    [Test]
    public async Task The_portal_sees_numbers_of_exports_and_no_participant_outside_a_grant()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 5);
        await BuiltAsync(await _warehouse.GrantAsync(true, true));

        await using var connection = await _warehouse.Db.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from research.participant"), Is.Zero);
        Assert.That(() => connection.Query("select member_hash from register.erasure_receipt"), Throws.TypeOf<Npgsql.PostgresException>().With.Property("SqlState").EqualTo("42501"));
        Assert.That(() => connection.Query("select * from register.participant"), Throws.TypeOf<Npgsql.PostgresException>().With.Property("SqlState").EqualTo("42501"));
    }

    /// <summary>Claims an export and begins to build it, as the job does.</summary>
    async Task<(Lease, FileStream)> BeginAsync(Grant grant)
    {
        var lease = (await _queue.Leases.ClaimAsync(1, default)).Single();
        await _queue.StartAsync(lease, default);
        await _queue.HoldAsync(lease, grant, Request, default);
        return (lease, _files.Create(lease, 1));
    }

    async Task BuildAsync() =>
        await new ExportJob(_queue, _warehouse.Build, new(_warehouse.Db, _warehouse.Grants), _warehouse.Grants, _files, _mails, _options, NullLogger<ExportJob>.Instance).Execute(null!);

    string FolderOf(long export) => Path.Combine(_folder.FullName, $"export-{export}");

    FileInfo[] OnDisk() => _folder.GetFiles("*", SearchOption.AllDirectories);

    async Task<long> BuiltAsync(Grant grant)
    {
        var export = await _queue.AddAsync(grant, Request, default);
        await BuildAsync();
        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
        return export;
    }

    Task<string> StateAsync(long export) => _warehouse.QueryAsync<string>("select state from portal.export where export_id = @export", new { export });
}
