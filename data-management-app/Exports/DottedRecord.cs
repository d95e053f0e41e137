using System.Buffers;
using System.Text;
using System.Text.Json;
using Nightscout;

namespace DataManagementApp.Exports;

/// <summary>There are more columns than a table can use.</summary>
public sealed class TooManyColumnsException() : Exception("The records have too many different fields for one table.");

/// <summary>
/// Records as lines of one CSV with dotted columns (<c>openaps.iob.iob</c>), as the system before this one wrote them: lists stay JSON, empty objects vanish, the columns are
/// all that any record has, by name. Records are looked through once for the columns and once for the values.
/// </summary>
public sealed class DottedRecord
{
    /// <summary>What spreadsheets and data frames can bear.</summary>
    const int MostColumns = 16_384;

    readonly SortedSet<string> _names = new(StringComparer.Ordinal);
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _known = new HashSet<string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _places = new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    readonly ArrayBufferWriter<byte> _values = new(4096);
    (int At, int Length)[] _cells = [];
    char[] _path = new char[256];
    byte[] _text = new byte[1024];

    /// <summary>Looks through a record for its columns.</summary>
    /// <exception cref="TooManyColumnsException">The table would be too wide.</exception>
    public void Look(ReadOnlySpan<byte> record) => Walk(record, hasPlaces: false);

    /// <summary>Writes the header: participant and record first, then all columns seen.</summary>
    public void Start(ArrayBufferWriter<byte> to)
    {
        string[] columns = ["participant", "record", .. _names.Where(name => name is not ("participant" or "record"))];
        foreach (var (place, name) in columns.Index())
        {
            _places[name] = place;
            if (place > 0)
                to.Write(","u8);
            Put(Encoding.UTF8.GetBytes(name), to);
        }
        to.Write("\r\n"u8);
        _cells = new (int, int)[columns.Length];
    }

    /// <returns>False: it has a field that no record had that was looked through, having come since.</returns>
    public bool Row(ReadOnlySpan<byte> record, ArrayBufferWriter<byte> to)
    {
        Array.Clear(_cells);
        _values.ResetWrittenCount();
        if (!Walk(record, hasPlaces: true))
            return false;
        for (var place = 0; place < _cells.Length; place++)
        {
            if (place > 0)
                to.Write(","u8);
            if (_cells[place] is { At: > 0 } cell)
                Put(_values.WrittenSpan.Slice(cell.At - 1, cell.Length), to);
        }
        to.Write("\r\n"u8);
        return true;
    }

    static void Put(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> to) => to.Advance(CsvRows.PutText(text, to.GetSpan(2 * text.Length + 2)));

    bool Walk(ReadOnlySpan<byte> record, bool hasPlaces)
    {
        var json = new Utf8JsonReader(record, JsonLimits.Reader);
        var length = 0;
        Span<int> parents = stackalloc int[JsonLimits.Reader.MaxDepth]; // of each object around, where the path of its fields begins
        while (json.Read())
            switch (json.TokenType)
            {
                case JsonTokenType.StartObject:
                    parents[json.CurrentDepth] = length;
                    break;
                case JsonTokenType.PropertyName:
                    length = Extend(parents[json.CurrentDepth - 1], ref json);
                    break;
                case JsonTokenType.EndObject:
                    break;
                default:
                    if (!Value(record, ref json, _path.AsSpan(0, length), hasPlaces))
                        return false;
                    break;
            }
        return true;
    }

    /// <returns>Length of the path with the property that is at hand.</returns>
    int Extend(int parent, ref Utf8JsonReader json)
    {
        var longest = parent + 1 + json.ValueSpan.Length;
        if (_path.Length < longest)
            Array.Resize(ref _path, 2 * longest);
        if (parent > 0)
            _path[parent++] = '.';
        return parent + json.CopyString(_path.AsSpan(parent));
    }

    bool Value(ReadOnlySpan<byte> record, ref Utf8JsonReader json, ReadOnlySpan<char> path, bool hasPlaces)
    {
        var (start, type) = ((int)json.TokenStartIndex, json.TokenType);
        if (type == JsonTokenType.StartArray)
            json.Skip();
        if (!hasPlaces)
        {
            if (!_known.Contains(path))
            {
                _known.Add(path);
                _names.Add(path.ToString());
                if (_names.Count > MostColumns)
                    throw new TooManyColumnsException();
            }
            return true;
        }
        if (!_places.TryGetValue(path, out var place))
            return false;
        if (type == JsonTokenType.Null)
            return true;
        var at = _values.WrittenCount;
        if (type == JsonTokenType.String)
        {
            if (_text.Length < json.ValueSpan.Length)
                _text = new byte[2 * json.ValueSpan.Length];
            _values.Write(_text.AsSpan(0, json.CopyString(_text)));
        }
        else
            _values.Write(record[start..(int)json.BytesConsumed]);
        _cells[place] = (at + 1, _values.WrittenCount - at);
        return true;
    }
}
