using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;

namespace DataManagementApp.Tests;

/// <summary>Who gets a finished export, what is written down of it, and how whoever holds a copy hears of a withdrawal.</summary>
public sealed class DownloadTests : PortalFixture
{
    static readonly DateOnly Day = new(2026, 11, 20);

    protected override IEnumerable<string> Settings => ["--Portal:Beat=00:00:01", "--Portal:WithdrawalBeat=00:00:01", "--Portal:MostOpenExports=3"];

    [Test]
    public async Task A_token_opens_nothing_of_another_study_of_its_owner()
    {
        await ParticipantAsync("both", Day, 20);
        var (first, token) = await TokenAsync(openAps: true, nsf: true);
        var (_, others) = await TokenAsync(openAps: true, nsf: true, first.UserId);
        var export = await ReadyAsync(token);
        var id = export["id"]!.ToString();

        foreach (var (method, path) in new[]
                 {
                     ("GET", $"/api/v1/exports/{id}"), ("DELETE", $"/api/v1/exports/{id}"), ("GET", $"/api/v1/exports/{id}/download"), ("HEAD", $"/api/v1/exports/{id}/download"),
                     ("GET", $"/api/v1/exports/{id}/download.sh"), ("GET", $"/api/v1/exports/{id}/files/1"), ("HEAD", $"/api/v1/exports/{id}/files/1"),
                 })
        {
            using var answer = await SendAsync(path, others, new(method));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), $"{method} {path}");
        }
        Assert.That((await JsonAsync("/api/v1/exports", others)).AsArray(), Is.Empty);
        Assert.That((await JsonAsync("/api/v1/exports", token)).AsArray(), Has.Count.EqualTo(1));
        await BytesAsync($"/api/v1/exports/{id}/download", token);
    }

    [Test]
    public async Task Exports_of_a_study_are_listed_however_many_another_has()
    {
        var (first, token) = await TokenAsync(openAps: true, nsf: true);
        var (second, others) = await TokenAsync(openAps: true, nsf: true, first.UserId);
        await OwnerAsync("""
            insert into portal.export (user_id, grant_id, entity, format, state) values (@UserId, @GrantId, 'all', 'csv', 'expired');
            insert into portal.export (user_id, grant_id, entity, format, state) select @UserId, @other, 'all', 'csv', 'expired' from generate_series(1, 60);
            """, new { first.UserId, first.GrantId, other = second.GrantId });

        Assert.That((await JsonAsync("/api/v1/exports", token)).AsArray(), Has.Count.EqualTo(1));
        Assert.That((await JsonAsync("/api/v1/exports", others)).AsArray(), Has.Count.EqualTo(50));
    }

    [TestCase("""{"entity":"entries","format":"csv","commons":"nsf"}""")]
    [TestCase("""{"entity":"entries","format":"csv","columns":[null,"x"]}""")]
    [TestCase("""{"entity":"entries","format":"csv","columns":[null]}""")]
    [TestCase("""{"entity":"entries; drop table portal.export","format":"csv"}""")]
    [TestCase("""{"entity":"entries","format":"csv","commons":"openaps' or '1'='1"}""")]
    [TestCase("""{"entity":"entries","format":"csv","from":"2026-11-20'; --","to":"2026-11-20"}""")]
    [TestCase("""{"entity":"entries","format":"csv","minDays":"1 or 1=1"}""")]
    [TestCase("""{"entity":"entries","format":"csv","columns":["entries.sgv\"; drop table portal.export; --"]}""")]
    public async Task What_a_study_may_not_ask_for_is_refused(string wish)
    {
        var (grant, token) = await TokenAsync(openAps: true, nsf: false);

        using var answer = await SendAsync("/api/v1/exports", token, HttpMethod.Post, wish);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.export where grant_id = @GrantId", grant), Is.Zero);
    }

    [TestCase("?from=2026-11-20%27;--")]
    [TestCase("?format=csv%27%20or%201=1")]
    [TestCase("?columns=%00")]
    public async Task A_sample_answers_no_statement_of_a_stranger(string query)
    {
        var (person, _, _) = await NewAsync("researcher", access: true);
        using (person)
        {
            using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri($"/exports/sample/entries/entries{query}", UriKind.Relative)));
            Assert.That((int)answer.StatusCode, Is.InRange(200, 499).And.Not.EqualTo(500));
        }
    }

    [Test]
    public async Task Every_download_is_written_down_and_only_what_goes_on_is_no_download_of_its_own()
    {
        await ParticipantAsync("both", Day, 400);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var export = await ReadyAsync(token);
        var path = export["download"]!.ToString();
        async Task<(int Downloads, string Last)> CountAsync() => (await QueryAsync<int>("select num_downloads from portal.app_users where id = @UserId", grant),
            await QueryAsync<string>("select detail from portal.audit where user_id = @UserId and action = 'download' order by audit_id desc limit 1", grant));
        var id = export["id"]!.ToString();

        var tag = (await SendAsync(path, token)).Headers.ETag!;
        Assert.That(await CountAsync(), Is.EqualTo((1, $"export {id}")));
        foreach (var (range, condition, isWhole) in new (string, RangeConditionHeaderValue?, bool)[]
                 {
                     ("bytes=0-", null, true), ("bytes=-100000000", null, true), ("nothing", null, true), ("bytes=10-20,30-40", null, true),
                     ("bytes=100-", null, false), ("bytes=100-", new(tag), false), ("bytes=100-", new(new EntityTagHeaderValue("\"another\"")), true),
                 })
        {
            var before = await CountAsync();
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", token), IfRange = condition } };
            request.Headers.TryAddWithoutValidation("Range", range);
            using var answer = await Http.SendAsync(request);
            Assert.That(await CountAsync(), Is.EqualTo((before.Downloads + (isWhole ? 1 : 0), $"export {id}{(isWhole ? "" : ", a further part")}")), range);
        }
    }

    [TestCase("wrong length")]
    [TestCase("gone")]
    public async Task A_file_that_is_lost_is_our_fault_and_nobody_withdrew_it(string how)
    {
        await ParticipantAsync("both", Day, 30);
        var (_, token) = await TokenAsync(openAps: true, nsf: true);
        var export = await ReadyAsync(token);
        var file = Directory.GetFiles(Path.Combine(Folder, $"export-{export["id"]}"), "1.*").Single();
        if (how == "gone")
            File.Delete(file);
        else
            await File.AppendAllTextAsync(file, "x");

        foreach (var path in new[] { export["download"]!.ToString(), $"/api/v1/exports/{export["id"]}/files/1" })
        {
            using var answer = await SendAsync(path, token);
            Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "application/problem+json")), path);
        }
        await BytesAsync($"/api/v1/exports/{export["id"]}/files/2", token);
    }

    [Test]
    public async Task A_narrower_renewal_closes_files_of_the_commons_that_was_dropped_and_they_are_built_without()
    {
        var only = await ParticipantAsync("nsf", Day, 7);
        await ParticipantAsync("both", Day, 11);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var export = await ReadyAsync(token, """{"entity":"entries","format":"csv","from":"2026-11-20","to":"2026-11-20"}""");
        await BytesAsync(export["download"]!.ToString(), token);

        await OwnerAsync("update portal.access_grant set nsf = false where grant_id = @GrantId", grant);
        using (var answer = await SendAsync(export["download"]!.ToString(), token))
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Gone), "before the job has come by");
        JsonNode? again = null;
        await Warehouse.UntilAsync(async () => (again = (await JsonAsync("/api/v1/exports", token)).AsArray()[0])!["state"]!.ToString() == "ready" && again["id"]!.ToString() != export["id"]!.ToString());

        Assert.That(await QueryAsync<int>("select count(*)::int from portal.export_participant where participant_id = @only and export_id = @id", new { only, id = again!["id"]!.GetValue<long>() }), Is.Zero);
        Assert.That(again["rows"]!.GetValue<long>(), Is.LessThan(export["rows"]!.GetValue<long>()));
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.mail where kind = 'withdrawal' and recipient = (select email from portal.app_users where id = @UserId)", grant), Is.EqualTo(1), "once, though they fetched it");
        using var gone = await SendAsync(export["download"]!.ToString(), token);
        Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.Gone));
    }

    [TestCase("an expired file", false)]
    [TestCase("records by the API", false)]
    [TestCase("an expired file", true)]
    public async Task Whoever_holds_copies_is_told_once_when_somebody_withdraws(string copies, bool deactivated)
    {
        var participant = await ParticipantAsync("both", Day, 9);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var (other, _) = await TokenAsync(openAps: true, nsf: true);
        using var codes = new ExportCodes(Service<Grants>().CodeKey(grant));
        if (copies == "records by the API")
            await BytesAsync($"/api/v1/participants/{codes.Participant(participant)}/entries", token);
        else
        {
            var export = await ReadyAsync(token);
            await BytesAsync(export["download"]!.ToString(), token);
            await OwnerAsync("update portal.export set state = 'expired' where export_id = @id", new { id = export["id"]!.GetValue<long>() });
        }
        if (deactivated)
            await OwnerAsync("update portal.app_users set deactivated = true where id = @UserId", grant);

        await WithdrawAsync(participant);

        Task<int> MailsAsync(Grant to) => QueryAsync<int>("select count(*)::int from portal.mail where kind = 'withdrawal' and recipient = (select email from portal.app_users where id = @UserId)", to);
        await Warehouse.UntilAsync(async () => await MailsAsync(grant) == 1);
        await Task.Delay(TimeSpan.FromSeconds(2.5)); // two more beats
        Assert.That((await MailsAsync(grant), await MailsAsync(other)), Is.EqualTo((1, 0)));
        if (!deactivated)
            using (var refused = await SendAsync($"/api/v1/participants/{codes.Participant(participant)}/entries", token))
                Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Records_that_cannot_be_written_down_are_not_given_out()
    {
        var participant = await ParticipantAsync("both", Day, 9);
        var (grant, _) = await TokenAsync(openAps: true, nsf: true);
        await WithdrawAsync(participant);

        Assert.That(() => Service<Deliveries>().NoteAsync(grant, new HashSet<long> { participant }, default), Throws.InstanceOf<ConsentChangedException>());
    }

    [Test]
    public async Task A_script_downloads_an_export_goes_on_where_it_was_cut_and_mends_what_is_damaged([Values] bool isZipped)
    {
        await ParticipantAsync("both", Day, 3000);
        var (_, token) = await TokenAsync(openAps: true, nsf: true);
        var export = await ReadyAsync(token);
        if (!isZipped)
            await OwnerAsync("update portal.export set sha256 = null, zipped = false where export_id = @id", new { id = export["id"]!.GetValue<long>() });
        var folder = Path.Combine(Folder, $"copy-{export["id"]}");
        var script = $"{folder}.sh";
        await File.WriteAllBytesAsync(script, await BytesAsync($"/api/v1/exports/{export["id"]}/download.sh", token));

        Assert.That(await RunAsync("sh", [script, folder], token), Is.Zero);
        var whole = Directory.GetFiles(folder).Where(file => !file.EndsWith(".export", StringComparison.Ordinal)).ToDictionary(file => file, File.ReadAllBytes);
        Assert.That(whole, Has.Count.EqualTo(isZipped ? 1 : 5));
        if (isZipped)
            Assert.That(Convert.ToHexStringLower(SHA256.HashData(whole.Values.Single())), Is.EqualTo(export["sha256"]!.ToString()));
        foreach (var (damage, file) in new[] { "cut", "other bytes", "not whole" }.Select(damage => (damage, whole.OrderByDescending(content => content.Value.Length).First())))
        {
            var bytes = file.Value;
            if (damage == "not whole")
                await File.WriteAllBytesAsync(file.Key, bytes[..^1]);
            else
            {
                File.Delete(file.Key);
                await File.WriteAllBytesAsync($"{file.Key}.part", damage == "cut" ? bytes[..(bytes.Length / 3)] : new byte[bytes.Length / 3]);
            }
            Assert.That(await RunAsync("sh", [script, folder], token), Is.Zero, damage);
            Assert.That(await File.ReadAllBytesAsync(file.Key), Is.EqualTo(bytes), damage);
        }
        File.Delete(whole.Keys.First());
        Assert.That(await RunAsync("sh", [script, folder], "oadc_wrong"), Is.Not.Zero);
    }

    [TestCase("wget", "-q -c --header {0} -O {1} {2}")]
    [TestCase("curl", "-fsS -C - -H {0} -o {1} {2}")]
    [TestCase("aria2c", "-q -c --header={0} -o {1} {2}")]
    public async Task A_program_goes_on_with_a_download_that_was_cut_by_its_token(string program, string arguments)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))))
            Assert.Ignore($"{program} is not installed.");
        await ParticipantAsync("both", Day, 3000);
        var (_, token) = await TokenAsync(openAps: true, nsf: true);
        var export = await ReadyAsync(token);
        var whole = await BytesAsync(export["download"]!.ToString(), token);
        var name = $"{program}-{export["id"]}.zip";
        await File.WriteAllBytesAsync(Path.Combine(Folder, name), whole[..(whole.Length / 3)]);

        Assert.That(await RunAsync(program, arguments.Split(' ').Select(argument => string.Format(System.Globalization.CultureInfo.InvariantCulture, argument, $"Authorization: Bearer {token}", name, new Uri(Url, export["download"]!.ToString()))), token), Is.Zero);

        Assert.That(await File.ReadAllBytesAsync(Path.Combine(Folder, name)), Is.EqualTo(whole));
    }

    [Test]
    public async Task A_finished_export_is_deleted_with_its_files()
    {
        await ParticipantAsync("both", Day, 9);
        var (grant, token) = await TokenAsync(openAps: true, nsf: true);
        var export = await ReadyAsync(token);
        var path = $"/api/v1/exports/{export["id"]}";

        using (var deleted = await SendAsync(path, token, HttpMethod.Delete))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That((await JsonAsync(path, token))["state"]!.ToString(), Is.EqualTo("expired"));
        using (var gone = await SendAsync(export["download"]!.ToString(), token))
            Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.Gone));
        using (var again = await SendAsync(path, token, HttpMethod.Delete))
            Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        await Warehouse.UntilAsync(() => Task.FromResult(!Directory.Exists(Path.Combine(Folder, $"export-{export["id"]}"))), "and leaves the disk");
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.audit where user_id = @UserId and action = 'export deleted'", grant), Is.EqualTo(1));
    }

    [Test]
    public async Task More_exports_than_may_be_open_are_refused_and_said()
    {
        var email = NewEmail();
        var user = await AddUserAsync(email, "researcher", access: true);
        var (_, token) = await TokenAsync(openAps: true, nsf: true, user);
        await OwnerAsync("""
            insert into portal.export (user_id, grant_id, entity, format, state, due_at) select @user, max(grant_id), 'all', 'csv', 'queued', 'infinity' from portal.access_grant, generate_series(1, 3) where user_id = @user group by generate_series
            """, new { user });

        using (var answer = await SendAsync("/api/v1/exports", token, HttpMethod.Post, """{"entity":"entries","format":"csv"}"""))
        {
            Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.TooManyRequests, "application/problem+json")));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("cancel one"));
        }
        using var person = await SignInAsync(email);
        await person.OpenAsync("/exports");
        await person.SubmitAsync("Build the file", ("Entity", "entries"));
        Assert.That(person.Text, Does.Contain("3 of your files wait or are being built"));
        await person.SubmitAsync("Cancel");
        await person.SubmitAsync("Build the file", ("Entity", "entries"));
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.export where user_id = @user", new { user }), Is.EqualTo(4));
    }

    [Test]
    public async Task A_page_is_told_of_an_export_that_ended_before_the_first_look()
    {
        await ParticipantAsync("both", Day, 9);
        var email = NewEmail();
        var user = await AddUserAsync(email, "researcher", access: true);
        var (_, token) = await TokenAsync(openAps: true, nsf: true, user);
        var export = await ReadyAsync(token);
        using var person = await SignInAsync(email);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri($"/exports/events?open={export["id"]}", UriKind.Relative)), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(patience.Token));
        string? line;
        do
            line = await lines.ReadLineAsync(patience.Token);
        while (line?.StartsWith("data: ", StringComparison.Ordinal) == false);

        var told = JsonNode.Parse(line!["data: ".Length..])!;
        Assert.That((told["id"]!.ToString(), told["isOpen"]!.GetValue<bool>()), Is.EqualTo((export["id"]!.ToString(), false)));
    }

    [Test]
    public async Task Only_administrators_are_offered_to_try_a_failed_release_again_and_what_they_type_is_text()
    {
        const string Hostile = "'); drop table portal.release; -- <script>alert(1)</script> ${{x}} %0d%0a";
        await ParticipantAsync("both", Day, 5);
        var (admin, _, _) = await NewAsync("administrator", access: true);
        var (researcher, _, _) = await NewAsync("researcher", access: true);
        using var first = admin;
        using var second = researcher;
        await admin.OpenAsync("/releases/new");
        await admin.SubmitAsync("Freeze it", ("Title", Hostile), ("Changes", Hostile), ("Citation", Hostile));
        var number = await QueryAsync<int>("select max(number) from portal.release");
        await Warehouse.UntilAsync(async () => (await Service<Releases>().FindAsync(number, default))!.IsReady);

        await researcher.OpenAsync($"/releases/{number}");
        Assert.That(researcher.Text, Does.Contain(Hostile));
        Assert.That(researcher.Page.QuerySelectorAll("main script"), Is.Empty);
        foreach (var name in new[] { "README.txt", "CITATION.txt", "CHANGES.txt", "manifest.json", "download.sh", "SHA256SUMS" })
        {
            using var text = await researcher.SendAsync(new(HttpMethod.Get, new Uri($"/releases/{number}/files/{name}", UriKind.Relative)));
            Assert.That((text.StatusCode, text.Content.Headers.ContentDisposition?.DispositionType), Is.EqualTo((HttpStatusCode.OK, "attachment")), name);
            if (name == "download.sh")
                Assert.That(await text.Content.ReadAsStringAsync(), Does.Not.Contain("drop table"), "nothing that was typed is run");
        }

        await OwnerAsync("""
            alter table portal.export disable trigger user;
            update portal.export set state = 'failed', problem = 'The disk was full.' where export_id = (select export_id from portal.release where number = @number);
            alter table portal.export enable trigger user;
            """, new { number });
        await researcher.OpenAsync("/releases");
        Assert.That(researcher.Text, Does.Not.Contain("Try again"));
        await admin.OpenAsync("/releases");
        await admin.SubmitAsync("Try again");
        Assert.That(admin.Text, Does.Contain($"Release {number} is being built again."));
        await Warehouse.UntilAsync(async () => (await Service<Releases>().FindAsync(number, default))!.IsReady);
    }

    /// <summary>Asks for an export and waits for it.</summary>
    async Task<JsonNode> ReadyAsync(string token, string wish = """{"entity":"entries","format":"csv"}""")
    {
        using var asked = await SendAsync("/api/v1/exports", token, HttpMethod.Post, wish);
        Assert.That(asked.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        JsonNode export = null!;
        await Warehouse.UntilAsync(async () => (export = await JsonAsync(asked.Headers.Location!.OriginalString, token))["state"]!.ToString() == "ready");
        return export;
    }

    async Task<int> RunAsync(string program, IEnumerable<string> arguments, string token)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments)
        { WorkingDirectory = Folder, Environment = { ["TOKEN"] = token }, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        await TestContext.Out.WriteLineAsync($"{await output}{await error}");
        return process.ExitCode;
    }
}
