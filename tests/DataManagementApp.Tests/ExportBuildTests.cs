using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;

namespace DataManagementApp.Tests;

public sealed class ExportBuildTests
{
    static readonly DateOnly Day = new(2026, 11, 20);
    Warehouse _warehouse = null!;

    [SetUp]
    public async Task Migrate() => _warehouse = await Warehouse.CreateAsync();

    [TearDown]
    public async Task Drop()
    {
        if (_warehouse is not null)
            await _warehouse.DisposeAsync();
    }

    [Test]
    public async Task Last_day_missing_from_download_D22()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        foreach (var offset in new[] { -1, 0, 1, 2 })
            await _warehouse.EntriesAsync(participant, Day.AddDays(offset), 288);

        var one = await CsvAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", Day, Day));
        var two = await CsvAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", Day, Day.AddDays(1)));

        Assert.That((one.Count - 1, two.Count - 1), Is.EqualTo((288, 576)));
        Assert.That(one[1], Does.Contain(",2026-11-20T00:00:00Z,"));
        Assert.That(one[^1], Does.Contain(",2026-11-20T23:55:00Z,"));
    }

    [TestCase("device_status", "device_status,device_status_metrics")]
    [TestCase("profile", "profile")]
    [TestCase("demographics", "demographics")]
    [TestCase("daily_metrics", "daily_metrics")]
    [TestCase("aid_signals", "aid_cycle,aid_day,therapy_setting")]
    [TestCase("all", "entries,treatments,device_status,device_status_metrics,profile,demographics,daily_metrics,aid_cycle,aid_day,therapy_setting")]
    public async Task Empty_zip_for_a_choice_D11(string entity, string files)
    {
        using var zip = await ZipAsync(await _warehouse.GrantAsync(true, true), new(entity, "csv", Day, Day));

        Assert.That(zip.Entries.Select(entry => entry.Name), Is.EqualTo(files.Split(',').Select(file => $"{file}_2026-11-20_2026-11-20.csv").Concat(["codebook.csv", "README.txt", "manifest.json", "SHA256SUMS"])));
        foreach (var file in zip.Entries.SkipLast(4))
            Assert.That(await TextAsync(file), Does.StartWith("participant,"));
    }

    [Test]
    public async Task Member_id_in_download_D15()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 2);
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        var member = await owner.ExecuteScalarAsync<string>("select project_member_id from register.participant");

        var lines = await CsvAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", Day, Day));

        Assert.That(string.Concat(lines), Does.Not.Contain(member).And.Not.Contain($"{participant}").And.Not.Contain("2026-11-20-0"));
        Assert.That(lines[1], Does.Match("^P[a-z2-7]{10},[0-9a-f]{20},"));
    }

    [Test]
    public async Task Download_of_all_rows_in_memory_D14()
    {
        for (var i = 0; i < 3; i++)
            await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), new(2020, 1, 1), 60_000);
        var destination = new Measured();

        var totals = await _warehouse.Build.WritePlainAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", null, null), destination, default);

        Assert.That(totals.Rows, Is.GreaterThanOrEqualTo(180_000));
        Assert.That(destination.Total, Is.GreaterThan(10_000_000));
        Assert.That(destination.Most, Is.LessThan(1_000_000), "whatever the size, a little at a time");
    }

    /// <summary>What is written to it, and the most at a time.</summary>
    sealed class Measured : Stream
    {
        public long Total { get; private set; }

        public int Most { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Total;

        public override long Position { get => Total; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => (Total, Most) = (Total + count, Math.Max(Most, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            (Total, Most) = (Total + buffer.Length, Math.Max(Most, buffer.Length));
            return default;
        }
    }

    [Test]
    public async Task Codes_are_the_same_in_a_study_and_different_in_another()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 1);
        var (one, other) = (await _warehouse.GrantAsync(true, true), await _warehouse.GrantAsync(true, true));

        var first = (await CsvAsync(one, new("entries", "csv", Day, Day)))[1].Split(',');
        var again = (await CsvAsync(one, new("entries", "csv", Day, Day)))[1].Split(',');
        var elsewhere = (await CsvAsync(other, new("entries", "csv", Day, Day)))[1].Split(',');

        Assert.That(again, Is.EqualTo(first));
        Assert.That((elsewhere[0] == first[0], elsewhere[1] == first[1]), Is.EqualTo((false, false)));
        Assert.That(elsewhere.Skip(2), Is.EqualTo(first.Skip(2)));
    }

    [Test]
    public async Task Text_is_quoted_where_it_must_be()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 1, "a \"b\", c");

        var lines = await CsvAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", Day, Day));

        Assert.That(lines[1], Does.Contain(",\"a \"\"b\"\", c\","));
    }

    [Test]
    public async Task Json_is_a_table_with_its_schema()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("nsf"), Day, 2);

        using var zip = await ZipAsync(await _warehouse.GrantAsync(true, true), new("entries", "json", Day, Day));
        using var table = JsonDocument.Parse(await TextAsync(zip.Entries[0]));

        var types = table.RootElement.GetProperty("schema").GetProperty("fields").EnumerateArray().ToDictionary(field => field.GetProperty("name").GetString()!, field => field.GetProperty("type").GetString());
        Assert.That((types["participant"], types["date"], types["sgv"], types["source_entity"], types["device"]), Is.EqualTo(("string", "datetime", "number", "integer", "string")));
        var row = table.RootElement.GetProperty("data")[1];
        Assert.That((row.GetProperty("sgv").GetDecimal(), row.GetProperty("date").GetString(), row.GetProperty("mbg").ValueKind, row.GetProperty("source_entity").GetInt32()),
            Is.EqualTo((101m, "2026-11-20T00:05:00Z", JsonValueKind.Null, 1)));
    }

    [Test]
    public async Task The_manifest_names_each_file_with_its_rows_and_hash()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 5);

        using var zip = await ZipAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", Day, Day));
        using var manifest = JsonDocument.Parse(await TextAsync(zip.GetEntry("manifest.json")!));

        var file = manifest.RootElement.GetProperty("files")[0];
        using var content = zip.Entries[0].Open();
        Assert.That((file.GetProperty("rows").GetInt32(), file.GetProperty("sha256").GetString(), manifest.RootElement.GetProperty("participants").GetInt32()),
            Is.EqualTo((5, Convert.ToHexStringLower(await SHA256.HashDataAsync(content)), 1)));
    }

    [Test]
    public async Task Whoever_withdraws_while_a_file_is_built_is_in_no_file()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 2000);
        var grant = await _warehouse.GrantAsync(true, true);

        var folder = new WithdrawingFolder(() => _warehouse.ConsentAsync(participant, "none"));
        Assert.That(async () => await _warehouse.Build.BuildAsync(grant, _warehouse.Grants.CodeKey(grant), new("entries", "csv", Day, Day.AddDays(30)), await _warehouse.Grants.CoveredAsync(grant, default), folder, new(), default),
            Throws.TypeOf<ConsentChangedException>());
    }

    [TestCase("openaps", TestName = "Whoever_narrows_while_a_file_is_built_is_in_no_file_that_says_otherwise")]
    [TestCase("nsf", TestName = "Whoever_shares_with_the_other_commons_only_is_in_no_file_that_says_otherwise")]
    public async Task Consent_that_changes_while_a_file_is_built(string then)
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 2000);
        var grant = await _warehouse.GrantAsync(true, true);

        Assert.That(() => _warehouse.Build.WritePlainAsync(grant, new("entries", "csv", Day, Day.AddDays(30)), new Withdrawing(() => _warehouse.ConsentAsync(participant, then)), default),
            Throws.TypeOf<ConsentChangedException>());
    }

    [Test]
    public async Task Whoever_withdraws_and_comes_back_while_a_file_is_built_has_changed_their_mind()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 2000);
        var grant = await _warehouse.GrantAsync(true, true);

        Assert.That(() => _warehouse.Build.WritePlainAsync(grant, new("entries", "csv", Day, Day.AddDays(30)), new Withdrawing(async () =>
        {
            await _warehouse.ConsentAsync(participant, "none");
            await _warehouse.ConsentAsync(participant, "both");
        }), default), Throws.TypeOf<ConsentChangedException>());
    }

    [Test]
    public async Task An_export_that_is_running_reads_nothing_more_of_who_withdraws()
    {
        var (first, second) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        var leaver = Math.Max(first, second); // exports go by participant
        await _warehouse.EntriesAsync(Math.Min(first, second), Day, 2000);
        await _warehouse.EntriesAsync(leaver, Day, 7);
        var file = new Withdrawing(() => _warehouse.ConsentAsync(leaver, "none"));

        var totals = await _warehouse.Build.WritePlainAsync(await _warehouse.GrantAsync(true, true), new("entries", "csv", Day, Day.AddDays(30)), file, default);

        Assert.That((totals.Rows, totals.Participants.Contains(leaver)), Is.EqualTo((2000L, false)), "and the file may be given out: nothing of the leaver is in it");
    }

    [Test]
    public async Task An_ended_grant_exports_nothing()
    {
        var grant = await _warehouse.GrantAsync(true, true);
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync("update portal.access_grant set revoked_at = now()");

        Assert.That(() => _warehouse.Grants.FindAsync(grant.GrantId, default), Throws.TypeOf<NoGrantException>());
    }

    /// <summary>Somebody changes their mind with the first bytes.</summary>
    sealed class Withdrawing(Func<Task> withdraw) : MemoryStream
    {
        bool _done;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_done)
            {
                _done = true;
                await withdraw();
            }
            await base.WriteAsync(buffer, cancellationToken);
        }
    }

    /// <summary>Somebody changes their mind with the first file that is complete.</summary>
    sealed class WithdrawingFolder(Func<Task> withdraw) : IExportFolder
    {
        readonly LocalFolder _folder = new(Directory.CreateTempSubdirectory("export-").FullName);

        public IReadOnlyDictionary<int, ExportedFile> Files => _folder.Files;

        public FileStream Create(int number) => _folder.Create(number);

        public async Task KeepAsync(ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken)
        {
            await withdraw();
            await _folder.KeepAsync(file, participants, cancellationToken);
        }

        public void Drop(int number) => _folder.Drop(number);

        public Task<IReadOnlySet<long>> ParticipantsAsync(CancellationToken cancellationToken) => _folder.ParticipantsAsync(cancellationToken);

        public string PathOf(ExportedFile file) => _folder.PathOf(file);
    }

    async Task<ZipArchive> ZipAsync(Grant grant, ExportRequest request)
    {
        var file = new MemoryStream();
        await _warehouse.Build.WriteZipAsync(grant, request, file, new(), default);
        return new(file, ZipArchiveMode.Read);
    }

    async Task<List<string>> CsvAsync(Grant grant, ExportRequest request)
    {
        using var zip = await ZipAsync(grant, request);
        return [.. (await TextAsync(zip.Entries[0])).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)];
    }

    static async Task<string> TextAsync(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open());
        return await reader.ReadToEndAsync();
    }
}
