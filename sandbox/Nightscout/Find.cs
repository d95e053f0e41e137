using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>A <c>find</c> that the server cannot read, or MongoDB refuses.</summary>
sealed class BadFindException(string message) : Exception(message);

/// <summary>What a <c>find</c> selects: a test of each record, and bounds of the time field where it gives some.</summary>
sealed record Find(Func<Record, bool> Test, Scalar? Min, Scalar? Max);

/// <summary>Reads <c>find</c> with the server's coercions (contract §1).</summary>
sealed class FindReader(RecordKind kind, bool idsAreComparable, DateTimeOffset now)
{
    static readonly TimeSpan Window = TimeSpan.FromDays(4);

    readonly List<Func<Record, bool>> _tests = [];
    Scalar? _min;
    Scalar? _max;

    public Find Read(JsonObject find)
    {
        foreach (var (name, condition) in find)
            if (name is "$or" or "$nor" or "$and")
                _tests.Add(Combined(name, condition));
            else
                AddField(name, condition);
        if (kind.HasWindow && !find.ContainsKey(kind.TimeField) && !find.ContainsKey("_id") && !find.ContainsKey("dateString"))
            AddWindow();
        return new(record => _tests.TrueForAll(test => test(record)), _min, _max);
    }

    /// <summary>The hidden window: without a word about the date only the last four days are looked at.</summary>
    void AddWindow()
    {
        var start = now - Window;
        AddTest(kind.TimeField, "$gte", kind.TimeIsNumber ? Scalar.Of(start.ToUnixTimeMilliseconds()) : Scalar.Of(MomentText.Iso(start)));
    }

    void AddField(string name, JsonNode? condition)
    {
        switch (condition)
        {
            case JsonObject operators:
                foreach (var (operation, value) in operators)
                    AddOperator(name, operation, value);
                break;
            case JsonArray: // a repeated parameter: MongoDB is asked for that very array
                _tests.Add(_ => false);
                break;
            case JsonValue when name == kind.TimeField && !kind.TimeIsNumber:
                throw new BadFindException("Cannot parse - as a valid ISO-8601 date"); // it reads the text letter by letter
            case JsonValue value when kind.Patterns.Contains(name) && Pattern(value.ToString()) is { } pattern:
                _tests.Add(record => RecordJson.Field(record.Json, name) is { Kind: ScalarKind.Text } text && pattern.IsMatch(text.ToString()));
                break;
            default:
                AddTest(name, "$eq", Coerced(name, condition));
                break;
        }
    }

    void AddOperator(string field, string name, JsonNode? value)
    {
        if (field == "_id" && !idsAreComparable)
            _tests.Add(_ => name is "$ne" or "$nin" or "$exists"); // before 15.0.7 ids in operators stayed text, and no ObjectId equals a text
        else if (name is "$in" or "$nin")
            AddSet(field, name == "$in", value is JsonArray list ? [.. list.Select(item => Coerced(field, item))] : [Coerced(field, value)]);
        else
            AddTest(field, name, Coerced(field, value));
    }

    void AddSet(string field, bool wanted, Scalar[] values) =>
        _tests.Add(record => values.Any(RecordJson.Field(record.Json, field).Is) == wanted);

    void AddTest(string field, string name, Scalar value)
    {
        if (double.IsNaN(value.Number) && field == kind.TimeField)
            throw new BadFindException("dateString.replace is not a function");
        var test = double.IsNaN(value.Number) && name != "$exists" ? _ => name == "$ne" : Comparison(name, value);
        if (field != kind.TimeField)
        {
            _tests.Add(record => test(RecordJson.Field(record.Json, field)));
            return;
        }
        _tests.Add(record => test(record.Key));
        if (name is "$gte" or "$gt" or "$eq" && (_min is not { } min || value > min))
            _min = value;
        if (name is "$lte" or "$lt" or "$eq" && (_max is not { } max || value < max))
            _max = value;
    }

    /// <summary>Only values of one type compare: a text date is invisible to a number bound.</summary>
    public static Func<Scalar, bool> Comparison(string name, Scalar value) => name switch
    {
        "$gt" => actual => actual.Kind == value.Kind && actual > value,
        "$gte" => actual => actual.Kind == value.Kind && actual >= value,
        "$lt" => actual => actual.Kind == value.Kind && actual < value,
        "$lte" => actual => actual.Kind == value.Kind && actual <= value,
        "$eq" => actual => actual.Is(value),
        "$ne" => actual => !actual.Is(value),
        "$regex" => actual => actual.Kind == ScalarKind.Text && Regex.IsMatch(actual.ToString(), value.ToString()),
        "$exists" => actual => actual.Kind != ScalarKind.Missing, // "false" is a text, and so is true
        _ => throw new BadFindException($"unknown operator: {name}"),
    };

    /// <summary>Inside these nothing is coerced.</summary>
    static Func<Record, bool> Combined(string name, JsonNode? condition)
    {
        var branches = condition switch
        {
            JsonObject numbered => numbered.Select(branch => branch.Value),
            JsonArray list => list,
            _ => throw new BadFindException($"{name} must be an array"),
        };
        var tests = branches
            .Select(branch => Uncoerced(branch as JsonObject ?? throw new BadFindException($"{name} entries need to be full objects")))
            .ToArray();
        return name switch
        {
            "$or" => record => tests.Any(test => test(record)),
            "$nor" => record => !tests.Any(test => test(record)),
            _ => record => tests.All(test => test(record)),
        };
    }

    static Func<Record, bool> Uncoerced(JsonObject branch)
    {
        var tests = branch.SelectMany(field => field.Value is JsonObject operators
            ? operators.Select(item => (Field: field.Key, Test: Comparison(item.Key, Scalar.Of(item.Value!.ToString()))))
            : [(Field: field.Key, Test: Comparison("$eq", Scalar.Of(field.Value!.ToString())))]).ToArray();
        return record => tests.All(item => item.Test(RecordJson.Field(record.Json, item.Field)));
    }

    Scalar Coerced(string field, JsonNode? node)
    {
        var text = node?.ToString() ?? "";
        if (kind.Numbers.Contains(field))
            return Scalar.Of(MomentText.ParseInt(text) ?? double.NaN);
        if (field == kind.TimeField && !double.TryParse(text, out _))
            return Scalar.Of(MomentText.Parse(text.Contains(' ') ? text.Remove(text.IndexOf(' '), 1).Insert(text.IndexOf(' '), "+") : text) is { } time
                ? MomentText.Iso(time) : throw new BadFindException($"Cannot parse {text} as a valid ISO-8601 date"));
        return Scalar.Of(text);
    }

    static Regex? Pattern(string text) =>
        Regex.Match(text, "/(.*)/(.*)") is { Success: true } parts
            ? new(parts.Groups[1].Value, parts.Groups[2].Value.Contains('i') ? RegexOptions.IgnoreCase : RegexOptions.None) : null;
}
