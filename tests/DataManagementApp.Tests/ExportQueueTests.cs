using System.Diagnostics;
using System.IO.Compression;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using DataManagementApp.Mails;
using Microsoft.Extensions.Logging.Abstractions;
using ServiceDefaults;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>Exports in the background: several at once, cancelled, asked for again, killed and gone on with.</summary>
public sealed class ExportQueueTests
{
    static readonly DateOnly Day = new(2026, 11, 20);

    static readonly ExportRequest All = new("all", "csv", null, null);

    Warehouse _warehouse = null!;
    DirectoryInfo _folder = null!;
    PortalOptions _options = null!;
    ExportFiles _files = null!;
    ExportQueue _queue = null!;
    TakenBack _takenBack = null!;
    PortalMails _mails = null!;

    [SetUp]
    public async Task Start()
    {
        _warehouse = await Warehouse.CreateAsync();
        _folder = Directory.CreateTempSubdirectory("exports-");
        _options = new() { ExportFolder = _folder.FullName, Concurrency = 4, BaseUrl = new("https://portal.example.org") };
        _mails = new(new Outbox(_warehouse.Db, Warehouse.Secrets), _options);
        (_files, _queue) = (new(_options), new(_warehouse.Db, _warehouse.Grants, _options));
        _takenBack = new(_warehouse.Db, _files, _mails, _options, TimeProvider.System);
    }

    [TearDown]
    public async Task Stop()
    {
        _folder.Delete(recursive: true);
        await _warehouse.DisposeAsync();
    }

    [Test]
    public async Task What_is_complete_is_not_built_again_after_a_restart()
    {
        await _warehouse.RecordsAsync(await _warehouse.ParticipantAsync("both"), Day);
        var (grant, export, lease, covered) = await BegunAsync();
        using (var killed = new CancellationTokenSource())
        {
            var folder = new Killing(new LeasedFolder(_queue, _files, lease, []), 4, killed);
            Assert.That(() => _warehouse.Build.BuildAsync(grant, _warehouse.Grants.CodeKey(grant), All, covered, folder, new(), killed.Token), Throws.InstanceOf<OperationCanceledException>());
        }
        await _warehouse.QueryAsync<int?>("update portal.export set lease_until = now()");
        await File.WriteAllTextAsync(_files.PathOf(export, 5, lease.Fence), "half of a file");

        await _takenBack.RunAsync(default);
        await BuildAsync();

        var files = await _queue.FilesAsync(export, default);
        Assert.That(files.Select(file => file.Fence == lease.Fence), Is.EqualTo(Enumerable.Range(1, 14).Select(number => number <= 4)), "the first four are from before");
        Assert.That(_folder.GetFiles("*", SearchOption.AllDirectories), Has.Length.EqualTo(14), "and what was begun is gone");
        await using var zip = await OpenAsync((await _queue.FindAsync(export, default))!);
        Assert.That(new ZipArchive(zip).Entries, Has.Count.EqualTo(14));
    }

    [Test]
    public async Task A_file_that_was_complete_and_is_lost_is_built_again([Values] bool isCutShort)
    {
        await _warehouse.RecordsAsync(await _warehouse.ParticipantAsync("both"), Day);
        var (grant, export, lease, covered) = await BegunAsync();
        using var killed = new CancellationTokenSource();
        Assert.That(() => _warehouse.Build.BuildAsync(grant, _warehouse.Grants.CodeKey(grant), All, covered, new Killing(new LeasedFolder(_queue, _files, lease, []), 12, killed), new(), killed.Token), Throws.InstanceOf<OperationCanceledException>());
        await _queue.AgainAsync(lease, keepsFiles: true, counts: false, default);
        if (isCutShort)
            await using (var file = File.OpenWrite(_files.PathOf(export, 2, lease.Fence)))
                file.SetLength(10);
        else
            File.Delete(_files.PathOf(export, 2, lease.Fence));

        await BuildAsync();

        var files = await _queue.FilesAsync(export, default);
        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
        Assert.That(files.Where(file => file.Fence == lease.Fence).Select(file => file.Number), Is.EqualTo(new[] { 1, 3, 4, 5, 6, 7, 8, 9, 10 }), "what tells about the files is made anew, too");
        Assert.That(files.All(file => _files.IsWhole(export, file)), Is.True);
        await using var zip = await OpenAsync((await _queue.FindAsync(export, default))!);
        using var read = new ZipArchive(zip);
        var sums = await new StreamReader(read.GetEntry("SHA256SUMS")!.Open()).ReadToEndAsync();
        foreach (var entry in read.Entries.Where(entry => entry.Name != "SHA256SUMS"))
            Assert.That(sums, Does.Contain($"{Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(entry.Open()))}  {entry.Name}\n"));
    }

    [Test]
    public async Task A_file_that_is_stored_while_nobody_hears_of_it_is_no_file()
    {
        await _warehouse.RecordsAsync(await _warehouse.ParticipantAsync("both"), Day);
        var (grant, export, lease, covered) = await BegunAsync();
        Assert.That(() => _warehouse.Build.BuildAsync(grant, _warehouse.Grants.CodeKey(grant), All, covered, new Unheard(new LeasedFolder(_queue, _files, lease, [])), new(), default), Throws.TypeOf<IOException>());
        Assert.That((await _queue.FilesAsync(export, default)).Count, Is.EqualTo(1), "the row is there, its file is not");
        await _queue.AgainAsync(lease, keepsFiles: true, counts: false, default);

        await BuildAsync();

        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
        Assert.That((await _queue.FilesAsync(export, default)).All(file => _files.IsWhole(export, file)), Is.True);
    }

    [Test]
    public async Task A_build_that_takes_the_service_with_it_is_tried_five_times()
    {
        var export = await _queue.AddAsync(await _warehouse.GrantAsync(true, true), All, default);
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await _queue.StartAsync((await _queue.Leases.ClaimAsync(1, default)).Single(), default);
            await _warehouse.QueryAsync<int?>("update portal.export set lease_until = now()"); // killed
        }

        await BuildAsync();

        Assert.That((await _queue.FindAsync(export, default))!.Problem, Does.Contain("the fault is ours"));
        Assert.That(await StateAsync(export), Is.EqualTo("failed"));
    }

    [Test]
    public async Task A_build_that_fails_is_tried_five_times()
    {
        var export = await _queue.AddAsync(await _warehouse.GrantAsync(true, true), All, default);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, $"export-{export}"), "in the way of its folder");
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            Assert.That(await StateAsync(export), Is.EqualTo("queued"));
            await _warehouse.QueryAsync<int?>("update portal.export set due_at = now()");
            await BuildAsync();
        }

        Assert.That(await StateAsync(export), Is.EqualTo("failed"));
        Assert.That((await _queue.FindAsync(export, default))!.Problem, Does.Contain("the fault is ours"));
    }

    [Test]
    public async Task After_a_failure_the_next_attempt_waits_longer_each_time()
    {
        var export = await _queue.AddAsync(await _warehouse.GrantAsync(true, true), All, default);
        foreach (var seconds in new[] { 20, 40 })
        {
            await _warehouse.QueryAsync<int?>("update portal.export set due_at = now()");
            var lease = (await _queue.Leases.ClaimAsync(1, default)).Single();
            await _queue.StartAsync(lease, default);
            await _queue.AgainAsync(lease, keepsFiles: true, counts: true, default);

            Assert.That(await _queue.Leases.ClaimAsync(1, default), Is.Empty);
            Assert.That(await _warehouse.QueryAsync<double>("select extract(epoch from due_at - now())::float8 from portal.export"), Is.EqualTo(seconds).Within(5));
        }
        Assert.That((await _queue.FindAsync(export, default))!.StartedAt, Is.EqualTo(await _warehouse.QueryAsync<DateTime>("select started_at from portal.export")).And.LessThan(await _warehouse.QueryAsync<DateTime>("select attempt_at from portal.export")), "the first start");
    }

    [Test]
    public void Time_left_is_told_by_the_rows_of_this_attempt_alone()
    {
        var now = DateTimeOffset.UtcNow;
        var export = new ExportRow { State = "building", StartedAt = now.UtcDateTime.AddDays(-1), AttemptAt = now.UtcDateTime.AddSeconds(-10), ExpectedRows = 1_200_000, AttemptRows = 1_000_000, Rows = 1_100_000 };

        Assert.That(export.Left(now)!.Value.TotalSeconds, Is.EqualTo(10).Within(0.1));
        Assert.That((export with { Rows = 1_000_000 }).Left(now), Is.Null, "nothing can be said yet");
    }

    [Test]
    public async Task Users_take_turns()
    {
        var (many, few) = (await _warehouse.GrantAsync(true, true), await _warehouse.GrantAsync(true, true));
        var first = new List<long>();
        for (var i = 0; i < 4; i++)
            first.Add(await _queue.AddAsync(many, All, default));
        var (second, third) = (await _queue.AddAsync(few, All, default), await _queue.AddAsync(few, All, default));

        var order = new List<long>();
        while ((await _queue.Leases.ClaimAsync(order.Count == 0 ? 2 : 1, default)) is { Count: > 0 } leases)
            foreach (var lease in leases.OrderBy(lease => lease.Key))
            {
                await _queue.StartAsync(lease, default);
                order.Add(lease.Key);
            }

        Assert.That(order, Is.EqualTo(new[] { first[0], second, first[1], third, first[2], first[3] }));
    }

    [Test]
    public async Task No_more_exports_are_open_than_may_be_however_they_are_asked_for()
    {
        var grant = await _warehouse.GrantAsync(true, true);
        var cancelled = await _queue.AddAsync(grant, All, default);
        await _queue.CancelAsync(cancelled, grant.UserId, default);

        var asked = await Task.WhenAll(Enumerable.Range(0, 14).Select(async _ =>
        {
            try
            {
                return await _queue.AddAsync(grant, All, default);
            }
            catch (TooManyExportsException)
            {
                return 0;
            }
        }));

        Assert.That(asked.Count(export => export > 0), Is.EqualTo(10));
        Assert.That(() => _queue.RetryAsync(cancelled, grant.UserId, default), Throws.TypeOf<TooManyExportsException>());
    }

    [Test]
    public async Task Nothing_begins_while_the_disk_is_nearly_full()
    {
        var export = await _queue.AddAsync(await _warehouse.GrantAsync(true, true), All, default);
        var full = _options with { LeastFreeSpace = long.MaxValue };
        await new ExportJob(_queue, _warehouse.Build, new(_warehouse.Db, _warehouse.Grants), _warehouse.Grants, new(full), _mails, full, NullLogger<ExportJob>.Instance).Execute(null!);

        var waits = (await _queue.FindAsync(export, default))!;
        Assert.That((waits.State, waits.Attempts), Is.EqualTo(("queued", 0)));
        Assert.That(ExportEvent.Of(waits, DateTimeOffset.UtcNow).State, Does.Contain("nearly full"));
        Assert.That(await _queue.Leases.ClaimAsync(1, default), Is.Empty, "for a minute");
        await _warehouse.QueryAsync<int?>("update portal.export set due_at = now()");
        await BuildAsync();

        var built = (await _queue.FindAsync(export, default))!;
        Assert.That((built.State, built.Problem), Is.EqualTo(("ready", (string?)null)));
    }

    [Test]
    public async Task What_is_too_large_for_a_zip_is_given_out_as_files_that_pass_their_sums()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 100);
        var small = _options with { MostInZip = 100 };
        var export = await _queue.AddAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", null, null), default);
        await new ExportJob(_queue, new(_warehouse.Db, _warehouse.Grants, small, TimeProvider.System), new(_warehouse.Db, _warehouse.Grants), _warehouse.Grants, _files, _mails, small, NullLogger<ExportJob>.Instance).Execute(null!);

        var row = (await _queue.FindAsync(export, default))!;
        var files = await _queue.FilesAsync(export, default);
        Assert.That((row.State, row.Zipped, row.Sha256, row.Bytes), Is.EqualTo(("ready", false, (byte[]?)null, (long?)files.Sum(file => file.FileBytes))));
        var sums = await File.ReadAllTextAsync(_files.PathOf(export, files.Single(file => file.Name == "SHA256SUMS")));
        foreach (var file in files.Where(file => file.Name != "SHA256SUMS"))
            Assert.That(sums, Does.Contain($"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(_files.PathOf(export, file))))}  {file.FileName}\n"));
        var manifest = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(_files.PathOf(export, files.Single(file => file.Name == "manifest.json"))))!;
        Assert.That(manifest["files"]!.AsArray().Select(file => (file!["name"]!.ToString(), file["bytes"]!.GetValue<long>())), Is.EqualTo(files.Where(file => !file.IsAbout).Select(file => (file.FileName, file.FileBytes))));
    }

    [Test]
    public async Task What_is_asked_for_again_while_it_is_forgotten_keeps_no_file_without_its_participants()
    {
        var grant = await _warehouse.GrantAsync(true, true);
        var participant = await _warehouse.ParticipantAsync("both");
        var export = await _queue.AddAsync(grant, All, default);
        for (var round = 0; round < 30; round++)
        {
            await _warehouse.QueryAsync<int?>("""
                update portal.export set state = 'failed', attempts = 0;
                insert into portal.export_participant (export_id, participant_id, source_entity, written) values (@export, @participant, 2, true);
                insert into portal.export_file (export_id, number, fence, name, packed, rows, length, crc32, sha256, file_bytes, file_sha256) values (@export, 1, 1, 'x', false, 1, 1, 1, '', 1, '');
                """, new { export, participant });

            await Task.WhenAll(_takenBack.RunAsync(default), _queue.RetryAsync(export, grant.UserId, default));

            Assert.That((await _warehouse.QueryAsync<int>("select count(*)::int from portal.export_file"), await _warehouse.QueryAsync<int>("select count(*)::int from portal.export_participant")), Is.EqualTo((0, 0)));
        }
    }

    [Test]
    public async Task After_a_change_of_mind_nothing_from_before_a_restart_is_kept()
    {
        var (leaver, other) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.RecordsAsync(leaver, Day);
        await _warehouse.RecordsAsync(other, Day);
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await _queue.AddAsync(grant, All, default);
        var lease = (await _queue.Leases.ClaimAsync(1, default)).Single();
        await _queue.StartAsync(lease, default);
        var (covered, _) = await _queue.HoldAsync(lease, grant, All, default);
        using var killed = new CancellationTokenSource();
        Assert.That(() => _warehouse.Build.BuildAsync(grant, _warehouse.Grants.CodeKey(grant), All, covered, new Killing(new LeasedFolder(_queue, _files, lease, []), 2, killed), new(), killed.Token), Throws.InstanceOf<OperationCanceledException>());
        await _queue.AgainAsync(lease, keepsFiles: true, counts: false, default);
        Assert.That(_folder.GetFiles("*", SearchOption.AllDirectories), Has.Length.EqualTo(2));

        await _warehouse.ConsentAsync(leaver, "none");
        Assert.That(await _takenBack.RunAsync(default), Is.EqualTo((1, 0)));
        Assert.That(_folder.GetFiles("*", SearchOption.AllDirectories), Is.Empty, "at once, also while it waits");
        await BuildAsync();

        Assert.That((await _queue.FilesAsync(export, default)).Where(file => !file.IsAbout).Sum(file => file.Rows), Is.EqualTo(10));
    }

    [Test]
    public async Task A_cancelled_export_leaves_nothing_and_can_be_built_after_all()
    {
        await _warehouse.RecordsAsync(await _warehouse.ParticipantAsync("both"), Day);
        var (grant, export, lease, covered) = await BegunAsync();

        Assert.That(await _queue.CancelAsync(export, grant.UserId + 1, default), Is.False, "somebody else's");
        Assert.That(await _queue.CancelAsync(export, grant.UserId, default), Is.True);
        Assert.That(() => _warehouse.Build.BuildAsync(grant, _warehouse.Grants.CodeKey(grant), All, covered, new LeasedFolder(_queue, _files, lease, []), new(), default), Throws.TypeOf<LeaseLostException>());
        await _takenBack.RunAsync(default);
        Assert.That((await StateAsync(export), _folder.GetFiles("*", SearchOption.AllDirectories).Length, await _warehouse.QueryAsync<long>("select count(*) from portal.export_participant")), Is.EqualTo(("cancelled", 0, 0L)));

        Assert.That(await _queue.RetryAsync(export, grant.UserId, default), Is.True);
        await BuildAsync();
        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
    }

    [Test]
    public async Task An_export_with_access_that_ended_says_so_and_is_not_asked_for_again()
    {
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await _queue.AddAsync(grant, All, default);
        await _warehouse.QueryAsync<int?>("update portal.access_grant set revoked_at = now()");

        await BuildAsync();

        Assert.That((await _queue.FindAsync(export, default))!.Problem, Does.StartWith("Your access has ended."));
        Assert.That(await _queue.RetryAsync(export, grant.UserId, default), Is.False);
    }

    [Test]
    public async Task Estimates_come_from_summaries_by_the_days_asked_for()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await using (var connection = await _warehouse.Owner.OpenConnectionAsync())
            await connection.ExecuteAsync("""
                insert into openaps.raw_segment (participant_id, collection, period, part, lines, sha256, data, file_key, loader_version) values
                       (@participant, 'entries', '2026-10', 0, 3000, '\x00', '\x0011', 'f', 1), (@participant, 'entries', '2026-11-20', 0, 288, '\x00', '\x00', 'f', 1), (@participant, 'entries', 'undated', 0, 5, '\x00', '\x00', 'f', 1);
                """, new { participant });
        var (grant, estimates) = (await _warehouse.GrantAsync(true, true), new ExportEstimates(_warehouse.Db, _warehouse.Grants));

        Assert.That((await estimates.ReadAsync(grant, new("entries", "csv", null, null), default)).Rows, Is.EqualTo(3293));
        Assert.That((await estimates.ReadAsync(grant, new("entries", "csv", Day, Day), default)).Rows, Is.EqualTo(288));
        Assert.That((await estimates.ReadAsync(grant, new("entries", "csv", new(2026, 10, 1), new(2026, 10, 15)), default)).Rows, Is.EqualTo(1500).Within(60));
        Assert.That((await estimates.ReadAsync(await _warehouse.GrantAsync(false, true), new("entries", "csv", null, null) { MinDays = 1 }, default)).Rows, Is.Zero);
    }

    [Test]
    public async Task A_portal_that_is_killed_goes_on_behind_what_was_complete()
    {
        for (var i = 0; i < 4; i++)
        {
            var participant = await _warehouse.ParticipantAsync("both");
            await _warehouse.RecordsAsync(participant, Day);
            await _warehouse.EntriesAsync(participant, Day.AddDays(-2000), 30_000);
        }
        var export = await _queue.AddAsync(await _warehouse.GrantAsync(true, true), All with { PerParticipant = true }, default);
        var built = Repository.PathOf(".artifacts/bin/DataManagementApp/release/DataManagementApp.dll");
        var start = new ProcessStartInfo("dotnet", [built, "--urls=http://127.0.0.1:0", "--environment=Testing", $"--Postgres:Connection={_warehouse.ConnectionString}", $"--Secrets:Key={Warehouse.SecretKey}",
            "--Portal:BaseUrl=http://127.0.0.1", $"--Portal:ExportFolder={_folder.FullName}"])
        { RedirectStandardOutput = true };
        using (var portal = Process.Start(start)!)
        {
            _ = portal.StandardOutput.ReadToEndAsync();
            await WaitAsync(async () => (await _queue.FilesAsync(export, default)).Count > 0);
            portal.Kill();
            await portal.WaitForExitAsync();
        }
        var complete = (await _queue.FilesAsync(export, default)).ToList();
        await _warehouse.QueryAsync<int?>("update portal.export set lease_until = now()");

        await BuildAsync();

        var files = await _queue.FilesAsync(export, default);
        Assert.That(await StateAsync(export), Is.EqualTo("ready"));
        Assert.That(files.Take(complete.Count).Select(file => (file.Number, file.Fence, Convert.ToHexString(file.Sha256))), Is.EqualTo(complete.Select(file => (file.Number, file.Fence, Convert.ToHexString(file.Sha256)))));
        Assert.That(files.Where(file => file.Name.StartsWith("entries_", StringComparison.Ordinal)).Sum(file => file.Rows), Is.EqualTo(4 * 30_001));
    }

    /// <summary>The first file is stored, but the answer to that is lost.</summary>
    sealed class Unheard(IExportFolder folder) : IExportFolder
    {
        readonly List<int> _stored = [];

        public IReadOnlyDictionary<int, ExportedFile> Files => folder.Files;

        public FileStream Create(int number) => folder.Create(number);

        public async Task KeepAsync(ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken)
        {
            await folder.KeepAsync(file, participants, cancellationToken);
            _stored.Add(file.Number);
            throw new IOException("the connection was cut");
        }

        public void Drop(int number)
        {
            if (_stored.Contains(number))
                File.Delete(folder.PathOf(folder.Files[number]));
            else
                folder.Drop(number);
        }

        public Task<IReadOnlySet<long>> ParticipantsAsync(CancellationToken cancellationToken) => folder.ParticipantsAsync(cancellationToken);

        public string PathOf(ExportedFile file) => folder.PathOf(file);
    }

    /// <summary>Killed after so many files.</summary>
    sealed class Killing(IExportFolder folder, int after, CancellationTokenSource kill) : IExportFolder
    {
        public IReadOnlyDictionary<int, ExportedFile> Files => folder.Files;

        public FileStream Create(int number) => folder.Create(number);

        public async Task KeepAsync(ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken)
        {
            await folder.KeepAsync(file, participants, cancellationToken);
            if (file.Number == after)
                await kill.CancelAsync();
        }

        public void Drop(int number) => folder.Drop(number);

        public Task<IReadOnlySet<long>> ParticipantsAsync(CancellationToken cancellationToken) => folder.ParticipantsAsync(cancellationToken);

        public string PathOf(ExportedFile file) => folder.PathOf(file);
    }

    /// <summary>An export of everything that a replica has begun to build.</summary>
    async Task<(Grant Grant, long Export, Lease Lease, IReadOnlyList<Covered> Covered)> BegunAsync()
    {
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await _queue.AddAsync(grant, All, default);
        var lease = (await _queue.Leases.ClaimAsync(1, default)).Single();
        await _queue.StartAsync(lease, default);
        return (grant, export, lease, (await _queue.HoldAsync(lease, grant, All, default)).Covered);
    }

    async Task BuildAsync() => await new ExportJob(_queue, _warehouse.Build, new(_warehouse.Db, _warehouse.Grants), _warehouse.Grants, _files, _mails, _options, NullLogger<ExportJob>.Instance).Execute(null!);

    async Task<Stream> OpenAsync(ExportRow export) => new ExportZip(await _queue.FilesAsync(export.ExportId, default), file => _files.PathOf(export.ExportId, file), export.RequestedAt).Open();

    Task<string> StateAsync(long export) => _warehouse.QueryAsync<string>("select state from portal.export where export_id = @export", new { export });

    static async Task WaitAsync(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }
        throw new TimeoutException("It did not come.");
    }
}
