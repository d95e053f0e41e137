using System.Diagnostics;
using System.IO.Compression;
using Dapper;
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
    public async Task Twenty_exports_at_once_are_all_built_each_with_its_own_rows()
    {
        for (var i = 0; i < 3; i++)
            await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync(i == 0 ? "openaps" : "both"), Day, 500 + i);
        var formats = ExportFormat.All.Where(format => !ExportFormat.IsRaw(format)).ToArray();
        var exports = new List<(long Export, long Rows)>();
        for (var i = 0; i < 20; i++)
            exports.Add((await _queue.AddAsync(await _warehouse.GrantAsync(i % 2 == 0, true), new("entries", formats[i % formats.Length], null, null), default), i % 2 == 0 ? 1503 : 1003));

        await BuildAsync();

        foreach (var (export, rows) in exports)
        {
            var row = (await _queue.FindAsync(export, default))!;
            Assert.That((row.State, row.Rows), Is.EqualTo(("ready", rows)));
            await using var zip = await OpenAsync(row);
            using var read = new ZipArchive(zip, ZipArchiveMode.Read);
            Assert.That(read.Entries, Has.Count.EqualTo(5));
        }
    }

    [Test]
    public async Task What_is_complete_is_not_built_again_after_a_restart()
    {
        await _warehouse.RecordsAsync(await _warehouse.ParticipantAsync("both"), Day);
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await _queue.AddAsync(grant, All, default);
        var lease = (await _queue.Leases.ClaimAsync(1, default)).Single();
        await _queue.StartAsync(lease, default);
        var (covered, _) = await _queue.HoldAsync(lease, grant, All, default);
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
        var grant = await _warehouse.GrantAsync(true, true);
        var export = await _queue.AddAsync(grant, All, default);
        var lease = (await _queue.Leases.ClaimAsync(1, default)).Single();
        await _queue.StartAsync(lease, default);
        var (covered, _) = await _queue.HoldAsync(lease, grant, All, default);

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
