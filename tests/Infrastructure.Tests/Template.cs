using YamlDotNet.RepresentationModel;

namespace Infrastructure.Tests;

/// <summary>A CloudFormation template: its parts, and what its functions name.</summary>
sealed class Template
{
    readonly YamlMappingNode _root;

    Template(string name, YamlMappingNode root) => (Name, _root) = (name, root);

    public string Name { get; }

    public static IReadOnlyList<Template> All { get; } = [.. Directory.GetFiles(Testing.Repository.PathOf("infrastructure/aws"), "*.yaml").Order(StringComparer.Ordinal).Select(Read)];

    public static Template Of(string name) => All.Single(template => template.Name == name);

    public IReadOnlyDictionary<string, YamlMappingNode> Part(string name) =>
        _root.Children.TryGetValue(name, out var part) ? ((YamlMappingNode)part).Children.ToDictionary(child => Text(child.Key), child => (YamlMappingNode)child.Value) : new Dictionary<string, YamlMappingNode>();

    public IEnumerable<string> Names(string part) => _root.Children.TryGetValue(part, out var node) ? ((YamlMappingNode)node).Children.Keys.Select(Text) : [];

    /// <summary>A node by its path; throws when there is none.</summary>
    public YamlNode this[params string[] path] => path.Aggregate((YamlNode)_root, (node, name) => node is YamlSequenceNode list ? list[int.Parse(name)] : node[name]);

    public string TextAt(params string[] path) => Text(this[path]);

    public IEnumerable<YamlMappingNode> ResourcesOf(string type) => Part("Resources").Values.Where(resource => Text(resource["Type"]) == type);

    /// <summary>Names of parameters, resources and pseudo parameters that Ref, GetAtt and Sub use.</summary>
    public IReadOnlySet<string> Used() => Nodes(_root).SelectMany(Names).ToHashSet();

    /// <summary>What Fn::ImportValue names: the parameter with the name of a stack, and the end of the export's name.</summary>
    public IEnumerable<(string Parameter, string Export)> Imports() =>
        from node in Nodes(_root).OfType<YamlMappingNode>()
        where node.Children.ContainsKey("Fn::ImportValue")
        let parts = Text(node["Fn::ImportValue"]).Split("}-")
        select (parts[0].TrimStart('$', '{'), parts[1]);

    /// <summary>The user data as EC2 gets it.</summary>
    /// <param name="values">Of parameters, resources and imports.</param>
    public string UserData(IReadOnlyDictionary<string, string> values)
    {
        var parts = (YamlSequenceNode)((YamlSequenceNode)this["Resources", "Template", "Properties", "LaunchTemplateData", "UserData", "Fn::Base64"])[1];
        var variables = values.Aggregate(Text(((YamlSequenceNode)parts[0])[0]), (text, value) => text.Replace($"${{{value.Key}}}", value.Value));
        return variables.Contains("${") ? throw new InvalidOperationException($"no value for something in: {variables}") : variables + Text(parts[1]);
    }

    public static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    public static IEnumerable<string> Texts(YamlNode node) => node is YamlSequenceNode list ? list.Select(Text) : [Text(node)];

    static Template Read(string path)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(path);
        stream.Load(reader);
        return new(Path.GetFileNameWithoutExtension(path), (YamlMappingNode)stream.Documents.Single().RootNode);
    }

    static IEnumerable<YamlNode> Nodes(YamlNode node) => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(child => Nodes(child.Value)).Prepend(map),
        YamlSequenceNode list => list.SelectMany(Nodes).Prepend(list),
        _ => [node],
    };

    static IEnumerable<string> Names(YamlNode node)
    {
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        return (tag, node) switch
        {
            ("!Ref", YamlScalarNode) => [Text(node)],
            ("!GetAtt", YamlScalarNode) => [Text(node).Split('.')[0]],
            ("!Sub", YamlScalarNode) => InText(Text(node)),
            ("!Sub", YamlSequenceNode list) => InText(Text(list[0])).Except(((YamlMappingNode)list[1]).Children.Keys.Select(Text)),
            ("!If", YamlSequenceNode list) => [$"condition {Text(list[0])}"],
            ("!Condition", YamlScalarNode) => [$"condition {Text(node)}"],
            (_, YamlMappingNode map) when map.Children.TryGetValue("Condition", out var condition) && condition is YamlScalarNode => [$"condition {Text(condition)}"],
            (_, YamlMappingNode map) when map.Children.TryGetValue("DependsOn", out var needed) => Texts(needed),
            _ => [],
        };
    }

    static IEnumerable<string> InText(string text) => text.Split("${").Skip(1).Select(part => part.Split('}')[0].Split('.')[0]);
}
