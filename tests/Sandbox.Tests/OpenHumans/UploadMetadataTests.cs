using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

sealed class UploadMetadataTests
{
    World _world = null!;
    Member _member = null!;
    string _token = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await World.StartAsync();
        (_member, _token) = _world.Join();
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Metadata_survives_with_its_unknown_keys()
    {
        const string sent = """{"description":"ü","tags":[1,"b"],"md5":"0123456789abcdef0123456789abcdefXX","creation_date":1795226000,"more":{"deep":[null]}}""";
        await _world.PostAsync(World.Api + "files/upload/direct/", _token, ("filename", "a"), ("metadata", sent));

        Assert.That(JsonNode.DeepEquals(_member.Files.Single().Metadata, JsonNode.Parse(sent)), Is.True);
    }

    [TestCase("", "This field is required.")]
    [TestCase("{", "could not parse the uploaded metadata")]
    [TestCase("[]", "\"description\" is a required field of the metadata")]
    [TestCase("""{"tags":[]}""", "\"description\" is a required field of the metadata")]
    [TestCase("""{"description":null,"tags":[]}""", "\"description\" must be a string")]
    [TestCase("""{"description":""}""", "\"tags\" is a required field of the metadata")]
    [TestCase("""{"description":"","tags":"a"}""", "\"tags\" must be an array of strings")]
    [TestCase("""{"description":"","tags":[],"end_date":"yesterday"}""", "Dates must be in ISO 8601 format")]
    [TestCase("""{"description":"","tags":[],"md5":"abc"}""", "Invalid MD5 specified")]
    public async Task Metadata_is_refused_with_its_message(string metadata, string message)
    {
        using var answer = await _world.PostAsync(World.Api + "files/upload/direct/", _token, ("filename", "a"), ("metadata", metadata));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string)(await answer.JsonAsync())["metadata"]![0]!, Is.EqualTo(message));
    }

    [TestCase("null")]
    [TestCase("7")]
    [TestCase("\"text\"")]
    [TestCase("""{"description":"","tags":[],"md5":null}""")]
    [TestCase("""{"description":"","tags":[],"creation_date":null}""")]
    public async Task Some_metadata_trips_the_server(string metadata)
    {
        using var answer = await _world.PostAsync(World.Api + "files/upload/direct/", _token, ("filename", "a"), ("metadata", metadata));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
    }

    [Test]
    public async Task In_a_JSON_body_metadata_must_still_be_text()
    {
        using var answer = await _world.PostJsonAsync(World.Api + "files/upload/direct/", _token,
            """{"filename":"a","metadata":{"description":"","tags":[]}}""");

        Assert.That((string)(await answer.JsonAsync())["metadata"]![0]!, Is.EqualTo("could not parse the uploaded metadata"));
    }
}
