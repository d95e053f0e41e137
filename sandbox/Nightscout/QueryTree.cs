using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>A query string as the server's parser reads it: <c>find[date][$gte]=1</c> is an object in an object.</summary>
static class QueryTree
{
    public static JsonObject Parse(IQueryCollection query)
    {
        var root = new JsonObject();
        foreach (var (key, values) in query)
            foreach (var value in values)
                Set(root, key.Split('[').Select(part => part.TrimEnd(']')).ToArray(), value ?? "");
        return root;
    }

    static void Set(JsonObject root, string[] path, string value)
    {
        var node = root;
        var list = path.Length > 1 && path[^1] == ""; // a[]=1&a[]=2
        var names = list ? path[..^1] : path;
        foreach (var name in names[..^1])
        {
            if (node[name] is not JsonObject)
                node[name] = new JsonObject();
            node = (JsonObject)node[name]!;
        }
        node[names[^1]] = node[names[^1]] switch
        {
            JsonArray more => new JsonArray([.. more.Select(item => item!.DeepClone()), value]),
            JsonValue one => new JsonArray(one.DeepClone(), value),
            _ => list ? new JsonArray(value) : value,
        };
    }
}
