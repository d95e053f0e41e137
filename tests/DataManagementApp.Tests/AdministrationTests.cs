using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using DataManagementApp.Api;
using DataManagementApp.Mails;
using DataManagementApp.Pages.Administration;
using Npgsql;
using ServiceDefaults;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>What administrators see and do, and who else may not.</summary>
public sealed class AdministrationTests : PortalFixture
{
    static readonly string[] ForAdministrators =
        ["/administration", "/administration/users", "/administration/users/1", "/administration/loading", "/administration/mails", "/administration/alerts", "/administration/services", "/administration/settings", "/administration/audit", "/copying"];
    static readonly string[] ForReviewers = ["/review", "/review/1"], ForUsers = ["/exports", "/metadata", "/studies", "/account", "/second-factor/set-up"],
        ForEverybody = ["/conditions", "/apply", "/code", "/confirm", "/application", "/forgot", "/sign-in", "/invitation", "/second-factor"];

    protected override IEnumerable<string> Settings => ["--Portal:Services:gone=http://127.0.0.1:9/", $"--Portal:Services:self={Url}", "--Smtp:Password="];

    [Test]
    public async Task Each_page_is_for_its_roles_only()
    {
        var (applicant, application) = await ConfirmedAsync(NewEmail());
        applicant.Dispose();
        using var nobody = Visitor();
        foreach (var path in ForAdministrators.Concat(ForReviewers).Concat(ForUsers))
            Assert.That(await WhereAsync(nobody, path), Is.EqualTo("/sign-in 200"), path);
        foreach (var role in new[] { "researcher", "reviewer", "administrator" })
        {
            var (person, _, id) = await NewAsync(role);
            using var _ = person;
            foreach (var path in ForAdministrators.Select(path => path.Replace("users/1", $"users/{id}", StringComparison.Ordinal)))
                Assert.That(await WhereAsync(person, path), Is.EqualTo(role == "administrator" ? $"{path} 200" : $"{path} 404"), $"{role} {path}");
            foreach (var path in ForReviewers.Select(path => path.Replace("/1", $"/{application}", StringComparison.Ordinal)))
                Assert.That(await WhereAsync(person, path), Is.EqualTo(role == "researcher" ? $"{path} 404" : $"{path} 200"), $"{role} {path}");
            foreach (var path in ForUsers)
                Assert.That(await WhereAsync(person, path), Is.EqualTo($"{path} 200"), $"{role} {path}");
            foreach (var path in ForEverybody)
                Assert.That(await WhereAsync(person, path), Does.EndWith(" 200"), $"{role} {path}");
        }
    }

    [Test]
    public async Task What_everybody_may_see_is_listed_here_and_everything_else_asks_who_it_is()
    {
        var endpoints = Service<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints.OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.StaticAssets.StaticAssetDescriptor>() is null).ToList();
        var open = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is not null)
            .Select(endpoint => $"/{endpoint.RoutePattern.RawText!.Trim('/')}").Distinct().Order(StringComparer.Ordinal);
        Assert.That(open, Is.EqualTo(ForEverybody.Concat(["/", "/Index", "/SignOut", "/api/postman.json", "/api/{documentName}/openapi.json", "/error", "/health/live", "/health/ready", "/second-factor/set-up"]).Order(StringComparer.Ordinal)));

        var unmarked = new Microsoft.AspNetCore.Http.DefaultHttpContext { RequestServices = Services };
        Microsoft.AspNetCore.Http.EndpointHttpContextExtensions.SetEndpoint(unmarked, endpoints[0]);
        var policy = await Service<Microsoft.AspNetCore.Authorization.IAuthorizationPolicyProvider>().GetFallbackPolicyAsync();
        var decision = await Service<Microsoft.AspNetCore.Authorization.IAuthorizationService>().AuthorizeAsync(new(), unmarked, policy!.Requirements);
        Assert.That(decision.Succeeded, Is.False, "a new page whose author forgot to say who may see it");

        using var nobody = Visitor();
        foreach (var endpoint in endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is null))
        {
            var path = System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, @"\{[^}]*\}", "1");
            var where = await WhereAsync(nobody, $"/{path.TrimStart('/')}");
            Assert.That(where, Is.EqualTo("/sign-in 200").Or.Match(" 40[145]$"), path);
        }
        Assert.That(await WhereAsync(nobody, "/no-such-page"), Is.EqualTo("/no-such-page 404"));
    }

    [TestCase("researcher")]
    [TestCase("reviewer")]
    public async Task Nobody_else_posts_to_administrators_pages(string role)
    {
        var (person, _, id) = await NewAsync(role);
        using var _ = person;
        await person.OpenAsync("/studies");
        var token = person.Page.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        foreach (var path in new[] { "/administration/users", $"/administration/users/{id}?handler=Role", $"/administration/users/{id}?handler=Reactivate", "/administration/loading", "/administration/mails", "/copying" }
            .Concat(role == "researcher" ? ["/review/1?handler=Approve", "/review/1?handler=Refuse", "/review/1"] : []))
        {
            using var answer = await person.SendAsync(new(HttpMethod.Post, new Uri(path, UriKind.Relative))
            {
                Content = new FormUrlEncodedContent([new("__RequestVerificationToken", token), new("role", "administrator"), new("participantId", "1"), new("mailId", "1"), new("Email", NewEmail()), new("Name", "x"), new("Role", "administrator")]),
            });
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
        Assert.That(await QueryAsync<bool>("select admin from portal.app_users where id = @id", new { id }), Is.False);
    }

    [Test]
    public async Task An_administrator_invites_by_mail_with_role_and_access()
    {
        var (person, _, _) = await NewAsync("administrator");
        using var _ = person;
        var email = NewEmail();
        await person.OpenAsync("/administration/users");
        await person.SubmitAsync("Send the invitation", ("Email", email), ("Name", "Grace"), ("Role", "reviewer"), ("OpenAps", "true"), ("Months", "6"));
        Assert.That(person.Page.QuerySelector("#study-error")!.TextContent, Does.Contain("what the access is for"));
        await person.SubmitAsync("Send the invitation", ("Study", "A study"));
        Assert.That(person.Text, Does.Contain("The invitation is on its way").And.Contain("no password yet").And.Contain("A study").And.Contain("OpenAPS"));

        var mail = await Mail.WaitAsync(email, "You are invited");
        Assert.That(mail.Text, Does.Contain("invites you as reviewer, with access to data"));
        using var guest = Visitor();
        await guest.OpenAsync("/code");
        await guest.SubmitAsync("Go on", ("Email", email), ("Code", mail.Code!));
        await guest.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        Assert.That(guest.Page.QuerySelector("nav")!.TextContent, Does.Contain("Applications").And.Not.Contain("Administration"));

        await person.OpenAsync("/administration/users");
        await person.SubmitAsync("Send the invitation", ("Email", email), ("Name", "Grace"), ("Role", "administrator"));
        Assert.That(person.Page.QuerySelector("#email-error")!.TextContent, Does.Contain("active account"));
    }

    [Test]
    public async Task Deactivation_ends_sessions_and_access_at_once_and_the_way_back_is_a_new_application()
    {
        var (admin, _, _) = await NewAsync("administrator");
        var (person, email, id) = await NewAsync("reviewer", access: true);
        using var a = admin;
        using var p = person;
        await admin.OpenAsync($"/administration/users/{id}?confirm=deactivate");
        await admin.SubmitAsync("Yes, deactivate");
        Assert.That(admin.Text, Does.Contain("deactivated on"));

        await person.OpenAsync("/exports");
        Assert.That(person.Page.Title, Does.StartWith("Sign in"));
        Assert.That(await Service<Grants>().CurrentAsync(id, default), Is.Null);
        using (var again = await SignInAsync(email))
            Assert.That(again.Page.Title, Does.StartWith("Sign in"));

        var (applicant, application) = await ConfirmedAsync(email);
        applicant.Dispose();
        await admin.OpenAsync($"/review/{application}");
        await admin.SubmitAsync("Approve");
        var mail = await Mail.WaitAsync(email, "You have access to the data");
        using var back = Visitor();
        await back.OpenAsync(mail.Links[0].PathAndQuery);
        await back.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        Assert.That(back.Page.Title, Does.StartWith("Download data"));
        Assert.That(back.Page.QuerySelector("nav")!.TextContent, Does.Not.Contain("Applications"), "the role is not given back with it");
    }

    [Test]
    public async Task An_administrator_changes_roles_revokes_access_and_lets_somebody_in_again_but_not_themselves()
    {
        var (admin, _, adminId) = await NewAsync("administrator");
        var (person, email, id) = await NewAsync("researcher", access: true);
        using var a = admin;
        using var p = person;
        await admin.OpenAsync($"/administration/users/{id}");
        await admin.SubmitAsync("Change the role", ("Role", "reviewer"));
        await person.OpenAsync("/review");
        Assert.That(person.Response.StatusCode, Is.EqualTo(HttpStatusCode.OK), "with the next request");
        var grant = (await Service<Grants>().CurrentAsync(id, default))!;
        await admin.OpenAsync(admin.Page.QuerySelectorAll("a").Single(link => link.TextContent == "Revoke").GetAttribute("href")!);
        Assert.That(admin.Text, Does.Contain("It ends at once"));
        Assert.That(await Service<Grants>().CurrentAsync(id, default), Is.Not.Null, "not before it is confirmed");
        await admin.SubmitAsync("Yes, revoke");
        Assert.That(await Service<Grants>().CurrentAsync(id, default), Is.Null);
        await admin.SubmitAsync("Restore");
        Assert.That((await Service<Grants>().CurrentAsync(id, default))!.GrantId, Is.EqualTo(grant.GrantId));
        await admin.OpenAsync(admin.Page.QuerySelectorAll("a").Single(link => link.TextContent == "Deactivate").GetAttribute("href")!);
        Assert.That(await QueryAsync<bool>("select deactivated from portal.app_users where id = @id", new { id }), Is.False, "not before it is confirmed");
        await admin.SubmitAsync("Yes, deactivate");
        await admin.SubmitAsync("Reactivate");
        Assert.That((await Service<Grants>().CurrentAsync(id, default))!.GrantId, Is.EqualTo(grant.GrantId), "what the deactivation took");
        using (var again = await SignInAsync(email))
            Assert.That(again.Page.Title, Does.StartWith("Download data"));

        await admin.OpenAsync($"/administration/users/{adminId}");
        Assert.That(admin.Text, Does.Contain("This is you").And.Not.Contain("Deactivate"));
        Assert.That(await QueryAsync<string>("select string_agg(action, ',' order by audit_id) from portal.audit where user_id = @adminId and action <> 'password chosen'", new { adminId }),
            Is.EqualTo("sign-in,role changed,access revoked,access restored,user deactivated,user reactivated"));
    }

    [Test]
    public async Task Nobody_changes_their_own_access_and_what_had_ended_before_a_deactivation_is_not_given_with_the_account()
    {
        var (admin, _, adminId) = await NewAsync("administrator", access: true);
        var (person, _, id) = await NewAsync("researcher", access: true);
        using var a = admin;
        using var p = person;
        var (own, first) = ((await Service<Grants>().CurrentAsync(adminId, default))!.GrantId, (await Service<Grants>().CurrentAsync(id, default))!.GrantId);
        await admin.OpenAsync($"/administration/users/{adminId}?confirm=revoke&grantId={own}");
        Assert.That(admin.Text, Does.Not.Contain("It ends at once"));
        Assert.That(await PostAsync($"/administration/users/{adminId}?handler=Revoke", ("grantId", $"{own}")), Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await Service<Grants>().CurrentAsync(adminId, default), Is.Not.Null);

        Assert.That(await Service<Studies>().RevokeAsync(first, id, adminId, default), Is.True);
        await Service<Grants>().AddAsync(id, openAps: true, nsf: false, default);
        var second = (await Service<Grants>().CurrentAsync(id, default))!;
        await Service<AccessTokens>().AddAsync(second, "laptop", [Scopes.Read], TimeSpan.FromDays(1), default);
        await admin.OpenAsync($"/administration/users/{id}?confirm=deactivate");
        await admin.SubmitAsync("Yes, deactivate");
        Assert.That(await Service<Studies>().RestoreAsync(second.GrantId, id, adminId, default), Is.False, "not while the account is deactivated");
        Assert.That(admin.Page.QuerySelectorAll("input[name=grant]").Select(box => box.GetAttribute("value")), Is.EqualTo(new[] { $"{second.GrantId}" }));
        Assert.That(await PostAsync($"/administration/users/{id}?handler=Reactivate", ("grant", $"{first}"), ("grant", $"{own}")), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await Service<Grants>().CurrentAsync(id, default), Is.Null, "neither what was revoked before nor somebody else's");
        Assert.That(await Service<Studies>().RestoreAsync(second.GrantId, id, adminId, default), Is.True);
        Assert.That(await QueryAsync<long>("select count(*) from portal.access_token where user_id = @id and revoked_at is null", new { id }), Is.Zero, "tokens do not come back");

        async Task<HttpStatusCode> PostAsync(string path, params (string, string)[] fields)
        {
            var token = admin.Page.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
            using var answer = await admin.SendAsync(new(HttpMethod.Post, new Uri(path, UriKind.Relative))
            {
                Content = new FormUrlEncodedContent([new("__RequestVerificationToken", token), .. fields.Select(field => KeyValuePair.Create(field.Item1, field.Item2))]),
            });
            return answer.StatusCode;
        }
    }

    [Test]
    public async Task Inviting_an_administrator_again_ends_sessions_and_gives_no_old_password_back()
    {
        var (person, email, id) = await NewAsync("researcher");
        using var _ = person;
        await Service<Users>().AddAdminAsync(email, default);
        await person.OpenAsync("/exports");
        Assert.That(person.Page.Title, Does.StartWith("Sign in"), "another stamp");
        Assert.That(await QueryAsync<bool>("select hashed_pw is not null from portal.app_users where id = @id", new { id }), Is.True);

        await OwnerAsync("update portal.app_users set deactivated = true where id = @id", new { id });
        await Service<Users>().AddAdminAsync(email, default);

        Assert.That(await QueryAsync<bool>("select hashed_pw is null and not deactivated and admin from portal.app_users where id = @id", new { id }), Is.True);
        foreach (var address in new[] { "nobody", "a@b\nBcc: c@d.example", "\"a b\"@example.org" })
            Assert.That(await Commands.RunAsync(["invite-admin", address]), Is.Not.Zero, address);
    }

    [Test]
    public async Task Users_are_listed_with_what_they_did()
    {
        var (admin, _, _) = await NewAsync("administrator");
        var (person, email, id) = await NewAsync("researcher", access: true);
        using var a = admin;
        person.Dispose();
        await Service<Users>().NoteDownloadAsync(id, 5 * 1048576 / 2, default);

        await admin.OpenAsync($"/administration/users?q={email[..20].ToUpperInvariant()}");

        Assert.That(OneLine(admin.Page.QuerySelector("tbody tr")!.TextContent), Is.EqualTo($"{email} Somebody researcher a moment ago 1 1 2.5 1"));
    }

    [Test]
    public async Task The_audit_log_is_filtered_and_paged_and_cannot_be_changed()
    {
        var (admin, email, id) = await NewAsync("administrator");
        using var _ = admin;
        for (var i = 0; i < 60; i++)
            await Service<Audit>().NoteAsync(id, "something rare", $"number {i}", default);

        await admin.OpenAsync($"/administration/audit?what=something+rare&who={email[..20]}");
        Assert.That(admin.Page.QuerySelectorAll("tbody tr"), Has.Length.EqualTo(50));
        Assert.That(admin.Text, Does.Contain("number 59").And.Not.Contain("number 9 "));
        await admin.OpenAsync(admin.Page.QuerySelector("a[rel=next]")!.GetAttribute("href")!);
        Assert.That(admin.Page.QuerySelectorAll("tbody tr"), Has.Length.EqualTo(10));
        await admin.OpenAsync("/administration/audit?what=something+rare&until=2020-01-01");
        Assert.That(admin.Text, Does.Contain("Nothing like that happened"));

        await using var connection = await Service<NpgsqlDataSource>().OpenConnectionAsync();
        foreach (var sql in new[] { "update portal.audit set detail = ''", "delete from portal.audit", "truncate portal.audit" })
            Assert.That(() => connection.Execute(sql), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"), sql);
    }

    [Test]
    public async Task Loading_is_shown_by_outcome_and_tried_again_by_number()
    {
        await OwnerAsync("""
            insert into openaps.load_state (participant_id, outcome, due_at, failed_since) values (71, 'FileDamaged', now() + interval '5 hours', now() - interval '3 days'), (72, 'Loaded', now() + interval '1 hour', null);
            insert into openaps.load_run (participant_id, outcome, started_at, files, lines_read, rows_loaded, rows_unchanged, rows_quarantined) values (72, 'Loaded', now() - interval '5 seconds', 3, 4000, 1200, 2790, 10);
            insert into ingest.participant (participant_id, outcome, due_at, failed_since, failures) values (71, 'site refused', now() + interval '9 years', now() - interval '3 days', 2) on conflict do nothing;
            """);
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;
        await admin.OpenAsync("/administration/loading");
        Assert.That(admin.Text, Does.Contain("a file is damaged").And.Contain("71").And.Contain("Failing1"));
        Assert.That(OneLine(admin.Page.QuerySelector("#runs tbody tr")!.TextContent), Is.EqualTo("72 a moment ago loaded 5 s 3 4,000 1,200 2,790 10 in about 60 minutes Load again"));
        await admin.SubmitAsync("Load again");
        Assert.That(admin.Text, Does.Contain("Participant 72 is loaded with the next beat."));
        await admin.SubmitAsync("Load now");
        Assert.That(admin.Text, Does.Contain("Participant 71 is loaded with the next beat."));
        Assert.That(await QueryAsync<bool>("select due_at <= now() from openaps.load_state where participant_id = 71"), Is.True);

        await admin.OpenAsync("/copying");
        await admin.SubmitAsync("Copy now");
        Assert.That(await QueryAsync<bool>("select due_at <= now() from ingest.participant where participant_id = 71"), Is.True);
        Assert.That(await Service<Retries>().LoadAsync(12345, 1, default), Is.False);
        await using var connection = await Service<NpgsqlDataSource>().OpenConnectionAsync();
        Assert.That(() => connection.Execute("update ingest.participant set due_at = now()"), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"), "nothing but this one right");
        Assert.That(() => connection.Query("select * from openaps.load_state"), Throws.TypeOf<PostgresException>());
        Assert.That(LoadingModel.Outcomes.Keys, Is.SupersetOf(await LoadOutcomesAsync()));
    }

    [Test]
    public async Task Services_say_whether_they_are_ready()
    {
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;

        await admin.OpenAsync("/administration/services");

        Assert.That(admin.Page.QuerySelectorAll("table:not(#instances) tbody tr").Select(row => string.Join(' ', row.Children.Take(2).Select(cell => OneLine(cell.TextContent)))), Is.EqualTo(new[]
            { "data-management-app ready: you see this page", "gone does not answer", "self ready" }));
    }

    [Test]
    public async Task Of_what_is_not_set_up_no_part_is_shown() =>
        Assert.That(JsonNode.Parse(await Http.GetStringAsync("/health/ready"))!.AsObject().Select(part => part.Key), Is.EquivalentTo(new[] { "database", "deployment key", "disk" }), "no dashboards without Metabase");

    [Test]
    public async Task What_runs_of_each_service_is_shown_with_its_build_and_last_beat()
    {
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;
        await OwnerAsync("insert into public.service_instance (service, instance, version, started_at, beat_at) values ('open-humans-etl', 'killed/1', 'b1', now() - interval '3 days', now() - interval '2 hours')");

        await admin.OpenAsync("/administration/services");

        var shown = admin.Page.QuerySelectorAll("#instances tbody tr").Select(row => row.Children.Select(cell => OneLine(cell.TextContent)).ToArray()).ToDictionary(row => row[0], row => row[1..]);
        Assert.That(shown.Keys, Is.EqualTo(new[] { "data-management-app", "open-humans-etl", "self" }), "that which is gone has none");
        Assert.That(shown["open-humans-etl"], Is.EqualTo(new[] { "killed/1", "b1", "3 days ago", "silent: 2 hours ago" }));
        Assert.That(shown["data-management-app"], Is.EqualTo(new[] { Instance.Name, Instance.Version, shown["data-management-app"][2], shown["data-management-app"][3] }).And.Some.Matches("^[0-9]+ s ago$"));
        Assert.That(shown["self"][..2], Is.EqualTo(new[] { Instance.Name, Instance.Version }), "asked by HTTP, as one without a database is");
    }

    [Test]
    public async Task What_is_not_well_with_a_service_stands_beside_it()
    {
        await using var stub = await HealthStub.StartAsync("""{"database":{"status":"Healthy"},"clock":{"status":"Degraded","cause":"this machine's clock is 45 s behind; set it by NTP (timedatectl)"}}""");
        using var http = new HttpClient();
        var health = new ServicesHealth(http, Service<PortalOptions>() with { Services = new Dictionary<string, Uri> { ["etl"] = stub.Url } });

        var said = (await health.AskAsync(default)).Single();

        Assert.That((said.IsReady, said.Text, said.Parts.Single().Key, said.Parts.Single().Value.Cause), Is.EqualTo((true, "ready, but not all is well", "clock", "this machine's clock is 45 s behind; set it by NTP (timedatectl)")));
    }

    [Test]
    public async Task Settings_are_shown_as_they_run_and_secrets_only_whether_they_are_set()
    {
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;

        await admin.OpenAsync("/administration/settings");

        var shown = admin.Page.QuerySelectorAll("tbody tr").ToDictionary(row => OneLine(row.Children[0].TextContent), row => OneLine(row.Children[1].TextContent));
        Assert.That((shown["Portal__KeepExports"], shown["Secrets__Key"], shown["Postgres__Connection"], shown["Smtp__Password"]),
            Is.EqualTo(("7.00:00:00", "set, not shown (secret)", "set, not shown (secret)", "not set (secret)")));
        Assert.That((shown["Metabase__SiteUrl"], shown["Metabase__EmbeddingSecretKey"]), Is.EqualTo(("not set", "not set (secret)")));
        Assert.That(admin.Page.Body!.TextContent, Does.Not.Contain(Warehouse.SecretKey).And.Not.Contain("Password="));

        var example = await File.ReadAllLinesAsync(Repository.PathOf(".env.example"));
        foreach (var name in shown.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)))
            if (Array.FindIndex(example, line => line.TrimStart('#').StartsWith($"{name}=", StringComparison.Ordinal) || line.TrimStart('#').StartsWith($"{name}__", StringComparison.Ordinal)) is >= 0 and var at)
                Assert.That(shown[name].EndsWith("(secret)", StringComparison.Ordinal), Is.EqualTo(example[..at].Reverse().TakeWhile(line => line.StartsWith("# ", StringComparison.Ordinal) || line.StartsWith('#') && line.Contains('=')).FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?.Contains("SECRET", StringComparison.Ordinal) ?? false), name);
            else
                Assert.Fail($"{name} is not in .env.example");
    }

    [TestCase("/administration/users?q=%00%27%3B--&from=-5")]
    [TestCase("/administration/users?q=<script>&from=99999999999999")]
    [TestCase("/administration/audit?what=%00'&who=%25%00_&since=x&until=2026-13-01&from=2147483647")]
    [TestCase("/administration/mails?state=%00'or+1=1&from=-1")]
    [TestCase("/review?from=-9")]
    [TestCase("/copying?outcome=%00'")]
    [TestCase("/application?token=1.2.3&id=%00")]
    [TestCase("/application?token=%00.%00")]
    [TestCase("/confirm?token=%00'")]
    [TestCase("/invitation?token=%00'")]
    [TestCase("/apply?accepted=%00&renew=x")]
    [TestCase("/administration/users/1?confirm=revoke&grantId=x")]
    [TestCase("/administration/users/1?confirm=%00&grantId=99999999999999999999")]
    [TestCase("/code?sent=<script>")]
    public async Task Odd_addresses_are_answered_as_pages(string path)
    {
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;

        await admin.OpenAsync(path);

        Assert.That((int)admin.Response.StatusCode, Is.LessThan(500), admin.Text);
        Assert.That(admin.Page.QuerySelectorAll("script"), Is.Empty);
    }

    [Test]
    public async Task Mails_that_fail_are_tried_again_or_given_up_and_an_administrator_can_send_them()
    {
        var (admin, _, _) = await NewAsync("administrator");
        using var _ = admin;
        var (later, never) = (NewEmail(), NewEmail());
        Mail.RefuseNext("451 4.7.1 try later, says somebody@example.org");
        await QueueAsync(later);
        await WaitForAsync("select attempts = 1 from portal.mail where recipient = @later", new { later });
        Assert.That(await QueryAsync<string>("select concat_ws('|', state, problem, due_at between now() + interval '50 seconds' and now() + interval '61 seconds') from portal.mail where recipient = @later", new { later }),
            Is.EqualTo("waiting|the mail server answered 451|t"), "in our words");
        Mail.RefuseNext("550 5.1.1 nobody");
        await QueueAsync(never);
        await WaitForAsync("select state = 'failed' from portal.mail where recipient = @never", new { never });

        await admin.OpenAsync("/administration/mails?state=failed");
        Assert.That(admin.Text, Does.Contain(never).And.Contain("the recipient's address was refused (550)").And.Not.Contain("A secret link"));
        await admin.SubmitAsync("Send now");
        await Mail.WaitAsync(never, "Subject");
        Assert.That(MailJob.Pause(1), Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(MailJob.Pause(MailJob.Attempts), Is.Null);
    }

    [Test]
    public async Task The_text_of_a_mail_is_sealed_and_goes_some_days_after_it_was_sent()
    {
        var email = NewEmail();
        await QueueAsync(email);
        Assert.That((await Mail.WaitAsync(email, "Subject")).Text, Is.EqualTo("A secret link, ünïcode and\n.a dot at the start"));
        Assert.That(await QueryAsync<bool>("select position('secret'::bytea in sealed_body) > 0 from portal.mail where recipient = @email", new { email }), Is.False);
        await WaitForAsync("select state = 'sent' from portal.mail where recipient = @email", new { email });
        await Service<Outbox>().ForgetAsync(TimeSpan.FromDays(3), default);
        Assert.That(await QueryAsync<bool>("select sealed_body is null from portal.mail where recipient = @email", new { email }), Is.False);

        await OwnerAsync("update portal.mail set sent_at = now() - interval '4 days' where recipient = @email", new { email });
        await Service<Outbox>().ForgetAsync(TimeSpan.FromDays(3), default);

        Assert.That(await QueryAsync<bool>("select sealed_body is null from portal.mail where recipient = @email", new { email }), Is.True);
    }

    [Test]
    public async Task Access_that_ends_within_30_days_is_announced_once()
    {
        var (person, email, id) = await NewAsync("researcher", access: true);
        person.Dispose();
        await OwnerAsync("update portal.access_grant set expires_at = now() + interval '29 days', study = 'A study of nights' where user_id = @id", new { id });
        var job = Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<ExpiryJob>(Services);

        await job.Execute(null!);
        await job.Execute(null!);

        var mail = await Mail.WaitAsync(email, "Your access to the data ends soon");
        Assert.That(mail.Text, Does.Contain("> A study of nights"));
        Assert.That(mail.Links.Single().AbsolutePath, Is.EqualTo("/studies"));
        Assert.That(await QueryAsync<long>("select count(*) from portal.mail where recipient = @email and kind = 'expiry'", new { email }), Is.EqualTo(1));
    }

    [Test]
    public async Task Applications_nobody_confirmed_are_forgotten_after_two_days()
    {
        var email = NewEmail();
        using (await ApplyAsync(email))
        {
        }
        await OwnerAsync("update portal.researcher_applications set inserted_ts = now() - interval '49 hours' where email = @email", new { email });

        await Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<ExpiryJob>(Services).Execute(null!);

        Assert.That(await QueryAsync<long>("select count(*) from portal.researcher_applications where email = @email", new { email }), Is.Zero);
    }

    [Test]
    public async Task An_export_that_is_ready_or_withdrawn_is_told_to_its_owner_alone()
    {
        var (person, email, id) = await NewAsync("researcher", access: true);
        person.Dispose();
        var grant = (await Service<Grants>().CurrentAsync(id, default))!;
        var export = await QueryAsync<long>("""
            insert into portal.export (user_id, grant_id, entity, format, from_day, to_day, state) values (@id, @GrantId, 'profile', 'csv', '2026-01-01', '2026-01-01', 'expired') returning export_id
            """, new { id, grant.GrantId });

        await TellAsync((mails, connection) => mails.ExportReadyAsync(connection, export, default));
        await TellAsync((mails, connection) => mails.WithdrawalAsync(connection, id, default));
        await TellAsync((mails, connection) => mails.WithdrawalAsync(connection, id + 1_000_000, default));

        Assert.That((await Mail.WaitAsync(email, "Your file is ready")).Text, Does.Contain("kept for 7 days").And.Contain("/exports"));
        Assert.That((await Mail.WaitAsync(email, "somebody withdrew")).Text, Does.Contain("delete every copy"));
        await OwnerAsync("update portal.app_users set deactivated = true where id = @id", new { id });
        await TellAsync((mails, connection) => mails.ExportReadyAsync(connection, export, default));
        Assert.That(await QueryAsync<long>("select count(*) from portal.mail where recipient = @email and kind in ('export ready', 'withdrawal')", new { email }), Is.EqualTo(2));

        async Task TellAsync(Func<PortalMails, Npgsql.NpgsqlConnection, Task> tell)
        {
            await using var connection = await Service<Npgsql.NpgsqlDataSource>().OpenConnectionAsync(); // the only one there is
            await tell(Service<PortalMails>(), connection);
        }
    }

    async Task QueueAsync(string email)
    {
        await using var connection = await Service<NpgsqlDataSource>().OpenConnectionAsync();
        await Service<Outbox>().AddAsync(connection, email, new("test", "Subject", "A secret link, ünïcode and\n.a dot at the start"), default);
    }

    async Task WaitForAsync(string sql, object values)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if (await QueryAsync<bool>(sql, values))
                return;
            await Task.Delay(50);
        }
        Assert.Fail(sql);
    }

    /// <summary>Of the loader, as its source names them.</summary>
    static async Task<IEnumerable<string>> LoadOutcomesAsync()
    {
        var source = await File.ReadAllTextAsync(Repository.PathOf("open-humans-etl/DueLoads.cs"));
        var body = source[(source.IndexOf("enum Outcome", StringComparison.Ordinal) + 12)..];
        return body[..body.IndexOf('}', StringComparison.Ordinal)].Split('\n').Select(line => line.Trim().TrimEnd(',')).Where(line => line.Length > 0 && char.IsUpper(line[0])).Append("waiting");
    }

    static async Task<string> WhereAsync(WebSession person, string path)
    {
        using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)));
        return $"{answer.RequestMessage!.RequestUri!.AbsolutePath} {(int)answer.StatusCode}";
    }

    static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
