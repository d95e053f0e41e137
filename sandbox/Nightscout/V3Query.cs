using System.Globalization;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>What API v3 answers with 400.</summary>
sealed class BadV3RequestException(string message) : Exception(message);

/// <summary>One search of API v3: which records, in which order, how many (contract §3).</summary>
sealed record V3Query(IReadOnlyList<Func<Record, bool>> Tests, Scalar? Min, Scalar? Max, string? Sort, bool Descending, int Skip, int Limit)
{
    const int MaxLimit = 1000;

    static readonly string[] Reserved = ["token", "sort", "sort$desc", "limit", "skip", "fields", "now"];
    static readonly string[] Operators = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "re"];

    public static V3Query Read(RecordKind kind, IQueryCollection query)
    {
        var conditions = new Dictionary<string, (string Operator, string Text)>(); // one a field: the last condition is the only one
        foreach (var (name, values) in query.Where(parameter => !Reserved.Contains(parameter.Key)))
        {
            var (field, operation) = name.LastIndexOf('$') is > 0 and var dollar ? (name[..dollar], name[(dollar + 1)..]) : (name, "eq");
            if (!Operators.Contains(operation))
                throw new BadV3RequestException($"Unsupported filter operator {operation}");
            conditions[field] = (operation, values[^1] ?? "");
        }
        var (ascending, descending) = (query["sort"].ToString(), query["sort$desc"].ToString());
        if (ascending != "" && descending != "")
            throw new BadV3RequestException("Parameters sort and sort_desc cannot be combined");
        var bound = conditions.TryGetValue(kind.TimeField, out var time) ? Value(kind.TimeField, time.Text) : (Scalar?)null;
        return new(
            [.. conditions.Where(one => one.Key != "isValid").Select(one => Test(one.Key, one.Value.Operator, one.Value.Text))],
            time.Operator is "gt" or "gte" or "eq" ? bound : null,
            time.Operator is "lt" or "lte" or "eq" ? bound : null,
            ascending + descending is { Length: > 0 } sort ? sort : null,
            descending != "",
            SkipOf(query),
            LimitOf(query));
    }

    public static int LimitOf(IQueryCollection query) => query["limit"].ToString() switch
    {
        "" => MaxLimit,
        var text when double.TryParse(text, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxLimit => (int)Math.Max(limit, 1),
        _ => throw new BadV3RequestException("Parameter limit out of tolerance"),
    };

    static int SkipOf(IQueryCollection query) => query["skip"].ToString() switch
    {
        "" => 0,
        var text when double.TryParse(text, CultureInfo.InvariantCulture, out var skip) && skip >= 0 => (int)Math.Min(skip, int.MaxValue),
        _ => throw new BadV3RequestException("Parameter skip out of tolerance"),
    };

    public List<Record> Run(SiteRecords records)
    {
        var matches = records.Between(Min, Max, Descending).Where(record => !record.IsDeleted && Tests.All(test => test(record)));
        var sorted = Sort == records.Kind.TimeField ? matches // already in that order
            : new[] { Sort, "identifier", "created_at", "date" }.OfType<string>().Aggregate(matches.OrderBy(_ => 0), ThenBy);
        return [.. sorted.Skip(Skip).Take(Limit)];
    }

    IOrderedEnumerable<Record> ThenBy(IOrderedEnumerable<Record> records, string field) => Descending
        ? records.ThenByDescending(record => RecordJson.Field(record.Json, field))
        : records.ThenBy(record => RecordJson.Field(record.Json, field));

    static Func<Record, bool> Test(string field, string operation, string text)
    {
        var texts = text.Split('|'); // in a set every value stays text
        var test = operation switch
        {
            "in" => actual => actual.Kind == ScalarKind.Text && texts.Contains(actual.ToString()),
            "nin" => actual => actual.Kind != ScalarKind.Text || !texts.Contains(actual.ToString()),
            "re" => Matches(new(text)),
            _ => FindReader.Comparison($"${operation}", Value(field, text)),
        };
        return record => test(RecordJson.Field(record.Json, field));
    }

    static Func<Scalar, bool> Matches(Regex pattern) => actual => actual.Kind == ScalarKind.Text && pattern.IsMatch(actual.ToString());

    /// <summary>Numbers and true or false are what they look like, unless in single quotes; times of every form become the stored one.</summary>
    static Scalar Value(string field, string text)
    {
        if (field is "date" or "srvModified" or "srvCreated" && MomentText.ParseV3(Scalar.Of(text)) is { } moment)
            return Scalar.Of(moment.ToUnixTimeMilliseconds());
        if (field == "created_at" && MomentText.ParseV3(Scalar.Of(text)) is { } created)
            return Scalar.Of(MomentText.Iso(created));
        if (double.TryParse(text, CultureInfo.InvariantCulture, out var number))
            return Scalar.Of(number);
        return text switch
        {
            "true" => Scalar.Of(true),
            "false" => Scalar.Of(false),
            ['\'', .. var quoted, '\''] => Scalar.Of(quoted),
            _ => Scalar.Of(text),
        };
    }
}
