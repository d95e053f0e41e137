using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>What Google refuses, the stand-in refuses: requests are made here by hand, without the product's client.</summary>
sealed class GoogleTests
{
    const string Account = "reader@sandbox.iam.gserviceaccount.com";
    const string ReadOnly = "https://www.googleapis.com/auth/spreadsheets.readonly";

    World _world = null!;
    JsonNode _key = null!;
    Spreadsheet _sheet = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await World.StartAsync();
        _key = JsonNode.Parse(_world.Sandbox.Google.AddServiceAccount(Account))!;
        _sheet = _world.Sandbox.Google.AddSpreadsheet();
        _sheet.Readers[Account] = true;
        _sheet.Worksheets["Sheet1"] = [new("a", "b", ""), new(1.5, false), new(""), new("")];
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_signed_assertion_gives_a_token_that_reads_for_an_hour()
    {
        var (status, answer) = await TokenAsync();
        Assert.That((status, (int)answer["expires_in"]!, (string)answer["token_type"]!), Is.EqualTo((200, 3599, "Bearer")));
        var token = (string)answer["access_token"]!;

        Assert.That((await ValuesAsync(token)).Answer["values"]!.ToJsonString(), Is.EqualTo("""[["a","b"],["1.5","FALSE"]]"""), "formatted, without what is empty at the end");
        Assert.That((await ValuesAsync(token, "?valueRenderOption=UNFORMATTED_VALUE")).Answer["values"]!.ToJsonString(), Is.EqualTo("""[["a","b"],[1.5,false]]"""));

        _world.Clock.Now += TimeSpan.FromHours(1);
        Assert.That((await ValuesAsync(token)).Status, Is.EqualTo(401));
    }

    [TestCase("other key")]
    [TestCase("other audience")]
    [TestCase("other scope")]
    [TestCase("two hours")]
    [TestCase("over")]
    [TestCase("not yet")]
    [TestCase("unknown account")]
    [TestCase("no signature")]
    public async Task An_assertion_that_is_not_right_gives_none(string fault)
    {
        using var other = RSA.Create(2048);
        var now = _world.Clock.GetUtcNow();
        var (status, answer) = fault switch
        {
            "other key" => await TokenAsync(key: other),
            "other audience" => await TokenAsync(audience: "https://oauth2.googleapis.com/token"),
            "other scope" => await TokenAsync(scope: "email"),
            "two hours" => await TokenAsync(expires: now.AddHours(2)),
            "over" => await TokenAsync(issued: now.AddHours(-1), expires: now.AddMinutes(-1)),
            "not yet" => await TokenAsync(issued: now.AddMinutes(6)),
            "unknown account" => await TokenAsync(account: "nobody@example.org"),
            _ => await PostAsync("a.b.c"),
        };

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string)answer["error"]!, Is.EqualTo(fault == "other scope" ? "invalid_scope" : "invalid_grant"));
    }

    [Test]
    public async Task Refusals_are_Googles()
    {
        var token = (string)(await TokenAsync()).Answer["access_token"]!;

        Assert.That((await ValuesAsync("none")).Answer["error"]!["status"]!.GetValue<string>(), Is.EqualTo("UNAUTHENTICATED"));
        Assert.That((await ValuesAsync(token, range: "Sheet2")).Answer["error"]!["message"]!.GetValue<string>(), Is.EqualTo("Unable to parse range: Sheet2"));
        Assert.That((await ValuesAsync(token, id: "none")).Status, Is.EqualTo(404));
        _sheet.Readers.Clear();
        Assert.That((await ValuesAsync(token)).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task An_empty_worksheet_has_no_values_at_all()
    {
        _sheet.Worksheets["Sheet1"] = [];

        Assert.That((await ValuesAsync((string)(await TokenAsync()).Answer["access_token"]!)).Answer.AsObject().ContainsKey("values"), Is.False);
    }

    async Task<(int Status, JsonNode Answer)> TokenAsync(string? audience = null, string account = Account, string scope = ReadOnly, DateTimeOffset? issued = null, DateTimeOffset? expires = null, RSA? key = null)
    {
        using var own = RSA.Create();
        own.ImportFromPem((string)_key["private_key"]!);
        var from = issued ?? _world.Clock.GetUtcNow();
        var header = Encode(new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = (string)_key["private_key_id"]! });
        var claims = Encode(new JsonObject
        {
            ["iss"] = account,
            ["scope"] = scope,
            ["aud"] = audience ?? (string)_key["token_uri"]!,
            ["iat"] = from.ToUnixTimeSeconds(),
            ["exp"] = (expires ?? from.AddHours(1)).ToUnixTimeSeconds(),
        });
        return await PostAsync($"{header}.{claims}.{Base64Url.EncodeToString((key ?? own).SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}");
    }

    async Task<(int Status, JsonNode Answer)> PostAsync(string assertion)
    {
        using var content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer", ["assertion"] = assertion });
        using var answer = await _world.Http.PostAsync(new Uri(_world.Sandbox.GoogleUrl, "/token"), content);
        return ((int)answer.StatusCode, await answer.JsonAsync());
    }

    async Task<(int Status, JsonNode Answer)> ValuesAsync(string token, string query = "", string range = "Sheet1", string? id = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_world.Sandbox.GoogleUrl, $"/v4/spreadsheets/{id ?? _sheet.Id}/values/{range}{query}")) { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await _world.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.JsonAsync());
    }

    static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
