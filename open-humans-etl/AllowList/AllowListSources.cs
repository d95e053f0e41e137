using Codebook;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl.AllowList;

/// <summary>The allow-lists and what becomes of them for the data dictionary.</summary>
public static class AllowListSources
{
    public static FieldSources Read() => new(
        [.. WarehouseTables.All.SelectMany(Fields)],
        [.. WarehouseTables.All.SelectMany(tables => tables.Tables.SelectMany(table => table.Columns.Select(column =>
            new SourceColumn(tables.Collection, table.Name, column.Name, column.Paths, How(column)))))]);

    static IEnumerable<SourceField> Fields(WarehouseTables tables)
    {
        var fields = tables.Fields();
        var rules = fields.Paths().ToDictionary(field => field.Path, field => field.Rule);
        return fields.WithNumbers().Where(path => path.Length > 0).Order(StringComparer.Ordinal)
            .Select(path => new SourceField(tables.Collection, path, rules.GetValueOrDefault(path)?.Says ?? "object, or array of objects"));
    }

    static string How(Column column) =>
        column.Paths.Length == 0 ? "always empty: free text"
        : column.Derive is not null ? column.How
        : column.ZeroIsNone ? "0 means none"
        : "";
}
