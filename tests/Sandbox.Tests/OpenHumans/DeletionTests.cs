using System.Net;

namespace Sandbox.Tests;

sealed class DeletionTests
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
    public async Task A_file_is_deleted_by_id_and_the_second_time_nothing_is()
    {
        var file = _member.AddFile("a", "x"u8.ToArray());

        Assert.That(await DeleteAsync(("file_id", $"{file.Id}")), Is.EqualTo((200, $$"""{"ids":[{{file.Id}}]}""")));
        Assert.That(await DeleteAsync(("file_id", $"{file.Id}")), Is.EqualTo((200, """{"ids":[]}""")));
    }

    [Test]
    public async Task A_name_deletes_every_file_of_that_name_of_ours()
    {
        var (first, second) = (_member.AddFile("a", "1"u8.ToArray()), _member.AddFile("a", "2"u8.ToArray()));
        _member.AddFile("a", "3"u8.ToArray(), source: "direct-sharing-128");
        _member.AddFile("b", "4"u8.ToArray());

        Assert.That(await DeleteAsync(("file_basename", " a ")), Is.EqualTo((200, $$"""{"ids":[{{first.Id}},{{second.Id}}]}""")));
        Assert.That(_member.Files.Select(file => file.Name), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task Somebody_elses_and_incomplete_files_are_not_found()
    {
        var (other, _) = _world.Join();
        var foreign = other.AddFile("a", "x"u8.ToArray());
        var (incomplete, _) = await _world.StartUploadAsync(_token, "b");

        Assert.That(await DeleteAsync(("file_id", $"{foreign.Id}")), Is.EqualTo((200, """{"ids":[]}""")));
        Assert.That(await DeleteAsync(("file_id", $"{incomplete}")), Is.EqualTo((200, """{"ids":[]}""")));
    }

    [TestCase("0", 0)]
    [TestCase("off", 0)]
    [TestCase("no", 0)]
    [TestCase("true", 0)]
    public async Task In_a_form_almost_everything_means_all_files(string value, int left)
    {
        _member.AddFile("a", "x"u8.ToArray());

        await DeleteAsync(("all_files", value));

        Assert.That(_member.Files, Has.Count.EqualTo(left));
    }

    [TestCase("""{"all_files":false}""", 1)]
    [TestCase("""{"all_files":0}""", 1)]
    [TestCase("""{"all_files":true}""", 0)]
    public async Task In_JSON_false_and_zero_mean_no(string body, int left)
    {
        _member.AddFile("a", "x"u8.ToArray());

        using var answer = await _world.PostJsonAsync(World.Api + "files/delete/", _token, body);

        Assert.That(_member.Files, Has.Count.EqualTo(left));
        Assert.That(answer.StatusCode, Is.EqualTo(left == 1 ? HttpStatusCode.BadRequest : HttpStatusCode.OK));
    }

    [Test]
    public async Task Exactly_one_way_must_be_given()
    {
        Assert.That(await DeleteAsync(("all_files", "False")),
            Is.EqualTo((400, """{"missing_field":"one of file_id, file_basename, or all_files is required"}""")));
        Assert.That((await DeleteAsync(("file_id", "1"), ("file_basename", "a"))).Body, Does.StartWith("""{"too_many":" """.TrimEnd()));
        Assert.That(await DeleteAsync(("file_id", "one")), Is.EqualTo((400, """{"file_id":["Enter a whole number."]}""")));
    }

    [Test]
    public void A_participant_deletes_without_the_project_being_told()
    {
        var file = _member.AddFile("a", "x"u8.ToArray());

        Assert.That((_member.DeleteFile(file.Id), _member.DeleteFile(file.Id), _member.Files.Count), Is.EqualTo((true, false, 0)));
    }

    async Task<(int Status, string Body)> DeleteAsync(params (string, string)[] form)
    {
        using var answer = await _world.PostAsync(World.Api + "files/delete/", _token, form);
        return ((int)answer.StatusCode, await answer.TextAsync());
    }
}
