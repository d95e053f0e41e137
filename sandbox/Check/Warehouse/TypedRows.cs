using System.Globalization;
using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Compares the rows of one participant's collection with the site, column by column.</summary>
sealed class TypedRows
{
    const string Stage = "warehouse";

    readonly string _participant;
    readonly SiteRecords _site;
    readonly Pseudonyms _pseudonyms;
    readonly Findings _findings;
    readonly Table[] _tables;
    readonly Dictionary<string, ExpectedRecord> _expected = new(StringComparer.Ordinal);
    readonly HashSet<(int Part, string Id)> _found = [];
    readonly List<(int Part, string Id, string?[] Cells)> _strays = [];

    public TypedRows(string participant, SiteRecords site, Pseudonyms pseudonyms, Findings findings)
    {
        (_participant, _site, _pseudonyms, _findings, _tables) = (participant, site, pseudonyms, findings, Tables.Of(site.Collection));
        foreach (var (id, json) in site.All)
            using (var record = JsonDocument.Parse(json))
                if (ExpectedRecord.Of(participant, new(site.Collection, id), record.RootElement) is { } expected)
                    _expected.Add(id, expected);
    }

    public IReadOnlyCollection<ExpectedRecord> Expected => _expected.Values;

    /// <summary>Distinct records with a row, of those that go the whole way.</summary>
    public int Found => _found.Select(row => row.Id).Concat(_strays.Select(row => row.Id)).Distinct(StringComparer.Ordinal).Count(_site.GoesTheWholeWay);

    public void Add(Table table, JsonElement row)
    {
        var part = Array.IndexOf(_tables, table);
        var id = row.GetProperty(table.IdColumn).Text();
        var cells = Array.ConvertAll(table.Columns, column => Cells.Found(column.Type, row.GetProperty(column.Name)));
        if (_site.IsTooNew(id))
            return;
        if (!_expected.TryGetValue(id, out var expected))
        {
            if (_site.All.ContainsKey(id))
                Wrong(id, $"{table.Name}: deleted at the source");
            else if (!_site.IsTooNew(cells[table.TimeIndex] is { } time && long.TryParse(time, CultureInfo.InvariantCulture, out var micros) ? micros : null))
                _strays.Add((part, id, cells));
            return;
        }
        _found.Add((part, id));
        if (expected.Parts[part] is not { } cellsExpected)
            Wrong(id, $"{table.Name}: a row of a record without {table.Only}");
        else
            Compare(table, new(_site.Collection, id), cellsExpected, cells);
    }

    /// <summary>To be called when all rows were added.</summary>
    public void Complete()
    {
        for (var part = 0; part < _tables.Length; part++)
        {
            var missing = _expected.Where(expected => expected.Value.Parts[part] is not null && !_found.Contains((part, expected.Key)))
                .Select(expected => expected.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var stray in _strays.Where(stray => stray.Part == part))
                if (Strays.Named(stray, missing, IsSameButForId) is { } id && missing.Remove(id))
                    Wrong(id, $"{_tables[part].IdColumn}: {Findings.Short(stray.Id)}");
                else
                    Wrong(stray.Id, $"{_tables[part].Name}: a row of no record on Nightscout");
            foreach (var id in missing)
                Wrong(id, $"{_tables[part].Name}: no row");
        }
    }

    void Compare(Table table, RecordKey key, string?[] expected, string?[] found)
    {
        for (var index = 0; index < table.Columns.Length; index++)
        {
            var column = table.Columns[index];
            if (column.Space is { } space && expected[index] is { } original && found[index] is { } pseudonym)
                _pseudonyms.See(space, original, pseudonym, key);
            else if (!Cells.AreEqual(column.Type, expected[index], found[index]))
                Wrong(key.Id, $"{table.Name}.{column.Name}: {Findings.Short(found[index])} instead of {Findings.Short(column.Space is null ? expected[index] : "a pseudonym")}");
        }
    }

    bool IsSameButForId((int Part, string Id, string?[] Cells) stray, string id)
    {
        var columns = _tables[stray.Part].Columns;
        var expected = _expected[id].Parts[stray.Part]!;
        return !columns.Where((column, index) => column.Space is null
            ? !Cells.AreEqual(column.Type, expected[index], stray.Cells[index])
            : expected[index] is null != stray.Cells[index] is null).Any();
    }

    void Wrong(string id, string what) => _findings.Add(_participant, _site.Collection.Name, id, Stage, what);
}
