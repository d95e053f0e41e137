using Dapper;
using Npgsql;

namespace Codebook;

/// <summary>What researchers can read: tables with their columns, and the fields of the records these are made of.</summary>
/// <param name="Tables">Those made of the records of a collection first, in the ETL's order, then the others by name.</param>
/// <param name="Records">Of each collection what is known of its records as such (path is empty); none where nothing is.</param>
public sealed record DataDictionary(IReadOnlyList<DictionaryTable> Tables, IReadOnlyList<DictionaryField> Fields, IReadOnlyList<ObservedField> Records)
{
    const string UnitMark = "; unit: ";

    /// <summary>A view's own comment goes before that of the table of its name. The job that takes exports back is the only reader of outdated_export.</summary>
    const string Described = """
        select v.relname::text as "table", coalesce(obj_description(v.oid), obj_description(t.oid), '') as about, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
               coalesce(tc.attnotnull, false) as not_null, coalesce(col_description(v.oid, a.attnum), col_description(t.oid, tc.attnum), '') as comment
          from pg_class v
          join pg_attribute a on a.attrelid = v.oid and a.attnum > 0 and not a.attisdropped
          left join pg_class t on t.relname = v.relname and t.relkind = 'r' and t.relnamespace = to_regnamespace('openaps')
          left join pg_attribute tc on tc.attrelid = t.oid and tc.attname = a.attname and not tc.attisdropped
         where v.relnamespace = to_regnamespace('research') and v.relname <> 'outdated_export'
         order by v.relname, a.attnum
        """;

    /// <summary>Whether anything is known of the records of the reader's participants.</summary>
    public bool IsObserved => Records.Count > 0;

    /// <summary>Reads the comments of schema research and of the tables behind it; any role may.</summary>
    /// <param name="observed">What is known of the records of the reader's participants; empty: nothing.</param>
    public static async Task<DataDictionary> ReadAsync(
        NpgsqlConnection connection, FieldSources sources, IReadOnlyCollection<ObservedField> observed, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<(string Table, string About, string Name, string Type, bool NotNull, string Comment)>(new CommandDefinition(Described, cancellationToken: cancellationToken));
        var order = sources.Columns.Select(column => column.Table).Distinct().ToList();
        var madeOf = sources.Columns.ToDictionary(column => (column.Table, column.Name));
        var tables = rows.GroupBy(row => (row.Table, row.About))
            .OrderBy(table => order.IndexOf(table.Key.Table) is >= 0 and var place ? place : int.MaxValue).ThenBy(table => table.Key.Table, StringComparer.Ordinal)
            .Select(table => new DictionaryTable(table.Key.Table, WithoutWriter(table.Key.About),
                sources.Columns.FirstOrDefault(column => column.Table == table.Key.Table)?.Collection,
                [.. table.Select(row => Column(row.Name, row.Type, row.NotNull, row.Comment, madeOf.GetValueOrDefault((table.Key.Table, row.Name))))])).ToList();

        var seen = observed.ToDictionary(field => (field.Collection, field.Path));
        return new(tables, [.. sources.Fields.Select(field => Field(field, tables, seen.GetValueOrDefault((field.Collection, field.Path))))], [.. observed.Where(field => field.Path.Length == 0)]);
    }

    /// <summary>What is left when only those columns and fields are shown that hold every word of a search, in any of what is said of them; tables without any go.</summary>
    public DataDictionary Matching(string? search)
    {
        var words = (search ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            return this;
        return new(
            [.. Tables.Select(table => table with { Columns = [.. table.Columns.Where(column => Holds([table.Name, column.Name, column.Type, column.Unit, column.Description, column.How, .. column.From]))] })
                .Where(table => table.Columns.Count > 0)],
            [.. Fields.Where(field => Holds([field.Collection, field.Path, field.Keeps, field.Unit, field.Description, .. field.Columns]))], Records);

        bool Holds(string?[] texts) => Array.TrueForAll(words, word => Array.Exists(texts, text => text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true));
    }

    static DictionaryColumn Column(string name, string type, bool notNull, string comment, SourceColumn? source)
    {
        var mark = comment.LastIndexOf(UnitMark, StringComparison.Ordinal);
        return new(name, type, mark < 0 ? null : comment[(mark + UnitMark.Length)..], !notNull, mark < 0 ? comment : comment[..mark], source?.From ?? [], source?.How ?? "");
    }

    /// <summary>A field means what the column means that takes its value first of all, if nothing is worked out.</summary>
    static DictionaryField Field(SourceField field, List<DictionaryTable> tables, ObservedField? observed)
    {
        var madeOfIt = tables.Where(table => table.Collection == field.Collection).SelectMany(table => table.Columns.Select(column => (Table: table, Column: column)))
            .Where(made => made.Column.From.Contains(field.Path)).ToList();
        var same = madeOfIt.Find(made => made.Column.How.Length == 0 && made.Column.From[0] == field.Path).Column;
        return new(field.Collection, field.Path, field.Keeps, same?.Unit, same?.Description ?? "", [.. madeOfIt.Select(made => $"{made.Table.Name}.{made.Column.Name}")], observed);
    }

    /// <summary>Comments of tables end with who writes and reads them, which is nothing to a researcher.</summary>
    static string WithoutWriter(string comment) => comment.IndexOf(" Writer", StringComparison.Ordinal) is > 0 and var end ? comment[..end] : comment;
}

/// <param name="Name">Of the view in schema research.</param>
/// <param name="Collection">Whose records it is made of; null: of other tables.</param>
public sealed record DictionaryTable(string Name, string Description, string? Collection, IReadOnlyList<DictionaryColumn> Columns);

/// <param name="Type">SQL.</param>
/// <param name="Unit">Null: none, or it stands in another column.</param>
/// <param name="Nullable">False: it has a value in every row.</param>
/// <param name="From">Paths of the record it is made of.</param>
/// <param name="How">As <see cref="SourceColumn"/> has it.</param>
public sealed record DictionaryColumn(string Name, string Type, string? Unit, bool Nullable, string Description, IReadOnlyList<string> From, string How);

/// <param name="Path">Dotted; <c>*</c> for names that participants chose, an array for its elements.</param>
/// <param name="Keeps">What a value must be to be kept, in words.</param>
/// <param name="Unit">Of the column that takes it as it is; null: none, or there is no such column.</param>
/// <param name="Columns">Made of it: table.column.</param>
/// <param name="Observed">Null: no record is known to have it.</param>
public sealed record DictionaryField(string Collection, string Path, string Keeps, string? Unit, string Description, IReadOnlyList<string> Columns, ObservedField? Observed);
