using System.Net;
using System.Net.Http.Headers;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>The webhook of Open Humans, with the contract's own vector: its body, its secret, its signature.</summary>
public sealed class WebhookTests : SiteFixture
{
    const string Body = """{"project_member_id": "12345678", "erasure_requested": true, "timestamp": "2020-06-30T20:00:00.000000+00:00"}""";
    const string Signature = "sha1=ebda5c0a38593a4350ad8401b7d8c8f1cd08ec67";

    [Test]
    public async Task The_contract_s_signed_body_erases_who_had_joined_by_then_and_may_come_again()
    {
        var member = Sandbox.OpenHumans.AddMember("12345678");
        var (person, _) = await SignedInAsync(member);
        Assert.That(await PostAsync(Body, Signature), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await CountAsync(), Is.EqualTo(1), "a body from before they joined is one that is sent again");
        await QueryAsync<int?>(member, "update register.participant set created_at = '2020-01-01' where participant_id = @participant");
        foreach (var (body, signature) in new[] { (Body, null), (Body, ""), (Body, Signature.ToUpperInvariant()), (Body, Signature[5..]), (Body + " ", Signature), (Body, Signature[..^1] + "8") })
        {
            Assert.That(await PostAsync(body, signature), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await CountAsync(), Is.EqualTo(1), $"not signed: {signature}");
        }

        Assert.That(await PostAsync(Body, Signature), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PostAsync(Body, Signature), Is.EqualTo(HttpStatusCode.OK));

        Assert.That(await CountAsync(), Is.Zero);
        Assert.That(Sandbox.OpenHumans.Messages, Is.Empty, "their tokens are dead");
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("Sign in with Open Humans"), "and so is the session");
        person.Dispose();
    }

    [Test]
    public async Task The_second_try_is_unsigned_and_encoded_twice_and_makes_us_look()
    {
        var (person, member) = await SignedInAsync();
        await QueryAsync<int?>(member, "update register.participant set changed_at = '2026-01-01' where participant_id = @participant");

        var status = await PostAsync($$""" "{\"project_member_id\": \"{{member.Id}}\", \"erasure_requested\": true}" """, null);

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await QueryAsync<bool>(member, "select changed_at > '2026-01-02' and suspended_at is null from register.participant where participant_id = @participant"), Is.True);
        person.Dispose();
    }

    async Task<HttpStatusCode> PostAsync(string body, string? signature)
    {
        using var anybody = new WebSession(SiteUrl);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/deauth", UriKind.Relative)) { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
        if (signature is not null)
            request.Headers.TryAddWithoutValidation("X-OpenHumans-Webhooks-Signature", signature);
        using var answer = await anybody.SendAsync(request);
        return answer.StatusCode;
    }

    async Task<long> CountAsync()
    {
        await using var command = Owner.CreateCommand("select count(*) from register.participant where project_member_id = '12345678'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
