using System.Text.Json.Nodes;
using Testing;

namespace MetabaseProvisioner.Tests;

/// <summary>Files that do not fit together are told of before Metabase is asked anything.</summary>
public sealed class ContentTests
{
    string _folder = "";

    [SetUp]
    public void Copy()
    {
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"content-{Guid.NewGuid():N}");
        foreach (var file in Directory.GetFiles(Repository.PathOf("infrastructure/metabase/content"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(Repository.PathOf("infrastructure/metabase/content"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_portals_four_topics_have_a_dashboard_and_every_question_words_for_its_reader()
    {
        var content = Content.Read(_folder);

        Assert.That(content.Dashboards.Select(dashboard => dashboard.Topic), Is.EquivalentTo(DataManagementApp.Charts.Topic.All.Select(topic => topic.Name)));
        Assert.That(content.Dashboards.Select(dashboard => dashboard.Name), Is.EquivalentTo(DataManagementApp.Charts.Topic.All.Select(topic => topic.Title)));
        Assert.That(content.Questions.Where(question => !question.Description.EndsWith('.')).Select(question => question.Key), Is.Empty);
        Assert.That(content.Questions.Where(question => question.Display is "bar" or "line" or "area" or "combo" or "row" && string.IsNullOrEmpty((string?)question.Settings["graph.y_axis.title_text"])).Select(question => question.Key), Is.Empty, "axes have titles");
        Assert.That(content.Dashboards.Where(dashboard => !dashboard.Tiles.Any(tile => tile.Text?.Contains("one to four", StringComparison.Ordinal) == true)), Is.Empty, "each says what it hides");
    }

    [Test]
    public void A_question_that_asks_for_no_commons_is_not_taken()
    {
        File.WriteAllText(Path.Combine(_folder, "questions/age.sql"), "select name, participants from analytics.groups where project = 'all' and kind = 'age'");

        Assert.That(() => Content.Read(_folder), Throws.TypeOf<ContentException>().With.Message.Contains("age: the query has no {{project}}"));
    }

    [TestCase("questions/age.json", "entityId", "\"short\"", "21 letters")]
    [TestCase("questions/days-covered.json", "filters", "{}", "tags of the query and filters")]
    [TestCase("questions/days-covered.json", "filters", "{\"dates\":\"day\"}", "view.column")]
    [TestCase("questions/age.json", "colour", "\"red\"", "colour")]
    [TestCase("dashboards/entries.json", "name", "\"Treatments\"", "Two dashboards are called Treatments")]
    [TestCase("dashboards/demographics.json", "tiles", "[]", "no dashboard shows it")]
    [TestCase("dashboards/demographics.json", "more", "[{\"row\":100,\"col\":20,\"width\":5,\"height\":4,\"text\":\"x\"}]", "24 columns")]
    [TestCase("dashboards/demographics.json", "more", "[{\"row\":100,\"col\":0,\"width\":5,\"height\":4,\"text\":\"x\"},{\"row\":103,\"col\":4,\"width\":5,\"height\":4,\"text\":\"y\"}]", "lies on another")]
    [TestCase("dashboards/demographics.json", "more", "[{\"row\":100,\"col\":0,\"width\":5,\"height\":4,\"question\":\"none\"}]", "of no question")]
    [TestCase("dashboards/demographics.json", "tiles", "7", "demographics.json")]
    public void What_does_not_fit_is_told_with_its_file(string file, string key, string value, string words)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, file)))!;
        if (key == "more") // tiles, below those that there are
            foreach (var tile in JsonNode.Parse(value)!.AsArray())
                json["tiles"]!.AsArray().Add(tile!.DeepClone());
        else
            json[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(_folder, file), json.ToJsonString());

        Assert.That(() => Content.Read(_folder), Throws.TypeOf<ContentException>().With.Message.Contains(words));
    }

    [TestCase("collection.json")]
    [TestCase("questions/age.sql")]
    public void A_file_that_is_missing_is_named(string file)
    {
        File.Delete(Path.Combine(_folder, file));

        Assert.That(() => Content.Read(_folder), Throws.TypeOf<ContentException>().With.Message.Contains(file.Split('/')[^1]));
    }
}
