using System.Text.Json.Nodes;

namespace Privacy.Tests;

/// <summary>Writes names, telephone numbers, serials, tokens and addresses into a record wherever something can be written.</summary>
sealed class Planting
{
    /// <summary>Whatever is planted holds one of these, and nothing else in these tests does.</summary>
    public static readonly string[] Stems = ["zofia", "plantowska", "15128884", "qx77kl", "deadbeefcafe", "secret.example"];

    /// <summary>Where uploaders write numbers of devices, so that one may stand there as a number.</summary>
    static readonly HashSet<string> Serials =
        new(["pumpID", "pumpId", "pumpSerial", "serial", "sensorId", "SensorId", "transmitterID", "transmitterId", "NSCLIENT_ID", "bolusId", "endId", "id", "identifier", "uuid", "syncIdentifier", "patchUid"], StringComparer.Ordinal);

    /// <summary>Without a time a record is in no export.</summary>
    static readonly HashSet<string> Times = new(["date", "created_at", "startDate", "mills", "dateString", "timestamp"], StringComparer.Ordinal);

    int _count;

    /// <summary>The record with its own time, planted all over; then variants that also plant in the times, and that hide what is planted behind what an uploader writes.</summary>
    public IEnumerable<string> Variants(string record)
    {
        foreach (var keepTimes in new[] { true, false })
            foreach (var behind in new[] { false, true })
                for (var kind = 0; kind < 7; kind++)
                {
                    var planted = JsonNode.Parse(record)!.AsObject();
                    Plant(planted, kind, keepTimes, behind, root: true);
                    if (keepTimes || behind)
                        planted["_id"] = $"{kind}{++_count:x23}a"[..24]; // else the planted one: any client may choose it
                    yield return planted.ToJsonString();
                }
    }

    /// <summary>A line that is no JSON any more.</summary>
    public static string Broken(string record) => record[..(record.Length * 2 / 3)];

    void Plant(JsonObject node, int kind, bool keepTimes, bool behind, bool root)
    {
        foreach (var (name, value) in node.ToList())
            switch (value)
            {
                case JsonObject inner:
                    Plant(inner, kind, keepTimes, behind, root: false);
                    break;
                case JsonArray list:
                    Plant(list, name, kind, keepTimes, behind);
                    break;
                case JsonValue leaf when !(root && keepTimes && Times.Contains(name)):
                    node[name] = Leaf(leaf, name, kind, behind);
                    break;
            }
        node[Text(kind)] = Text(kind + 1);                                               // an unknown key, and under it whatever somebody invents
        node[$"x{Text(kind)}"] = new JsonObject { ["value"] = Text(kind), ["name"] = Text(kind + 1), ["notes"] = new JsonArray(Text(kind + 2), new JsonObject { [Text(kind)] = Text(kind) }) };
        node["notes"] = Text(kind);
        if (node.ContainsKey("store"))
            node["store"]![Text(kind)] = new JsonObject { ["dia"] = 5, ["timezone"] = Text(kind), ["units"] = Text(kind) };
    }

    void Plant(JsonArray list, string name, int kind, bool keepTimes, bool behind)
    {
        for (var at = 0; at < list.Count; at++)
            switch (list[at])
            {
                case JsonObject inner:
                    Plant(inner, kind, keepTimes, behind, root: false);
                    break;
                case JsonArray inner:
                    Plant(inner, name, kind, keepTimes, behind);
                    break;
                case JsonValue leaf:
                    list[at] = Leaf(leaf, name, kind, behind);
                    break;
            }
        list.Add((JsonNode)Text(kind));
        list.Add((JsonNode)new JsonArray((JsonNode)Text(kind + 1)));
    }

    JsonNode? Leaf(JsonValue leaf, string name, int kind, bool behind) => leaf.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String when behind => $"{leaf.GetValue<string>()}{" -/:"[kind % 4]}{Text(kind)}", // "loop://Zofia's iPhone", "Temp Basal Zofia"
        System.Text.Json.JsonValueKind.String when kind == 5 => new JsonObject { ["note"] = Text(0), ["phone"] = Text(1), [Text(2)] = Text(3), ["url"] = Text(4) }.ToJsonString(), // JSON in text
        System.Text.Json.JsonValueKind.String => Text(kind),
        System.Text.Json.JsonValueKind.Number when kind == 1 => behind ? $"0{Phone()}" : 490000000000000L + Phone(), // with the code of a country
        System.Text.Json.JsonValueKind.Number when kind == 6 => behind ? $"{Phone()}" : Phone(),
        System.Text.Json.JsonValueKind.Number when kind == 2 && Serials.Contains(name) => 15128884,
        System.Text.Json.JsonValueKind.Number when behind => Text(kind),
        _ => leaf.DeepClone(),
    };

    /// <summary>Twelve digits: more than any moment or quantity.</summary>
    long Phone() => 151288840000 + ++_count % 10000;

    string Text(int kind) => (kind % 5) switch
    {
        0 => $"Zofia Plantowska {++_count}",
        1 => $"{(_count % 2 == 0 ? "+49 " : "0")}{Phone()}",
        2 => $"QX77KL{++_count}",
        3 => $"reader-deadbeefcafe{++_count:x8}",
        _ => $"https://zofia{++_count}.secret.example/?token=reader-deadbeefcafe",
    };
}
