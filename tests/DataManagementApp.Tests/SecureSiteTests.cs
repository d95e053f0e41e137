using System.Net;

namespace DataManagementApp.Tests;

public sealed class SecureSiteTests : PortalFixture
{
    protected override IEnumerable<string> Settings => ["--Portal:BaseUrl=https://data.example.test"];

    [Test]
    public async Task A_site_of_https_shows_its_forms_to_who_comes_by_the_proxy_and_binds_their_cookies_to_the_host()
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        asked.Headers.Host = "data.example.test";
        asked.Headers.Add("X-Forwarded-For", "198.51.100.7");
        asked.Headers.Add("X-Forwarded-Proto", "https");

        using var answer = await Http.SendAsync(asked);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("<form"));
        Assert.That(answer.Headers.GetValues("Set-Cookie"), Has.Some.StartsWith("__Host-form=").And.Some.Contains("; secure"));
    }
}
