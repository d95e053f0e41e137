using System.Buffers;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Rows as <c>copy … to stdout</c> writes them (its text format, UTF-8), field by field, without an allocation per row.</summary>
public sealed class CopyText
{
    readonly int[] _starts;
    byte[] _bytes;
    byte[] _unescaped = new byte[1024];
    int _next, _end;

    /// <param name="bytes">Whole rows, or the buffer to fill.</param>
    public CopyText(byte[] bytes, int length, int columns) => (_bytes, _end, _starts) = (bytes, length, new int[columns + 1]);

    /// <summary>Bytes of the present row.</summary>
    public int Length { get; private set; }

    /// <summary>Goes to the next row; false: no whole row is left.</summary>
    /// <exception cref="InvalidDataException">It has not the number of columns that were asked for.</exception>
    public bool TryNext()
    {
        var rest = _bytes.AsSpan(_next, _end - _next);
        Length = rest.IndexOf((byte)'\n');
        if (Length < 0)
            return false;
        var (column, start) = (0, 0);
        for (; column < _starts.Length - 1; column++)
        {
            _starts[column] = _next + start;
            var length = rest[start..Length].IndexOf((byte)'\t');
            if (length < 0)
                break;
            start += length + 1;
        }
        if (column != _starts.Length - 2)
            throw new InvalidDataException($"A row has not {_starts.Length - 1} columns.");
        _next += Length + 1;
        _starts[^1] = _next;
        return true;
    }

    public bool IsNull(int column) => Raw(column) is [(byte)'\\', (byte)'N'];

    /// <summary>As it stands there: what holds no text needs no more.</summary>
    public ReadOnlySpan<byte> Raw(int column) => _bytes.AsSpan(_starts[column], _starts[column + 1] - _starts[column] - 1);

    /// <summary>Without the backslashes that stand before what would end a field or a row.</summary>
    public ReadOnlySpan<byte> Text(int column)
    {
        var raw = Raw(column);
        if (!raw.Contains((byte)'\\'))
            return raw;
        if (_unescaped.Length < raw.Length)
            _unescaped = new byte[raw.Length];
        var length = 0;
        for (var at = 0; at < raw.Length; at++)
            _unescaped[length++] = raw[at] != '\\' || at == raw.Length - 1 ? raw[at] : raw[++at] switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                (byte)'v' => (byte)'\v',
                var itself => itself,
            };
        return _unescaped.AsSpan(0, length);
    }

    /// <summary>Reads on behind what is left.</summary>
    /// <returns>False: there is no more.</returns>
    public async ValueTask<bool> FillAsync(Stream source, CancellationToken cancellationToken)
    {
        var left = _end - _next;
        if (left == _bytes.Length)
            Array.Resize(ref _bytes, 2 * _bytes.Length); // a row as long as all of it
        else
            _bytes.AsSpan(_next, left).CopyTo(_bytes);
        var read = await source.ReadAsync(_bytes.AsMemory(left), cancellationToken);
        (_next, _end) = (0, left + read);
        return read > 0;
    }

    /// <summary>Reads a query's rows.</summary>
    /// <param name="copy"><c>copy (…) to stdout</c>.</param>
    /// <param name="row">Called with each.</param>
    /// <param name="between">Called when the rows at hand are used up.</param>
    public static async Task ReadAsync(NpgsqlConnection connection, string copy, int columns, Action<CopyText> row, Func<ValueTask> between, CancellationToken cancellationToken)
    {
        using var reader = await connection.BeginTextExportAsync(copy, cancellationToken);
        var stream = (NpgsqlRawCopyStream)((StreamReader)reader).BaseStream; // the bytes are UTF-8 already
        stream.ReadTimeout = Timeout.Infinite;
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        var rows = new CopyText(buffer, 0, columns);
        try
        {
            while (await rows.FillAsync(stream, cancellationToken))
            {
                while (rows.TryNext())
                    row(rows);
                await between();
            }
            ArrayPool<byte>.Shared.Return(buffer);
        }
        catch when (connection.FullState.HasFlag(System.Data.ConnectionState.Open))
        {
            await stream.CancelAsync(); // else closing it would wait for all the rows
            throw;
        }
    }
}
