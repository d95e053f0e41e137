using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;

namespace Sandbox;

/// <summary>What a query gave.</summary>
/// <param name="Error">Null: it ran.</param>
sealed record MetabaseResult(IReadOnlyList<(string Name, string Type)> Columns, JsonArray Rows, string? Error)
{
    /// <summary>202 whatever happened: the body says.</summary>
    public JsonObject Answer => new()
    {
        ["status"] = Error is null ? "completed" : "failed",
        ["error"] = Error,
        ["row_count"] = Rows.Count,
        ["data"] = new JsonObject
        {
            ["cols"] = new JsonArray([.. Columns.Select(column => new JsonObject { ["name"] = column.Name, ["display_name"] = column.Name, ["base_type"] = column.Type })]),
            ["rows"] = Rows.DeepClone(),
        },
    };

    public static MetabaseResult Failed(string error) => new([], [], error);
}

/// <summary>Runs native queries on the real PostgreSQL, as the user that the database was added with.</summary>
sealed partial class MetabaseQueryRun(MetabaseState state)
{
    /// <param name="values">By tag; without one a field filter is always true, and an optional part left out.</param>
    public async Task<MetabaseResult> RunAsync(MetabaseQuery query, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken)
    {
        if (!state.Databases.TryGetValue(query.Database, out var database))
            return MetabaseResult.Failed("Database not found.");
        try
        {
            await using var connection = await ConnectAsync(database.Details, cancellationToken);
            await using var command = Command(query, values);
            command.Connection = connection;
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var columns = Enumerable.Range(0, reader.FieldCount).Select(i => (reader.GetName(i), $"type/{reader.GetDataTypeName(i)}")).ToList();
            var rows = new JsonArray();
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(new JsonArray([.. Enumerable.Range(0, reader.FieldCount).Select(i => Value(reader.GetValue(i)))]));
            return new(columns, rows, null);
        }
        catch (Exception problem) when (problem is NpgsqlException or InvalidOperationException)
        {
            return MetabaseResult.Failed($"ERROR: {problem.Message}");
        }
    }

    /// <exception cref="NpgsqlException">It cannot be reached, or refuses the user.</exception>
    public static async Task<NpgsqlConnection> ConnectAsync(JsonObject details, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = (string?)details["host"],
            Port = (int?)details["port"] ?? 5432,
            Database = (string?)details["dbname"],
            Username = (string?)details["user"],
            Password = (string?)details["password"],
            SslMode = (bool?)details["ssl"] == true ? SslMode.Require : SslMode.Prefer, // encrypted first, then plain
            Timeout = 5,
            Pooling = false,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    NpgsqlCommand Command(MetabaseQuery query, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var sql = Optional().Replace(query.Sql, part => MetabaseQuery.Names(part.Groups[1].Value).All(name => values.GetValueOrDefault(name) is not null) ? part.Groups[1].Value : "");
        var command = new NpgsqlCommand { CommandTimeout = 60 };
        command.CommandText = MetabaseQuery.Tag().Replace(sql, tag =>
        {
            var (name, declared) = (tag.Groups[1].Value, query.Tags[tag.Groups[1].Value]);
            var value = values.GetValueOrDefault(name) is JsonArray list ? list.Count == 1 ? list[0] : list.Count == 0 ? null : throw new InvalidOperationException($"{name} takes one value.") : values.GetValueOrDefault(name);
            if (MetabaseQuery.Field(declared) is { } id)
                return value is null ? "1 = 1" : Range(state.Field(id) ?? throw new InvalidOperationException("The field is not known."), value.ToString());
            if (value is null)
                throw new InvalidOperationException($"You'll need to pick a value for '{(string?)declared["display-name"]}' before this query can run.");
            command.Parameters.Add(new()
            {
                Value = (string?)declared["type"] switch
                {
                    "number" => decimal.Parse(value.ToString(), CultureInfo.InvariantCulture),
                    "date" => DateOnly.Parse(value.ToString(), CultureInfo.InvariantCulture),
                    _ => value.ToString(),
                },
            });
            return $"${command.Parameters.Count}";
        });
        return command;
    }

    /// <summary>Some of the values that a filter of dates takes: a month, and days with <c>~</c> between or at one end.</summary>
    static string Range(MetabaseField field, string value)
    {
        var column = $"\"{field.Schema}\".\"{field.Table}\".\"{field.Name}\"";
        if (Month().IsMatch(value))
            return $"{column} >= date '{value}-01' and {column} < date '{value}-01' + interval '1 month'";
        if (Days().Match(value) is not { Success: true } days)
            throw new InvalidOperationException($"Don't know how to parse date: {value}");
        return string.Join(" and ", new[] { (days.Groups[1].Value, ">="), (days.Groups[2].Value, "<=") }.Where(end => end.Item1.Length > 0).Select(end => $"{column} {end.Item2} date '{end.Item1}'"));
    }

    static JsonNode? Value(object value) => value switch
    {
        DBNull => null,
        string text => text,
        bool flag => flag,
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        DateOnly day => $"{day:yyyy-MM-dd}T00:00:00Z",
        short or int or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        float or double or decimal => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    [GeneratedRegex(@"\[\[(.*?)\]\]", RegexOptions.Singleline)]
    private static partial Regex Optional();

    [GeneratedRegex(@"^\d{4}-\d{2}$")]
    private static partial Regex Month();

    [GeneratedRegex(@"^(\d{4}-\d{2}-\d{2})?~(\d{4}-\d{2}-\d{2})?$")]
    private static partial Regex Days();
}
