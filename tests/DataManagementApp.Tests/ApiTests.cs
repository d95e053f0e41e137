using System.Net;
using System.Text.Json.Nodes;
using DataManagementApp.Api;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>The HTTP API: personal access tokens and what they open.</summary>
public sealed class ApiTests : PortalFixture
{
    [Test]
    public async Task A_token_tells_its_study_and_what_it_may()
    {
        var (grant, token) = await TokenAsync(openAps: true, nsf: false, userId: null, Scopes.Read, Scopes.Download);

        var (status, answer) = await GetAsync("/api/v1/me", token);

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((answer["study"]!.GetValue<long>(), answer["commons"]!.ToJsonString(), answer["scopes"]!.ToJsonString()), Is.EqualTo((grant.GrantId, "[\"openaps\"]", "[\"read\",\"download\"]")));
        Assert.That(await QueryAsync<bool>("select last_used_at > now() - interval '1 minute' from portal.access_token where grant_id = @GrantId", grant), Is.True);
    }

    [TestCase("")]
    [TestCase("oadc_")]
    [TestCase("oadc_0123456789")]
    [TestCase("' or 1=1 --")]
    [TestCase("oadc_' or '1'='1")]
    public async Task What_is_no_token_opens_nothing(string token)
    {
        var (status, answer) = await GetAsync("/api/v1/me", token);

        Assert.That(status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(answer["detail"]!.ToString(), Does.Contain("Access tokens"), "what to do next");
    }

    [TestCase("update portal.access_token set revoked_at = now() where grant_id = @GrantId")]
    [TestCase("update portal.access_token set expires_at = now() where grant_id = @GrantId")]
    [TestCase("update portal.access_grant set revoked_at = now() where grant_id = @GrantId")]
    [TestCase("update portal.access_grant set expires_at = now() where grant_id = @GrantId")]
    [TestCase("update portal.app_users set deactivated = true where id = @UserId")]
    public async Task A_token_ends_when_it_its_study_or_its_owner_does(string end)
    {
        var (grant, token) = await TokenAsync(openAps: true, nsf: true, userId: null, Scopes.Read);
        Assert.That((await GetAsync("/api/v1/me", token)).Status, Is.EqualTo(HttpStatusCode.OK));

        await QueryAsync<int?>(end, grant);

        Assert.That((await GetAsync("/api/v1/me", token)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_token_does_what_its_scopes_say_and_no_more()
    {
        var (_, token) = await TokenAsync(openAps: true, nsf: true, userId: null, Scopes.Download);

        var (status, answer) = await GetAsync("/api/v1/me", token);

        Assert.That(status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(answer["title"]!.ToString(), Does.Contain("does not allow"));
    }

    [Test]
    public async Task A_researcher_makes_a_token_sees_it_once_and_revokes_it()
    {
        using var person = await SignedInAsync();
        await person.OpenAsync("/tokens");
        await person.SubmitAsync("Make the token", ("Name", "\u0007"), ("Proof", PortalFixture.Password));
        Assert.That(person.Text, Does.Contain("give it a name"));

        await person.SubmitAsync("Make the token", ("Name", "<script>alert(1)</script>\u0007"), ("Days", "30"), ("Proof", "not the password"));
        Assert.That(person.Page.QuerySelector("#proof-error")!.TextContent, Does.Contain("not your password"));
        await person.SubmitAsync("Make the token", ("Proof", PortalFixture.Password));
        var token = System.Text.RegularExpressions.Regex.Match(person.Text, "oadc_[A-Za-z0-9_-]{43}").Value;
        Assert.That(person.Text, Does.Contain("Copy it now").And.Contain("<script>alert(1)</script>"), "the name, as text");
        Assert.That((await GetAsync("/api/v1/me", token)).Status, Is.EqualTo(HttpStatusCode.OK));
        await person.OpenAsync("/tokens");
        Assert.That(person.Text, Does.Not.Contain(token));
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.access_token where token_hash = sha256(@token::bytea)", new { token }), Is.EqualTo(1), "only a hash is kept");

        await person.SubmitAsync("Revoke");

        Assert.That(person.Text, Does.Contain("does not work any more"));
        Assert.That((await GetAsync("/api/v1/me", token)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await QueryAsync<int>("select count(*)::int from portal.audit where action in ('token made', 'token revoked')"), Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public async Task A_researcher_revokes_nobody_elses_token()
    {
        var (grant, token) = await TokenAsync(openAps: true, nsf: true, userId: null, Scopes.Read);
        var id = await QueryAsync<long>("select token_id from portal.access_token where grant_id = @GrantId", grant);
        using var person = await SignedInAsync();

        Assert.That(await Service<AccessTokens>().RevokeAsync(grant.UserId + 1000, id, default), Is.False);
        Assert.That((await GetAsync("/api/v1/me", token)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_session_of_the_pages_opens_nothing_of_the_api()
    {
        using var person = await SignedInAsync();
        using var answer = await person.SendAsync(new(HttpMethod.Get, "/api/v1/me"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "so that no other site can use it in a browser");
    }

    [TestCase("/api/v1/nothing")]
    public async Task What_is_not_there_is_said_as_a_problem(string path)
    {
        var (status, answer) = await GetAsync(path, "");
        Assert.That((int)status, Is.InRange(400, 404));
        Assert.That(answer["detail"]!.ToString(), Does.Contain("openapi.json"));
    }

    [Test]
    public async Task The_api_describes_itself()
    {
        var (status, document) = await GetAsync("/api/v1/openapi.json", "");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(document["openapi"]!.ToString(), Does.StartWith("3."));
        foreach (var (path, operations) in document["paths"]!.AsObject())
            foreach (var (method, operation) in operations!.AsObject())
            {
                Assert.That(operation!["summary"]?.ToString(), Is.Not.Null.And.Not.Empty, $"{method} {path}");
                Assert.That(operation["operationId"]?.ToString(), Is.Not.Null.And.Not.Empty, $"{method} {path}");
                Assert.That(operation["responses"]!.AsObject().ContainsKey("401"), Is.True, $"{method} {path}");
            }
        using var page = await Http.GetAsync("/api/index.html");
        Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(page.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("script-src 'self';"));
        Assert.That(await page.Content.ReadAsStringAsync(), Does.Contain("swagger-ui"));
    }

    [Test]
    public async Task The_documents_in_docs_are_those_of_the_api()
    {
        var folder = Directory.CreateTempSubdirectory("api-").FullName;
        await ApiDocument.WriteAsync(Services, folder, default);
        foreach (var name in new[] { "openapi.json", "postman.json" })
            Assert.That(await File.ReadAllTextAsync(Path.Combine(folder, name)), Is.EqualTo(await File.ReadAllTextAsync(Repository.PathOf($"docs/api/{name}"))), $"data-management-app api docs/api makes {name} anew");
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public async Task Each_operation_is_a_request_of_the_Postman_collection()
    {
        var (_, document) = await GetAsync("/api/v1/openapi.json", "");
        var (_, collection) = await GetAsync("/api/postman.json", "");

        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(operation => operation.Key != "head").Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key.Replace("{", ":").Replace("}", "")}"));
        var requests = collection["item"]!.AsArray().SelectMany(folder => folder!["item"]!.AsArray()).Select(item => $"{item!["request"]!["method"]} {item["request"]!["url"]!["raw"]!.ToString()["{{baseUrl}}".Length..]}");
        Assert.That(requests, Is.EquivalentTo(operations));
        Assert.That(collection.ToJsonString(), Does.Contain("perParticipant"), "the body of a request for an export");
    }

    async Task<WebSession> SignedInAsync() => (await NewAsync("researcher", access: true)).Person;

    async Task<(HttpStatusCode Status, JsonNode Answer)> GetAsync(string path, string token)
    {
        using var answer = await SendAsync(path, token);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}
