using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Dapper;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>The portal's pages, served for real.</summary>
public sealed class PortalTests
{
    const string Password = "a long enough sentence";

    static readonly DateOnly Day = new(2026, 11, 20);
    Warehouse _warehouse = null!;
    WebApplication _app = null!;
    string _folder = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _warehouse = await Warehouse.CreateAsync();
        _folder = Directory.CreateTempSubdirectory("exports-").FullName;
        _app = await _warehouse.StartPortalAsync($"--Portal:ExportFolder={_folder}", "--Portal:Beat=00:00:01", "--Portal:WithdrawalBeat=00:00:01");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (_warehouse is not null)
            await _warehouse.DisposeAsync();
        if (_folder.Length > 0)
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task An_invited_administrator_chooses_a_password_and_downloads_a_file()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, Day, 288);
        using var person = await SignedInAsync();

        await person.SubmitAsync("Build the file", ("Entity", "entries"), ("Format", "csv"), ("From", "2026-11-20"), ("To", "2026-11-20"));
        var link = await ReadyLinkAsync(person);
        using var answer = await person.SendAsync(new(HttpMethod.Get, link));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Content.Headers.ContentDisposition?.FileName, Is.EqualTo("entries_2026-11-20_2026-11-20_csv.zip"));
        var whole = await answer.Content.ReadAsByteArrayAsync();
        using var rest = await person.SendAsync(new(HttpMethod.Get, link) { Headers = { Range = new RangeHeaderValue(100, null), IfRange = new(answer.Headers.ETag!) } });
        Assert.That(rest.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(await rest.Content.ReadAsByteArrayAsync(), Is.EqualTo(whole[100..]));
        Assert.That(await _warehouse.QueryAsync<string>("select string_agg(d.participant_id || ' ' || d.downloads, ',') from portal.delivery d where d.participant_id = @participant", new { participant }), Is.EqualTo($"{participant} 1"), "told to the participant; a further part is no further download");
        Assert.That(answer.Headers.GetValues("X-SHA256").Single(), Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(whole))));
    }

    [TestCase(0, true, false)]
    [TestCase(1, false, true)]
    [TestCase(2, true, true)]
    public async Task An_imported_researcher_gets_the_access_the_original_gave_but_once(int allowed, bool openAps, bool nsf)
    {
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        var user = await connection.ExecuteScalarAsync<long>("insert into portal.app_users (email, allowed_projects) values (@email, @allowed) returning id", new { email = $"{Guid.NewGuid():N}@example.org", allowed });

        await _warehouse.Grants.AddImportedAsync(user, default);
        var grant = await _warehouse.Grants.CurrentAsync(user, default);
        Assert.That((grant!.OpenAps, grant.Nsf), Is.EqualTo((openAps, nsf)));

        await connection.ExecuteAsync("update portal.access_grant set revoked_at = now() where user_id = @user", new { user });
        await _warehouse.Grants.AddImportedAsync(user, default);
        Assert.That(await _warehouse.Grants.CurrentAsync(user, default), Is.Null, "revoked stays revoked");
    }

    [Test]
    public async Task A_user_who_was_not_imported_gets_no_access_by_a_link()
    {
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        var user = await connection.ExecuteScalarAsync<long>("insert into portal.app_users (email) values ('nobody@example.org') returning id");

        await _warehouse.Grants.AddImportedAsync(user, default);

        Assert.That(await _warehouse.Grants.CurrentAsync(user, default), Is.Null);
    }

    [Test]
    public async Task A_finished_file_is_gone_when_somebody_in_it_withdraws_and_another_takes_its_place()
    {
        var participant = await _warehouse.ParticipantAsync("both");
        await _warehouse.EntriesAsync(participant, new(2025, 1, 1), 5);
        using var person = await SignedInAsync();
        await person.SubmitAsync("Build the file", ("Entity", "entries"), ("From", "2025-01-01"), ("To", "2025-01-01"));
        var link = await ReadyLinkAsync(person);

        await _warehouse.ConsentAsync(participant, "none");
        using (var atOnce = await person.SendAsync(new(HttpMethod.Get, link)))
            Assert.That(atOnce.StatusCode, Is.EqualTo(HttpStatusCode.Gone), "before any job has come by");
        var replacement = await ReadyLinkAsync(person, except: link);

        using var answer = await person.SendAsync(new(HttpMethod.Get, link));
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType!.MediaType), Is.EqualTo((HttpStatusCode.Gone, "application/problem+json")));
        Assert.That((problem["status"]!.GetValue<int>(), problem["because"]!.GetValue<string>(), problem["replacement"]!.GetValue<string>(), problem["replacement_state"]!.GetValue<string>()),
            Is.EqualTo((410, "withdrawn", replacement.OriginalString, "ready")));
        Assert.That(problem["detail"]!.GetValue<string>(), Does.Contain("delete every copy you have").And.Contain("A new file without them is ready."));

        using var browser = await person.SendAsync(new(HttpMethod.Get, link) { Headers = { Accept = { new("text/html") } } });
        var page = await browser.Content.ReadAsStringAsync();
        Assert.That((browser.StatusCode, browser.Content.Headers.ContentType!.MediaType), Is.EqualTo((HttpStatusCode.Gone, "text/html")));
        Assert.That(page, Does.Contain("This file was withdrawn").And.Contain($"href=\"{replacement}\"").And.Contain("Download the new file"));
        Assert.That(person.Text, Does.Contain("Withdrawn: somebody in it does not share any more"));
    }

    [Test]
    public async Task An_expired_file_says_so()
    {
        using var person = await SignedInAsync();
        await person.SubmitAsync("Build the file", ("Entity", "profile"));
        var link = await ReadyLinkAsync(person);
        await _warehouse.QueryAsync<int?>("update portal.export set state = 'expired' where export_id = @export", new { export = long.Parse(link.OriginalString.Split('/')[2]) });

        using var answer = await person.SendAsync(new(HttpMethod.Get, link));

        Assert.That(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["because"]!.GetValue<string>(), Is.EqualTo("expired"));
    }

    [Test]
    public async Task A_sample_and_an_estimate_are_shown_before_anything_is_built()
    {
        using var person = await SignedInAsync();

        await person.SubmitAsync("Show a sample and an estimate", ("Entity", "all"), ("Format", "parquet"), ("AllDays", "true"));

        Assert.That(person.Text, Does.Contain("About what you would get").And.Contain("Synthetic: made up, nobody's.").And.Contain("None yet."));
        Assert.That(person.Page.QuerySelectorAll("#samples table"), Has.Length.EqualTo(10));
        foreach (var format in new[] { "csv", "json", "parquet", "ndjson", "raw_csv" })
        {
            using var sample = await person.SendAsync(new(HttpMethod.Get, new Uri($"/exports/sample/all/device_status?format={format}", UriKind.Relative)));
            Assert.That((sample.StatusCode, sample.Content.Headers.ContentDisposition?.FileName), Is.EqualTo((HttpStatusCode.OK, $"SYNTHETIC_device_status{(format == "raw_csv" ? "_raw.csv" : $".{format}")}")));
            Assert.That(await sample.Content.ReadAsStringAsync(), format == "parquet" ? Does.StartWith("PAR1") : Does.Contain("SYNTHETIC"));
        }
        using var none = await person.SendAsync(new(HttpMethod.Get, new Uri("/exports/sample/all/..%2f..%2fetc?format=csv", UriKind.Relative)));
        Assert.That(none.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("curl -fsS -b \"$COOKIE\" -C - -o file \"$LINK\"")]
    [TestCase("wget -q -c --header \"Cookie: $COOKIE\" -O file \"$LINK\"")]
    public async Task A_download_that_was_cut_is_gone_on_with(string command)
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), new(2024, 1, 1), 20_000);
        using var person = await SignedInAsync();
        await person.SubmitAsync("Build the file", ("Entity", "entries"), ("From", "2024-01-01"), ("To", "2024-12-31"));
        var zip = await ReadyLinkAsync(person);
        var single = new Uri(person.Page.QuerySelector("ul.files a")!.GetAttribute("href")!, UriKind.Relative);
        foreach (var link in new[] { zip, single })
        {
            using var answer = await person.SendAsync(new(HttpMethod.Get, link));
            var whole = await answer.Content.ReadAsByteArrayAsync();
            var folder = Directory.CreateTempSubdirectory("download-").FullName;
            await File.WriteAllBytesAsync(Path.Combine(folder, "file"), whole[..(whole.Length / 3)]);
            var start = new System.Diagnostics.ProcessStartInfo("bash", ["-c", command])
            {
                WorkingDirectory = folder,
                Environment = { ["LINK"] = new Uri(new Uri(_app.Urls.Single()), link).AbsoluteUri, ["COOKIE"] = person.Cookies.GetCookieHeader(new Uri(_app.Urls.Single())) },
            };
            using var process = System.Diagnostics.Process.Start(start)!;
            await process.WaitForExitAsync();

            var file = await File.ReadAllBytesAsync(Path.Combine(folder, "file"));
            Directory.Delete(folder, recursive: true);
            Assert.That((process.ExitCode, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file))), Is.EqualTo((0, answer.Headers.GetValues("X-SHA256").Single())));
            using var head = await person.SendAsync(new(HttpMethod.Head, link));
            Assert.That((head.StatusCode, head.Content.Headers.ContentLength), Is.EqualTo((HttpStatusCode.OK, (long)whole.Length)));
            using var changed = await person.SendAsync(new(HttpMethod.Get, link) { Headers = { Range = new(100, null), IfRange = new(new EntityTagHeaderValue("\"another\"")) } });
            Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK), "of another file the whole");
        }
    }

    [Test]
    public async Task An_open_page_is_told_how_far_an_export_is()
    {
        await _warehouse.EntriesAsync(await _warehouse.ParticipantAsync("both"), new(2023, 1, 1), 10);
        using var person = await SignedInAsync();
        await person.SubmitAsync("Build the file", ("Entity", "entries"), ("From", "2023-01-01"), ("To", "2023-01-01"));

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var export = person.Page.QuerySelector("tr[data-export]")!.GetAttribute("data-export");
        using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri($"/exports/events?open={export}", UriKind.Relative)), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(patience.Token));
        var told = new List<JsonNode>();
        while (told.Count == 0 || told[^1]["isOpen"]!.GetValue<bool>())
            if (await lines.ReadLineAsync(patience.Token) is { } line && line.StartsWith("data: ", StringComparison.Ordinal))
                told.Add(JsonNode.Parse(line["data: ".Length..])!);

        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/event-stream"));
        Assert.That((told[^1]["state"]!.GetValue<string>(), told[^1]["rows"]!.GetValue<string>()), Is.EqualTo(("ready", "10")));
    }

    [Test]
    public async Task An_export_is_cancelled_and_built_after_all_by_its_owner_alone()
    {
        using var person = await SignedInAsync();
        using var other = await SignedInAsync();
        await person.SubmitAsync("Build the file", ("Entity", "profile"));
        await ReadyLinkAsync(person);
        var export = await _warehouse.QueryAsync<long>("update portal.export set state = 'failed', problem = 'x' where export_id = (select max(export_id) from portal.export) returning export_id");
        await person.OpenAsync("/exports");
        other.Page.Forms.Single(form => form.Id == "choose").SetAttribute("action", $"/exports?id={export}&handler=Retry");
        await other.SubmitAsync("Build the file");
        Assert.That(await _warehouse.QueryAsync<string>("select state from portal.export where export_id = @export", new { export }), Is.EqualTo("failed"));

        await person.SubmitAsync("Try again");
        await ReadyLinkAsync(person);
    }

    [TestCase("Commons", "both")]
    [TestCase("MinDays", "-1")]
    [TestCase("MinDays", "many")]
    [TestCase("Columns", "entries.id")]
    [TestCase("Format", "../../etc/passwd")]
    public async Task A_wrong_choice_is_answered_and_nothing_is_built(string field, string value)
    {
        using var person = await SignedInAsync();
        foreach (var option in person.Page.QuerySelectorAll($"#choose [name={field}] option, #choose input[name={field}]"))
            option.SetAttribute("value", value);
        if (field == "Columns")
            person.Page.QuerySelector("#choose input[name=Columns]")!.SetAttribute("checked", "");

        await person.SubmitAsync("Build the file", ("Entity", "entries"));

        Assert.That(person.Page.QuerySelector($"#{field.ToLowerInvariant()}-error")?.TextContent, Is.Not.Empty);
        Assert.That(person.Text, Does.Contain("None yet."));
    }

    [Test]
    public async Task Somebody_elses_file_is_not_found()
    {
        using var owner = await SignedInAsync();
        await owner.SubmitAsync("Build the file", ("Entity", "profile"));
        var link = await ReadyLinkAsync(owner);
        using var other = await SignedInAsync();

        using var answer = await other.SendAsync(new(HttpMethod.Get, link));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("From", "soon", "soon")]
    [TestCase("From", "2026-02-30", "2026-02-30")]
    [TestCase("From", "", "Please give the first day.")]
    [TestCase("To", "", "Please give the last day.")]
    [TestCase("To", "1999-01-01", "The last day is before the first.")]
    public async Task A_wrong_date_is_answered_next_to_its_field(string field, string value, string message)
    {
        using var person = await SignedInAsync();

        await person.SubmitAsync("Build the file", (field, value));

        Assert.That(person.Page.QuerySelector($"#{field.ToLowerInvariant()}-error")?.TextContent, Does.Contain(message));
        Assert.That(person.Text, Does.Contain("None yet."));
    }

    [Test]
    public async Task An_entity_that_does_not_exist_is_answered_next_to_its_field()
    {
        using var person = await SignedInAsync();
        person.Page.QuerySelector("#Entity option")!.SetAttribute("value", "openaps.entries; drop table x");

        await person.SubmitAsync("Build the file", ("Entity", "openaps.entries; drop table x"));

        Assert.That(person.Page.QuerySelector("#entity-error")?.TextContent, Is.EqualTo("There is no such data."));
    }

    [Test]
    public async Task An_invitation_works_once()
    {
        var link = await InviteAsync($"{Guid.NewGuid():N}@example.org");
        using var first = Visitor();
        await first.OpenAsync(link);
        await first.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));

        using var second = Visitor();
        await second.OpenAsync(link);

        Assert.That(second.Text, Does.Contain("This link does not work any more"));
    }

    [TestCase("short", "short", "at least 12 characters")]
    [TestCase(Password, "another sentence", "not the same")]
    public async Task A_password_that_will_not_do_is_answered_and_the_link_still_works(string password, string repeated, string message)
    {
        var link = await InviteAsync($"{Guid.NewGuid():N}@example.org");
        using var person = Visitor();
        await person.OpenAsync(link);
        await person.SubmitAsync("Save and sign in", ("Password", password), ("Repeated", repeated));
        Assert.That(person.Text, Does.Contain(message));

        await person.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));

        Assert.That(person.Text, Does.Contain("Download data"));
    }

    [Test]
    public async Task Known_and_unknown_people_get_the_same_answer_and_a_lock_after_five_tries_D20()
    {
        var email = $"{Guid.NewGuid():N}@example.org";
        using (var person = Visitor())
        {
            await person.OpenAsync(await InviteAsync(email));
            await person.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        }
        var unknown = await TryAsync("nobody@example.org", "wrong wrong wrong");
        var wrong = await TryAsync(email, "wrong wrong wrong");
        Assert.That(wrong, Is.EqualTo(unknown).And.Contains("do not fit"));

        Assert.That(await TryAsync(email.ToUpperInvariant(), Password), Does.Contain("Your files"));
        for (var i = 0; i < 5; i++)
            await TryAsync(email, "wrong wrong wrong");
        Assert.That(await TryAsync(email, Password), Is.EqualTo(unknown));
    }

    [Test]
    public async Task A_deactivated_users_session_ends_at_once()
    {
        using var person = await SignedInAsync();
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync("update portal.app_users set deactivated = true where id = (select max(id) from portal.app_users)");

        await person.OpenAsync("/exports");

        Assert.That(person.Page.Title, Does.StartWith("Sign in"));
    }

    [Test]
    public async Task A_form_without_its_antiforgery_token_is_refused()
    {
        using var person = await SignedInAsync();

        using var answer = await person.SendAsync(new(HttpMethod.Post, new Uri("/exports", UriKind.Relative)) { Content = new FormUrlEncodedContent([new("Entity", "all")]) });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Pages_load_nothing_from_elsewhere_and_may_not_be_framed()
    {
        using var person = Visitor();
        await person.OpenAsync("/sign-in");

        var policy = person.Response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.That(policy, Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'"));
        foreach (var link in person.Page.QuerySelectorAll("link[href]"))
        {
            using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri(link.GetAttribute("href")!, UriKind.Relative)));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), link.GetAttribute("href"));
        }
    }

    [Test]
    public async Task Health_answers_without_signing_in()
    {
        using var person = Visitor();
        foreach (var path in new[] { "/health/live", "/health/ready" })
        {
            using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        }
    }

    WebSession Visitor() => new(new Uri(_app.Urls.Single()));

    async Task<string> InviteAsync(string email)
    {
        var user = await _app.Services.GetRequiredService<Users>().AddAdminAsync(email, default);
        await _warehouse.Grants.AddAsync(user, openAps: true, nsf: true, default);
        return (await _app.Services.GetRequiredService<Invitations>().MakeAsync(user, default)).PathAndQuery;
    }

    async Task<WebSession> SignedInAsync()
    {
        var person = Visitor();
        await person.OpenAsync(await InviteAsync($"{Guid.NewGuid():N}@example.org"));
        await person.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        return person;
    }

    async Task<string> TryAsync(string email, string password)
    {
        using var person = Visitor();
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Sign in", ("Email", email), ("Password", password));
        return person.Text;
    }

    static async Task<Uri> ReadyLinkAsync(WebSession person, Uri? except = null)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            await person.OpenAsync("/exports");
            if (person.Page.QuerySelectorAll("a[download]").Select(link => link.GetAttribute("href")).FirstOrDefault(link => link != except?.OriginalString) is { } href)
                return new(href, UriKind.Relative);
            await Task.Delay(100);
        }
        throw new TimeoutException($"The export was not built: {person.Text}");
    }
}
