using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DataManagementApp.Tests;

/// <summary>Frozen versions of the data, and the API that gives out what they and exports hold.</summary>
public sealed class ReleaseTests
{
    static readonly DateOnly Day = new(2026, 11, 20);

    Warehouse _warehouse = null!;
    WebApplication _app = null!;
    HttpClient _http = null!;
    string _folder = "";

    [SetUp]
    public async Task Start()
    {
        _warehouse = await Warehouse.CreateAsync();
        _folder = Directory.CreateTempSubdirectory("exports-").FullName;
        _app = await _warehouse.StartPortalAsync($"--Portal:ExportFolder={_folder}", "--Portal:Beat=00:00:01", "--Portal:WithdrawalBeat=00:00:01", "--Portal:KeepExports=01:00:00");
        _http = new() { BaseAddress = new(_app.Urls.First()) };
    }

    [TearDown]
    public async Task Stop()
    {
        _http?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync(); // a scheduler that is just starting would outlive it
            await _app.DisposeAsync();
        }
        if (_warehouse is not null)
            await _warehouse.DisposeAsync();
        if (_folder.Length > 0)
            Directory.Delete(_folder, recursive: true);
    }

    T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    [Test]
    public async Task A_release_has_a_file_for_each_participant_and_kind_that_are_whole_and_named_by_codes_of_its_own()
    {
        var (first, second) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("openaps"));
        await _warehouse.EntriesAsync(first, Day, 100);
        await _warehouse.EntriesAsync(second, Day, 50);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);

        var manifest = await JsonAsync($"/api/v1/releases/{release.Number}/files/manifest.json", token);
        var files = manifest["files"]!.AsArray().Where(file => file!["entity"]?.ToString() == "entries").ToList();
        Assert.That((manifest["release"]!.ToString(), manifest["participants"]!.GetValue<int>(), files.Count, release.Participants), Is.EqualTo(("1.0", 2, 2, 2)));
        Assert.That(files.Select(file => file!["rows"]!.GetValue<long>()), Is.EquivalentTo(new[] { 100L, 50L }));
        var sums = (await TextAsync($"/api/v1/releases/{release.Number}/files/SHA256SUMS", token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in sums)
            Assert.That(Convert.ToHexStringLower(SHA256.HashData(await BytesAsync($"/api/v1/releases/{release.Number}/files/{line[66..]}", token))), Is.EqualTo(line[..64]), line);
        Assert.That(sums.Select(line => line[66..]), Is.SupersetOf(new[] { "manifest.json", "README.txt", "CITATION.txt", "codebook.csv" }).And.SupersetOf(files.Select(file => file!["name"]!.ToString())));
        using var codes = new ExportCodes(Get<Grants>().CodeKey(grant));
        using var own = new ExportCodes(Get<Grants>().ReleaseKey(release.Number));
        Assert.That(manifest.ToJsonString(), Does.Not.Contain(codes.Participant(first)).And.Contains(own.Participant(first)), "the study's codes do not lead to the release's");
    }

    [Test]
    public async Task Who_withdraws_is_in_no_release_any_more_and_its_readers_hear_of_it()
    {
        var (stays, leaves) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(stays, Day, 100);
        await _warehouse.EntriesAsync(leaves, Day, 50);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);
        var (kept, gone) = (await NameAsync(release, 100, token), await NameAsync(release, 50, token));
        await BytesAsync($"/api/v1/releases/{release.Number}/files/{gone}", token);

        await _warehouse.ConsentAsync(leaves, "none");
        using (var at = await SendAsync($"/api/v1/releases/{release.Number}/files/{gone}", token))
            Assert.That(at.StatusCode, Is.EqualTo(HttpStatusCode.Gone), "also before the job has come by");
        await Warehouse.UntilAsync(async () => (await Get<Releases>().FindAsync(release.Number, default))!.Minor == 1);

        using (var answer = await SendAsync($"/api/v1/releases/{release.Number}/files/{gone}", token))
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Gone));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("delete every copy").And.Contain("1.1"));
        }
        var manifest = await JsonAsync($"/api/v1/releases/{release.Number}/files/manifest.json", token);
        Assert.That((manifest["release"]!.ToString(), manifest["participants"]!.GetValue<int>(), manifest["withdrawn"]!.AsArray().Select(file => file!["name"]!.ToString()).Contains(gone)), Is.EqualTo(("1.1", 1, true)));
        Assert.That(await TextAsync($"/api/v1/releases/{release.Number}/files/SHA256SUMS", token), Does.Not.Contain(gone).And.Contain(kept));
        await BytesAsync($"/api/v1/releases/{release.Number}/files/{kept}", token);
        await Warehouse.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Count() == manifest["files"]!.AsArray().Count), "what is withdrawn leaves the disk");
        Assert.That(await _warehouse.QueryAsync<int>("select count(*)::int from portal.audit where action = 'release reissued' and detail = '1.1'"), Is.EqualTo(1));
        Assert.That(await _warehouse.QueryAsync<string>("select string_agg(kind, ',' order by kind) from portal.mail"), Is.EqualTo("release ready,release reissued"), "who made it, and who fetched files");
        Assert.That(await _warehouse.QueryAsync<int>("select count(*)::int from portal.export_participant where participant_id = @leaves", new { leaves }), Is.Zero);
    }

    [Test]
    public async Task A_release_changes_in_no_other_way_and_does_not_expire()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 10);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);

        foreach (var attempt in new[] { "delete from portal.export_file", "update portal.export_file set rows = 7", "update portal.export_file set sha256 = ''", "delete from portal.release", "update portal.release set title = 'x'",
                     "insert into portal.export_file (export_id, number, fence, name, packed, rows, length, crc32, sha256, file_bytes, file_sha256) select export_id, 999, 1, 'x', false, 1, 1, 1, '', 1, '' from portal.release",
                     "update portal.export set state = 'expired'", "update portal.export set state = 'queued'", "update portal.export set commons = 'nsf'", "update portal.export set format = 'json'", "update portal.export set to_day = null, from_day = null",
                     "update portal.release_text set content = 'x'" })
            Assert.That(async () => await _warehouse.AsPortalAsync(attempt), Throws.InstanceOf<PostgresException>(), attempt);
        await _warehouse.QueryAsync<int?>("update portal.export set finished_at = now() - interval '1 year'");
        await _warehouse.EntriesAsync(participant, Day.AddDays(-1), 10);
        await Task.Delay(TimeSpan.FromSeconds(2.5)); // two beats of the job

        Assert.That((await Get<Releases>().FindAsync(release.Number, default))!.IsReady, Is.True);
        Assert.That((await JsonAsync($"/api/v1/releases/{release.Number}/files/manifest.json", token))["files"]!.AsArray().Single(file => file!["entity"]?.ToString() == "entries")!["rows"]!.GetValue<long>(), Is.EqualTo(10));
    }

    [Test]
    public async Task What_tells_about_a_version_is_written_once_and_anew_when_it_is_reissued()
    {
        var (stays, leaves) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(stays, Day, 10);
        await _warehouse.EntriesAsync(leaves, Day, 20);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);
        await _warehouse.QueryAsync<int?>("update portal.release_text set content = 'as another build worded it' where name = 'README.txt'");

        Assert.That(await TextAsync($"/api/v1/releases/{release.Number}/files/README.txt", token), Is.EqualTo("as another build worded it"));
        await _warehouse.ConsentAsync(leaves, "none");
        await Warehouse.UntilAsync(async () => (await Get<Releases>().FindAsync(release.Number, default))!.Minor == 1);

        Assert.That(await TextAsync($"/api/v1/releases/{release.Number}/files/README.txt", token), Does.Contain("Release 1.1"));
        Assert.That(await _warehouse.QueryAsync<string>("select string_agg(name, ' ' order by name) from portal.release_text"), Is.EqualTo("CHANGES.txt CITATION.txt README.txt SHA256SUMS manifest.json").IgnoreCase, "of the version before, which names who left, nothing");
        await _warehouse.QueryAsync<int?>("delete from portal.release_text");
        Assert.That(await TextAsync($"/api/v1/releases/{release.Number}/files/README.txt", token), Does.Contain("Release 1.1"), "one from before texts were kept gets them when it is read");
    }

    [Test]
    public async Task A_file_of_a_release_is_closed_at_once_to_all_when_its_participant_shares_less([Values("GET", "HEAD")] string method)
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 10);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant, "openaps");
        var path = $"/api/v1/releases/{release.Number}/files/{await NameAsync(release, 10, token)}";
        using (var before = await SendAsync(path, token, new(method)))
            Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        await _warehouse.ConsentAsync(participant, "nsf"); // which the reader's study covers, and the release does not

        using var answer = await SendAsync(path, token, new(method));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Gone));
    }

    [Test]
    public async Task A_lost_file_of_a_release_was_not_withdrawn()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 10);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);
        var name = await NameAsync(release, 10, token);
        Directory.Delete(Path.Combine(_folder, $"export-{release.ExportId}"), recursive: true);

        using var answer = await SendAsync($"/api/v1/releases/{release.Number}/files/{name}", token);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("nothing of yours was withdrawn"));
    }

    [Test]
    public async Task Only_who_fetched_files_of_a_release_hears_of_that_release()
    {
        var (stays, leaves) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(stays, Day, 10);
        await _warehouse.EntriesAsync(leaves, Day, 20);
        var (grant, _) = await TokenAsync(openAps: true, nsf: true);
        var (reader, token) = await TokenAsync(openAps: true, nsf: true);
        var (other, _) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);
        await BytesAsync($"/api/v1/releases/{release.Number}/files/{await NameAsync(release, 20, token)}", token);
        await Get<Deliveries>().NoteAsync(other, new HashSet<long> { leaves }, default); // of a file of their own

        await _warehouse.ConsentAsync(leaves, "none");
        await Warehouse.UntilAsync(async () => (await Get<Releases>().FindAsync(release.Number, default))!.Minor == 1);

        Task<string> MailsAsync(Grant to) => _warehouse.QueryAsync<string>("select coalesce(string_agg(kind, ','), '') from portal.mail where kind <> 'release ready' and recipient = (select email from portal.app_users where id = @UserId)", to);
        Assert.That((await MailsAsync(reader), await MailsAsync(other), await MailsAsync(grant)), Is.EqualTo(("release reissued", "withdrawal", "")));
    }

    [Test]
    public async Task A_failed_release_is_asked_for_again_but_no_other()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 10);
        var (grant, _) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);
        Assert.That(await Get<Releases>().RetryAsync(release.Number, default), Is.False, "it is ready");
        Assert.That(await Get<Releases>().RetryAsync(4711, default), Is.False);
        await _warehouse.QueryAsync<int?>("""
            alter table portal.export disable trigger user;
            update portal.export set state = 'failed', problem = 'x';
            alter table portal.export enable trigger user;
            """);

        Assert.That(await Get<Releases>().RetryAsync(release.Number, default), Is.True);

        await Warehouse.UntilAsync(async () => (await Get<Releases>().FindAsync(release.Number, default))!.IsReady);
    }

    [Test]
    public async Task A_release_of_one_commons_is_for_who_may_read_that_one()
    {
        var (openaps, nsf) = (await _warehouse.ParticipantAsync("openaps"), await _warehouse.ParticipantAsync("nsf"));
        await _warehouse.EntriesAsync(openaps, Day, 10);
        await _warehouse.EntriesAsync(nsf, Day, 20);
        var (grant, _) = await TokenAsync(openAps: true, nsf: true);
        var (both, one) = (await MakeAsync(grant), await MakeAsync(grant, "openaps"));
        var (_, reader) = await TokenAsync(openAps: true, nsf: false);
        var (_, other) = await TokenAsync(openAps: false, nsf: true);

        Assert.That(one.Participants, Is.EqualTo(1));
        foreach (var (release, token, status) in new[] { (both, reader, HttpStatusCode.NotFound), (one, reader, HttpStatusCode.OK), (both, other, HttpStatusCode.NotFound), (one, other, HttpStatusCode.NotFound) })
        {
            using var answer = await SendAsync($"/api/v1/releases/{release.Number}/files/manifest.json", token);
            Assert.That(answer.StatusCode, Is.EqualTo(status));
        }
        Assert.That((await JsonAsync("/api/v1/releases", reader)).AsArray().Select(release => release!["number"]!.GetValue<int>()), Is.EqualTo(new[] { one.Number }));
        Assert.That((await JsonAsync("/api/v1/releases", other)).AsArray(), Is.Empty);
    }

    [Test]
    public async Task The_next_release_tells_how_it_differs()
    {
        var (first, second) = (await _warehouse.ParticipantAsync("both"), await _warehouse.ParticipantAsync("both"));
        await _warehouse.EntriesAsync(first, Day, 10);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        Assert.That(await Get<Releases>().DifferenceAsync(await MakeAsync(grant), default), Is.Null);
        using (var none = await SendAsync("/api/v1/releases/1/difference", token))
            Assert.That(none.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        await _warehouse.EntriesAsync(second, Day, 30);

        var difference = (await Get<Releases>().DifferenceAsync(await MakeAsync(grant), default))!;
        var told = await JsonAsync("/api/v1/releases/2/difference", token);
        Assert.That((told["before"]!.GetValue<int>(), told["joined"]!.GetValue<int>()), Is.EqualTo((1, 1)));
        Assert.That(await TextAsync("/api/v1/releases/2/files/CHANGES.txt", token), Does.Contain("Compared with release 1: 1 participants more, 0 not in it any more, 1 in both.").And.Contain("\nentries 10 40\n").And.Contain("All of it."));
        Assert.That((await JsonAsync("/api/v1/releases/2/files/manifest.json", token))["difference"]!["entities"]!.AsArray().Single(entity => entity!["entity"]!.ToString() == "entries")!["now"]!.GetValue<long>(), Is.EqualTo(40));

        Assert.That((difference.Before, difference.Stayed, difference.Joined, difference.Gone), Is.EqualTo((1, 1, 1, 0)));
        Assert.That(difference.Entities.Single(entity => entity.Entity == "entries"), Is.EqualTo(new EntityDifference("entries", 10, 40)));
    }

    [TestCase("../manifest.json")]
    [TestCase("..%2f..%2fetc%2fpasswd")]
    [TestCase("%2e%2e%2f1.0")]
    [TestCase("entries' or '1'='1")]
    public async Task Names_lead_nowhere_else(string name)
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 10);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);

        using var answer = await SendAsync($"/api/v1/releases/{release.Number}/files/{name}", token);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_program_reads_participants_and_their_records()
    {
        var (mine, others) = (await _warehouse.ParticipantAsync("openaps"), await _warehouse.ParticipantAsync("nsf"));
        await _warehouse.EntriesAsync(mine, Day, 25);
        await _warehouse.EntriesAsync(others, Day, 5);
        var (grant, token) = await TokenAsync(openAps: true, nsf: false);
        using var codes = new ExportCodes(Get<Grants>().CodeKey(grant));

        var participants = (await JsonAsync("/api/v1/participants", token)).AsArray();
        Assert.That(participants.Select(participant => participant!["code"]!.ToString()), Is.EqualTo(new[] { codes.Participant(mine) }));
        var csv = (await TextAsync($"/api/v1/participants/{codes.Participant(mine)}/entries?from=2026-11-20&to=2026-11-20&columns=sgv&columns=date", token)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.That((csv[0], csv.Length), Is.EqualTo(("participant,record,sgv,date", 26)));
        using var denied = await SendAsync($"/api/v1/participants/{codes.Participant(others)}/entries", token);
        Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await _warehouse.QueryAsync<int>("select downloads from portal.delivery where participant_id = @mine", new { mine }), Is.EqualTo(1), "told to the participant");
    }

    [TestCase("?from=yesterday")]
    [TestCase("?from=2026-11-20&to=2026-11-19")]
    [TestCase("?to=2026-11-19")]
    [TestCase("?format=xlsx")]
    [TestCase("?columns=id")]
    [TestCase("?columns=sgv%22;drop%20table%20openaps.entries--")]
    public async Task What_cannot_be_asked_is_said_and_not_answered(string query)
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 5);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        using var codes = new ExportCodes(Get<Grants>().CodeKey(grant));

        using var answer = await SendAsync($"/api/v1/participants/{codes.Participant(participant)}/entries{query}", token);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task A_program_asks_for_an_export_waits_for_it_and_downloads_it()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, 25);
        var (_, token) = await TokenAsync(openAps: true, nsf: true);
        using var asked = await SendAsync("/api/v1/exports", token, HttpMethod.Post, """{"entity":"entries","format":"csv","from":"2026-11-20","to":"2026-11-20"}""");
        Assert.That(asked.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        JsonNode export = null!;
        await Warehouse.UntilAsync(async () => (export = await JsonAsync(asked.Headers.Location!.OriginalString, token))["state"]!.ToString() == "ready");

        var zip = await BytesAsync(export["download"]!.ToString(), token);

        Assert.That(Convert.ToHexStringLower(SHA256.HashData(zip)), Is.EqualTo(export["sha256"]!.ToString()));
        var file = export["files"]!.AsArray().First(file => file!["rows"]!.GetValue<long>() == 25)!;
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(await BytesAsync(file["download"]!.ToString(), token))), Is.EqualTo(file["sha256"]!.ToString()));
        var (_, stranger) = await TokenAsync(openAps: true, nsf: true);
        foreach (var path in new[] { asked.Headers.Location!.OriginalString, export["download"]!.ToString(), file["download"]!.ToString() })
        {
            using var denied = await SendAsync(path, stranger);
            Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
    }

    [TestCase("{}")]
    [TestCase("""{"entity":"entries","format":"csv","from":"2026-11-20"}""")]
    [TestCase("""{"entity":"entries","format":"exe"}""")]
    [TestCase("""{"entity":"entries","format":"ndjson","columns":["entries.sgv"]}""")]
    [TestCase("not json")]
    public async Task An_export_that_cannot_be_built_is_refused_with_the_reason(string wish)
    {
        var (_, token) = await TokenAsync(openAps: true, nsf: true);

        using var answer = await SendAsync("/api/v1/exports", token, HttpMethod.Post, wish);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task The_script_downloads_all_of_a_release_and_goes_on_where_it_was_interrupted()
    {
        foreach (var readings in new[] { 100, 50, 20 })
            await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), Day, readings);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var release = await MakeAsync(grant);
        var folder = Path.Combine(_folder, "copy");
        var script = Path.Combine(_folder, "download.sh");
        await File.WriteAllTextAsync(script, (await TextAsync($"/api/v1/releases/{release.Number}/files/download.sh", token)).Replace("http://127.0.0.1", _http.BaseAddress!.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal));

        Assert.That(await RunAsync(script, folder, token), Is.Zero);
        var names = Directory.GetFiles(folder).Select(Path.GetFileName).ToList();
        Assert.That(names.Count(name => name!.StartsWith("entries_", StringComparison.Ordinal)), Is.EqualTo(3));
        var damaged = Directory.GetFiles(folder, "entries_*")[0];
        await File.WriteAllTextAsync(damaged, "half");
        File.Delete(Directory.GetFiles(folder, "entries_*")[1]);
        Assert.That(await RunAsync(script, folder, token), Is.Zero, "mends what is missing or damaged");
        Assert.That(await RunAsync(script, folder, "oadc_wrong"), Is.Not.Zero);
    }

    static async Task<int> RunAsync(string script, string folder, string token)
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", [script, folder]) { Environment = { ["TOKEN"] = token }, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        await TestContext.Out.WriteLineAsync($"{await output}{await error}");
        return shell.ExitCode;
    }

    async Task<string> NameAsync(Release release, int rows, string token) =>
        (await JsonAsync($"/api/v1/releases/{release.Number}/files/manifest.json", token))["files"]!.AsArray()
            .Single(file => file!["entity"]?.ToString() == "entries" && file["rows"]!.GetValue<long>() == rows)!["name"]!.ToString();

    async Task<Release> MakeAsync(Grant grant, string? commons = null)
    {
        var number = await Get<Releases>().AddAsync(grant, new("all", ExportFormat.Csv, new(1970, 1, 1), Day) { Commons = commons, PerParticipant = true }, "Test", "All of it.", "Cite us.", default);
        await Warehouse.UntilAsync(async () => (await Get<Releases>().FindAsync(number, default))!.IsReady);
        return (await Get<Releases>().FindAsync(number, default))!;
    }

    async Task<HttpResponseMessage> SendAsync(string path, string token, HttpMethod? method = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", token) } };
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _http.SendAsync(request);
    }

    async Task<byte[]> BytesAsync(string path, string token)
    {
        using var answer = await SendAsync(path, token);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    async Task<string> TextAsync(string path, string token) => Encoding.UTF8.GetString(await BytesAsync(path, token));

    async Task<JsonNode> JsonAsync(string path, string token) => JsonNode.Parse(await BytesAsync(path, token))!;

    async Task<(Grant Grant, string Token)> TokenAsync(bool openAps, bool nsf)
    {
        var user = await Get<Users>().AddAdminAsync($"{Guid.NewGuid():n}@example.org", default);
        await Get<Grants>().AddAsync(user, openAps, nsf, default);
        var grant = (await Get<Grants>().CurrentAsync(user, default))!;
        return (grant, (await Get<AccessTokens>().AddAsync(grant, "test", Scopes.All, TimeSpan.FromDays(1), default))!);
    }
}
