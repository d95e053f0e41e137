using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MetabaseProvisioner;

/// <summary>A file that cannot be made a dashboard of.</summary>
public sealed class ContentException(string message) : Exception(message);

/// <summary>A question: <c>questions/KEY.sql</c>, and how it looks in <c>questions/KEY.json</c>.</summary>
/// <param name="EntityId">21 characters by which Metabase knows it for ever; never changed.</param>
/// <param name="Display">A way to draw it: bar, row, line, area, combo, table, scalar.</param>
/// <param name="Settings">Metabase's <c>visualization_settings</c>; names in it are columns of the query.</param>
/// <param name="Filters">Tag of the query to the column of schema analytics that it filters, as <c>view.column</c>.</param>
public sealed record Question(string EntityId, string Name, string Description, string Display, JsonObject Settings, IReadOnlyDictionary<string, string>? Filters = null)
{
    public string Key { get; init; } = "";

    public string Sql { get; init; } = "";
}

/// <param name="Question">Key; null: a text.</param>
/// <param name="Width">Of the 24 columns of the grid.</param>
/// <param name="Height">Rows of the grid, about 50 pixels each.</param>
public sealed record Tile(int Row, int Col, int Width, int Height, string? Question = null, string? Text = null);

/// <summary>What a reader may choose on the dashboard.</summary>
/// <param name="Type">Metabase's type of parameter.</param>
public sealed record Filter(string Name, string Type);

/// <summary>A dashboard: <c>dashboards/TOPIC.json</c>.</summary>
/// <param name="Filters">By the tag of the questions that it goes to.</param>
public sealed record Dashboard(string Name, string Description, IReadOnlyList<Tile> Tiles, IReadOnlyDictionary<string, Filter>? Filters = null)
{
    /// <summary>As the portal asks for it.</summary>
    public string Topic { get; init; } = "";
}

/// <summary>The collection that everything is in; nothing outside of it is touched.</summary>
public sealed record Collection(string Name, string Description);

/// <summary>What is to be in Metabase, as files.</summary>
public sealed partial record Content(Collection Collection, IReadOnlyList<Question> Questions, IReadOnlyList<Dashboard> Dashboards)
{
    /// <summary>The tag, and the dashboards' parameter, that the portal signs.</summary>
    public const string Project = "project";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <exception cref="ContentException">A file is missing, or what it says does not fit together.</exception>
    public static Content Read(string folder)
    {
        var questions = Files(folder, "questions").Select(file => Parse<Question>(file) with { Key = Path.GetFileNameWithoutExtension(file), Sql = Text(Path.ChangeExtension(file, ".sql")) }).ToList();
        var dashboards = Files(folder, "dashboards").Select(file => Parse<Dashboard>(file) with { Topic = Path.GetFileNameWithoutExtension(file) }).ToList();
        var content = new Content(Parse<Collection>(Path.Combine(folder, "collection.json")), questions, dashboards);
        if (content.Problems().FirstOrDefault() is { } problem)
            throw new ContentException(problem);
        return content;
    }

    /// <summary>Columns of schema analytics that filters need, as <c>view.column</c>.</summary>
    public IReadOnlySet<string> Columns => Questions.SelectMany(question => question.Filters?.Values ?? []).ToHashSet();

    public static IReadOnlySet<string> Tags(string sql) => Tag().Matches(sql).Select(tag => tag.Groups[1].Value).ToHashSet();

    IEnumerable<string> Problems()
    {
        foreach (var twice in Questions.GroupBy(question => question.EntityId).Where(same => same.Count() > 1))
            yield return $"{string.Join(" and ", twice.Select(question => question.Key))} have the same entityId: each needs its own.";
        foreach (var twice in Dashboards.GroupBy(dashboard => dashboard.Name).Where(same => same.Count() > 1))
            yield return $"Two dashboards are called {twice.Key}: they are found by their name.";
        foreach (var question in Questions)
        {
            if (!Entity().IsMatch(question.EntityId))
                yield return $"{question.Key}: entityId has to be 21 letters, digits, _ and -.";
            var tags = Tags(question.Sql);
            if (!tags.Contains(Project))
                yield return $"{question.Key}: the query has no {{{{{Project}}}}}, so it would show every commons to everybody.";
            if (!tags.SetEquals((question.Filters?.Keys ?? []).Append(Project)))
                yield return $"{question.Key}: tags of the query and filters are not the same.";
            if (question.Filters?.Values.Any(column => column.Split('.').Length != 2) == true)
                yield return $"{question.Key}: a filter is of view.column.";
            if (!Dashboards.Any(dashboard => dashboard.Tiles.Any(tile => tile.Question == question.Key)))
                yield return $"{question.Key}: no dashboard shows it.";
        }
        foreach (var dashboard in Dashboards)
            foreach (var (i, tile) in dashboard.Tiles.Index())
            {
                if ((tile.Question is null) == (tile.Text is null) || tile.Question is not null && Questions.All(question => question.Key != tile.Question))
                    yield return $"{dashboard.Topic}: tile {i + 1} is of no question that there is, nor a text.";
                if (tile.Row < 0 || tile.Col < 0 || tile.Width < 1 || tile.Height < 1 || tile.Col + tile.Width > 24)
                    yield return $"{dashboard.Topic}: tile {i + 1} goes beyond the 24 columns.";
                if (dashboard.Tiles.Take(i).Any(other => other.Row < tile.Row + tile.Height && tile.Row < other.Row + other.Height && other.Col < tile.Col + tile.Width && tile.Col < other.Col + other.Width))
                    yield return $"{dashboard.Topic}: tile {i + 1} lies on another.";
            }
    }

    static IEnumerable<string> Files(string folder, string of) => Directory.Exists(Path.Combine(folder, of)) ? Directory.GetFiles(Path.Combine(folder, of), "*.json").Order(StringComparer.Ordinal)
        : throw new ContentException($"There is no folder {Path.Combine(folder, of)}.");

    static T Parse<T>(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Text(file), Json) ?? throw new ContentException($"{file} is empty.");
        }
        catch (JsonException problem)
        {
            throw new ContentException($"{file}: {problem.Message}");
        }
    }

    static string Text(string file) => File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n").Trim() : throw new ContentException($"There is no file {file}.");

    [GeneratedRegex(@"\{\{\s*([A-Za-z0-9_-]+)\s*\}\}")]
    private static partial Regex Tag();

    [GeneratedRegex("^[A-Za-z0-9_-]{21}$")]
    private static partial Regex Entity();
}
