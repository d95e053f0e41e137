using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using Map = System.Collections.Generic.Dictionary<object, object?>;

namespace Infrastructure.Tests;

/// <summary>What every container promises, read from the compose files; whether Docker Compose takes them, infrastructure/docker/check asks Docker Compose.</summary>
public sealed partial class ComposeTests
{
    static readonly Map Base = Read("docker-compose.yml"), Production = Read("docker-compose.prod.yml");

    /// <summary>Those that end by themselves.</summary>
    static readonly string[] OneShots = ["migrate", "folders", "tools", "metabase-provisioner"];

    /// <summary>They start as root and go on as users of their own.</summary>
    static readonly string[] KeepRights = ["db", "metabase", "folders"];

    /// <summary>By name; production only adds to those of the other file.</summary>
    static IEnumerable<TestCaseData> Services() => Containers().Select(container => new TestCaseData(container.Key, container.Value).SetArgDisplayNames(container.Key));

    [TestCaseSource(nameof(Services))]
    public void Every_container_has_few_rights_and_bounds(string name, Map container)
    {
        Assert.That(container["cap_drop"], Is.EqualTo(new[] { "ALL" }));
        Assert.That(container["security_opt"], Has.Member("no-new-privileges:true"));
        Assert.That(container.ContainsKey("cap_add"), Is.EqualTo(KeepRights.Contains(name)));
        Assert.That(container.Keys, Has.None.AnyOf("privileged", "pid", "ipc"));
        if (name != "metabase") // writes its plugins beside itself
            Assert.That(container["read_only"], Is.EqualTo("true"));
        Assert.That(((Map)((Map)container["logging"]!)["options"]!)["max-size"], Does.EndWith("m"), "logs are cut");
        if (name != "tools") // ends with the operator's command
            Assert.That(container["mem_limit"], Is.Not.Empty);
    }

    [TestCaseSource(nameof(Services))]
    public void What_ends_is_started_again_and_what_hangs_is_noticed(string name, Map container)
    {
        if (OneShots.Contains(name))
            return;
        Assert.That(container["restart"], Is.EqualTo("unless-stopped"));
        if (name != "certbot") // waits most of the time
            Assert.That(((Map)container["healthcheck"]!).Keys, Has.Member("test"));
    }

    [TestCaseSource(nameof(Services))]
    public void Nothing_waits_for_metabase_and_nothing_of_the_machine_is_mounted(string name, Map container)
    {
        if (container.GetValueOrDefault("depends_on") is Map needs)
            Assert.That(needs.Keys, Has.None.Contain("metabase"));
        if (container.GetValueOrDefault("volumes") is List<object> volumes)
            Assert.That(volumes, Has.None.StartsWith("/"));
    }

    [Test]
    public void Only_the_proxy_is_public()
    {
        var published = Containers().Where(container => container.Value.ContainsKey("ports")).ToDictionary(container => container.Key, container => (List<object>)container.Value["ports"]!);

        Assert.That(published.Keys, Is.EquivalentTo(["reverse-proxy", "mail-catcher"]));
        Assert.That(published.Values.SelectMany(ports => ports), Has.All.StartsWith("127.0.0.1:"));
        Assert.That(((Map)Production["services"]!).Where(service => ((Map)service.Value!).ContainsKey("ports")).Select(service => service.Key), Is.EqualTo(new[] { "reverse-proxy" }));
    }

    [Test]
    public void Metabase_is_on_in_production_and_one_file_leaves_it_out()
    {
        var without = Read("infrastructure/docker/without-metabase.yml");

        foreach (var name in new[] { "metabase", "metabase-provisioner" })
            Assert.That(new[] { Base, Production, without }.Select(file => ((Map)((Map)file["services"]!)[name]!)["profiles"]), Is.EqualTo(new[] { ["metabase"], Array.Empty<object>(), ["metabase"] }), name);
        Map Environment(string name) => (Map)((Map)((Map)without["services"]!)[name]!)["environment"]!;
        Assert.That((Environment("data-management-app")["Metabase__SiteUrl"], Environment("reverse-proxy")["Proxy__Charts__Host"], Environment("reverse-proxy")["Proxy__Charts__Destinations__0"]), Is.EqualTo(("", "", "")), "what .env says of it counts no more");
        Assert.That(Environment("certbot")["HOSTS"], Does.Contain("Proxy__Data__Host").And.Not.Contain("Charts"));
    }

    [Test]
    public void The_database_has_a_network_without_a_way_out()
    {
        var containers = Containers();

        Assert.That(((Map)((Map)Base["networks"]!)["database"]!)["internal"], Is.EqualTo("true"));
        Assert.That(containers["db"]["networks"], Is.EqualTo(new[] { "database" }));
        Assert.That(containers["reverse-proxy"]["networks"], Is.EqualTo(new[] { "front" }));
    }

    [Test]
    public void Every_setting_that_a_container_is_handed_is_explained()
    {
        var explained = File.ReadAllText(Testing.Repository.PathOf(".env.example"));
        var handed =
            from container in Containers().Values
            where container.ContainsKey("environment")
            from setting in (Map)container["environment"]!
            from name in setting.Value is string { Length: > 0 } value ? Variables().Matches(value).Select(match => match.Groups[1].Value) : [(string)setting.Key]
            select name;

        Assert.That(handed.Distinct().Where(setting => !Regex.IsMatch(explained, $@"\b{setting}\b")), Is.Empty);
    }

    [Test]
    public void Of_every_secret_is_said_how_it_is_changed()
    {
        var operations = File.ReadAllText(Testing.Repository.PathOf("docs/operations.md"));
        var table = operations[operations.IndexOf("## Rotate keys", StringComparison.Ordinal)..operations.IndexOf("## Erase a participant", StringComparison.Ordinal)];
        var said = Quoted().Matches(table).Select(match => match.Groups[1].Value).ToList(); // a name, or how several begin
        var secrets =
            from about in Secrets().Matches(File.ReadAllText(Testing.Repository.PathOf(".env.example")))
            from setting in Setting().Matches(about.Groups[1].Value)
            select setting.Groups[1].Value;

        Assert.That(secrets.Count(), Is.GreaterThan(20));
        Assert.That(secrets.Where(secret => !said.Any(name => secret.StartsWith(name, StringComparison.Ordinal))), Is.Empty);
    }

    static Dictionary<string, Map> Containers() => new[] { Base, Production }.SelectMany(file => (Map)file["services"]!)
        .Where(service => ((Map)service.Value!).ContainsKey("image")).ToDictionary(service => (string)service.Key, service => (Map)service.Value!);

    static Map Read(string file)
    {
        using var reader = File.OpenText(Testing.Repository.PathOf(file));
        return new DeserializerBuilder().WithTagMapping("!override", typeof(List<object>)).WithTagMapping("!reset", typeof(List<object>)).Build().Deserialize<Map>(new MergingParser(new Parser(reader)));
    }

    [GeneratedRegex(@"^# SECRET.*\n(?:# .*\n)*((?:#?[A-Za-z][A-Za-z0-9_]*=.*\n)+)", RegexOptions.Multiline)]
    private static partial Regex Secrets();

    [GeneratedRegex("^#?([A-Za-z][A-Za-z0-9_]*)=", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex("`([A-Za-z][A-Za-z0-9_]*)")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\$\{([A-Za-z0-9_]+)")]
    private static partial Regex Variables();
}
