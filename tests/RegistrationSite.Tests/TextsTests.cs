using System.Globalization;
using System.Resources;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>What people read stands in resource files, and nowhere else: judged by the sources.</summary>
public sealed partial class TextsTests : SiteFixture
{
    static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", "..", "registration-site"));

    /// <summary>Sources by their path, of pages and of code; without what is built.</summary>
    static readonly Dictionary<string, string> Sources = Directory.EnumerateFiles(Root, "*.cs*", SearchOption.AllDirectories)
        .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".cshtml", StringComparison.Ordinal)).Where(file => !file.Contains("/obj/") && !file.Contains("/bin/"))
        .ToDictionary(file => Path.GetRelativePath(Root, file), File.ReadAllText);

    static IEnumerable<string> Names => Directory.EnumerateFiles(Root, "*.resx", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/") && !file.Contains("/bin/"))
        .Select(file => Path.ChangeExtension(Path.GetRelativePath(Root, file), null).Replace('/', '.'));

    static IEnumerable<string> Pages => Sources.Keys.Where(file => file.EndsWith(".cshtml", StringComparison.Ordinal));

    /// <summary>Texts whose keys are values: questions and answers; causes and outcomes.</summary>
    static readonly (string Name, string File)[] KeysOfValues = [("Pages.Survey", "SiteSurvey.cs"), ("Pages.Messages", "Messages.cs")];

    [TestCaseSource(nameof(Names))]
    public void Every_text_is_named_somewhere_and_every_name_has_its_text(string name) => Assert.Multiple(() =>
    {
        var texts = TextsOf(name);
        var users = Sources.Where(source => source.Value.Contains($"Texts.Of(\"{name}\")")).ToList();
        Assert.That(users, Is.Not.Empty, $"nobody reads {name}.resx");
        foreach (var (file, source) in users)
            foreach (var key in KeysIn(source))
                Assert.That(texts.Keys.Any(Matches(key)), $"{file} names {key}, which {name}.resx does not have");

        foreach (var (_, file) in KeysOfValues.Where(values => values.Name == name))
            users.Add(new(file, Sources[file]));
        var named = users.SelectMany(user => KeysIn(user.Value).Concat(Quoted().Matches(user.Value).Select(match => match.Groups[1].Value))).Distinct().Select(Matches).ToList();
        if (name != "OwnDataWords") // by names of tables: OwnDataTests
            Assert.That(texts.Keys.Where(key => !named.Any(matches => matches(key) || key.EndsWith(Texts.Child, StringComparison.Ordinal) && matches(key[..^Texts.Child.Length]))), Is.Empty, $"texts of {name}.resx that nobody shows");
    });

    [TestCaseSource(nameof(Names))]
    public void A_text_has_a_place_for_each_value_it_is_given(string name) => Assert.Multiple(() =>
    {
        foreach (var source in Sources.Values.Where(source => source.Contains($"Texts.Of(\"{name}\")")))
            foreach (var (key, values) in Uses(source).SelectMany(use => new[] { use, (use.Key + Texts.Child, use.Values) }))
                if (TextsOf(name).TryGetValue(key, out var text) && text is not null)
                    Assert.That(Place().Matches(text).Select(match => match.Value).Distinct().Count(), Is.EqualTo(values), $"{name}: {key}: {text}");
    });

    [TestCaseSource(nameof(Names))]
    public void The_site_finds_each_resource_file(string name) => Assert.That(Texts.Of(name).Keys, Is.EquivalentTo(TextsOf(name).Keys));

    [TestCaseSource(nameof(Pages))]
    public void A_page_has_no_words_of_its_own(string page) => Assert.That(OwnWords(Sources[page]), Is.Empty);

    [TestCase("<p>Your data is safe.</p>", "Your data is safe.")]
    [TestCase("<p>\n  @T[\"Now\"] and then @Model.When.Ago(last) again\n</p>", "and then")]
    [TestCase("<nav aria-label=\"Main pages\"></nav>", "Main pages")]
    [TestCase("<input asp-for=\"Address\" placeholder=\"your address\">", "your address")]
    [TestCase("<abbr title=\"Glucose\"></abbr>", "Glucose")]
    [TestCase("<p>@(isPaused ? \"Copying is paused\" : T[\"Goes\"])</p>", "Copying is paused")]
    [TestCase("@{\n  ViewData[\"Title\"] = \"My report\";\n}", "My report")]
    [TestCase("@if (Model.IsDone)\n{\n  <text>not yet</text>\n}", "not yet")]
    public void Words_in_a_page_are_noticed(string page, string words) => Assert.That(OwnWords(page), Has.Some.Contains(words));

    [Test]
    public void A_text_that_is_not_there_is_an_error() => Assert.That(() => Texts.Of("Pages.Error")["Nonsense"], Throws.TypeOf<MissingManifestResourceException>());

    [Test]
    public void Values_are_encoded_in_a_text_with_markup()
    {
        var words = new Texts("Tests.Words", typeof(TextsTests).Assembly);
        using var writer = new StringWriter();
        words.Html("Marked", "<script>").WriteTo(writer, System.Text.Encodings.Web.HtmlEncoder.Default);

        Assert.That(writer.ToString(), Is.EqualTo("<strong>&lt;script&gt;</strong> came"));
    }

    [Test]
    public void A_parent_reads_the_text_for_parents_where_there_is_one()
    {
        var words = Texts.Of("Pages.MyData");

        Assert.That((words.For(true)["Title"], words.For(true).For(false)["Title"], words.For(true)["Nightscout"]), Is.EqualTo(("My child's data", "My data", "Nightscout")));
    }

    [TestCase("en", "Good day", "only here")]
    [TestCase("de", "Guten Tag", "only here")]
    [TestCase("fr", "Good day", "only here")]
    public void The_language_is_the_readers_where_there_are_texts_in_it(string language, string hello, string untranslated)
    {
        var words = new Texts("Tests.Words", typeof(TextsTests).Assembly);

        using (In(language))
            Assert.That((words["Hello"], words["Untranslated"]), Is.EqualTo((hello, untranslated)));
    }

    [Test]
    public async Task A_page_names_the_language_that_its_words_are_in()
    {
        using var german = In("de"); // the server's: there are no German texts yet
        using var stranger = new WebSession(SiteUrl);
        await stranger.OpenAsync("/");

        Assert.That(stranger.Page.DocumentElement.GetAttribute("lang"), Is.EqualTo("en"));
        Assert.That(Sources["Pages/Shared/_Layout.cshtml"], Does.Contain("<html lang=\"@T[\"Language\"]\">"), "a translation says it itself");
    }

    /// <summary>What a page says without a resource file: words between tags, in attributes that are read out, and in C# texts that look like words.</summary>
    static List<string> OwnWords(string page)
    {
        page = Comment().Replace(page, "");
        var found = Attribute().Matches(page).Select(match => match.Groups[1].Value).Where(value => Word().IsMatch(value)).ToList();
        found.AddRange(Quoted().Matches(OtherAttribute().Replace(Use().Replace(page, "T["), "")).Select(match => match.Groups[1].Value).Where(text => Sentence().IsMatch(text) && !DateFormat().IsMatch(text)));
        found.AddRange(Between().Matches(Razor().Replace(Code().Replace(page, "\n"), "")).Select(match => match.Groups[1].Value.Trim()).Where(words => Word().IsMatch(words)));
        return found;
    }

    static Dictionary<string, string> TextsOf(string name) => XDocument.Load(Path.Combine(Root, $"{name.Replace('.', '/')}.resx")).Root!.Elements("data")
        .ToDictionary(data => (string)data.Attribute("name")!, data => (string)data.Element("value")!);

    /// <summary>Names of texts as the source has them: with {…} where it computes a part.</summary>
    static IEnumerable<string> KeysIn(string source) => Use().Matches(source).Select(match => match.Groups[1].Value);

    static Func<string, bool> Matches(string key)
    {
        var pattern = new Regex($"^{Regex.Replace(Regex.Escape(key), @"\\\{.*?}", ".+")}$");
        return pattern.IsMatch;
    }

    /// <summary>Names of texts that are written out, and how many values each is given there.</summary>
    static IEnumerable<(string Key, int Values)> Uses(string source)
    {
        foreach (var match in Use().Matches(source).Where(match => !match.Value.Contains('$')))
        {
            var (depth, values, quoted) = (1, 0, false);
            for (var at = match.Index + match.Length; depth > 0; at++)
                switch (source[at])
                {
                    case '"':
                        quoted = !quoted;
                        break;
                    case '(' or '[' or '{' when !quoted:
                        depth++;
                        break;
                    case ')' or ']' or '}' when !quoted:
                        depth--;
                        break;
                    case ',' when !quoted && depth == 1:
                        values++;
                        break;
                }
            yield return (match.Groups[1].Value, values);
        }
    }

    sealed class Language(CultureInfo? before) : IDisposable
    {
        public void Dispose() => (CultureInfo.DefaultThreadCurrentUICulture, CultureInfo.CurrentUICulture) = (before, CultureInfo.InvariantCulture);
    }

    static Language In(string language)
    {
        var before = CultureInfo.DefaultThreadCurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = new(language);
        return new(before);
    }

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"\bT(?:\.Html\(|\[)\$?""([^""]*)""")]
    private static partial Regex Use();

    [GeneratedRegex(@"""([^""\n]*)""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\{\d+(?::[^}]*)?\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"@\*.*?\*@|^\s*//.*?$|\s//\s.*?$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b(?:aria-label|aria-description|aria-valuetext|placeholder|title|alt|label|data-label)=""([^""@]*)""")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\s[\w-]+=""[^""@]*""")]
    private static partial Regex OtherAttribute();

    [GeneratedRegex("^[dMyHms :,]+$")]
    private static partial Regex DateFormat();

    /// <summary>Blocks and lines of code that hold no tags.</summary>
    [GeneratedRegex(@"^@(?:functions )?\{\n.*?^\}|^\s*var .*?;$|^\s*@?(?:if|else|foreach|for|return|using|model|page|namespace|addTagHelper)\b[^\n]*$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@">([^<>]*)<")]
    private static partial Regex Between();

    /// <summary>An expression with what hangs on it.</summary>
    [GeneratedRegex(@"@(?:(?:if |foreach |switch )?\((?>[^()]+|\((?<n>)|\)(?<-n>))*\)|\w+(?:\.\w+)*(?:\[(?>[^\[\]]+|\[(?<n>)|\](?<-n>))*\]|\((?>[^()]+|\((?<n>)|\)(?<-n>))*\)|\.\w+)*|\{[^}]*\})")]
    private static partial Regex Razor();

    [GeneratedRegex(@"\p{L}{2,}")]
    private static partial Regex Word();

    /// <summary>Two words or more, the first letter of a sentence or not: what no name, class or path looks like.</summary>
    [GeneratedRegex(@"^\s*\p{L}[\p{L}’',]*(?: [\p{L}’',.]+)+[.:?]?\s*$")]
    private static partial Regex Sentence();
}
