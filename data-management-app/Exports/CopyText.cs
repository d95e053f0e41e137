using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Rows as <c>copy … to stdout</c> writes them (its text format, UTF-8), many at a time and without an allocation per row.</summary>
public sealed class CopyText
{
    /// <summary>So much is read before the rows are looked at, or so many of the messages, of one row each, that the server sends.</summary>
    const int EnoughBytes = 64 * 1024, EnoughMessages = 512;

    readonly int _columns;
    int[] _ends = new int[1024]; // of each field: where the tab or line end behind it is
    byte[] _bytes;
    byte[] _unescaped = new byte[1024];
    int _end;

    /// <param name="bytes">Whole rows, or the buffer to fill.</param>
    /// <exception cref="InvalidDataException">A row has not so many columns.</exception>
    public CopyText(byte[] bytes, int length, int columns)
    {
        (_bytes, _end, _columns) = (bytes, length, columns);
        FindRows();
    }

    /// <summary>Whole rows at hand.</summary>
    public int Rows { get; private set; }

    /// <summary>Which of them is read, from 0.</summary>
    public int Row { get; set; }

    /// <summary>Bytes of all of them; whoever changes some keeps the tabs and line ends.</summary>
    public Span<byte> All => _bytes.AsSpan(0, EndOf(Rows - 1));

    /// <summary>Bytes of the present row.</summary>
    public int Length => EndOf(Row) - EndOf(Row - 1);

    public bool IsNull(int column) => Raw(column) is [(byte)'\\', (byte)'N'];

    /// <summary>As it stands there: what holds no text needs no more.</summary>
    public ReadOnlySpan<byte> Raw(int column)
    {
        var field = Row * _columns + column;
        var start = field == 0 ? 0 : _ends[field - 1] + 1;
        return _bytes.AsSpan(start, _ends[field] - start);
    }

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

    /// <summary>Reads on behind the whole rows, which are gone then.</summary>
    /// <returns>False: there is no more.</returns>
    public async ValueTask<bool> FillAsync(Stream source, CancellationToken cancellationToken)
    {
        var left = _end - EndOf(Rows - 1);
        _bytes.AsSpan(_end - left, left).CopyTo(_bytes);
        if (left == _bytes.Length)
            Array.Resize(ref _bytes, 2 * _bytes.Length); // a row as long as all of it
        _end = left;
        for (var message = 0; message < EnoughMessages && (message == 0 || _end < EnoughBytes); message++)
        {
            // Only waiting for the first is worth what it costs to be ready for cancelling: the others follow at once.
            var read = await source.ReadAsync(_bytes.AsMemory(_end), message == 0 ? cancellationToken : CancellationToken.None);
            if (read == 0)
                break;
            _end += read;
        }
        FindRows();
        return _end > left;
    }

    /// <summary>Where the row's last byte is, and one more.</summary>
    int EndOf(int row) => row < 0 ? 0 : _ends[(row + 1) * _columns - 1] + 1;

    void FindRows()
    {
        var (found, at) = (0, 0);
        for (; at + Vector256<byte>.Count <= _end; at += Vector256<byte>.Count)
        {
            var some = Vector256.Create<byte>(_bytes.AsSpan(at, Vector256<byte>.Count));
            var ends = (Vector256.Equals(some, Vector256.Create((byte)'\t')) | Vector256.Equals(some, Vector256.Create((byte)'\n'))).ExtractMostSignificantBits();
            if (_ends.Length < found + Vector256<byte>.Count)
                Array.Resize(ref _ends, 2 * _ends.Length);
            for (; ends != 0; ends &= ends - 1)
                _ends[found++] = at + BitOperations.TrailingZeroCount(ends);
        }
        if (_ends.Length < found + Vector256<byte>.Count)
            Array.Resize(ref _ends, 2 * _ends.Length);
        for (; at < _end; at++)
            if (_bytes[at] is (byte)'\t' or (byte)'\n')
                _ends[found++] = at;
        (Rows, Row) = (found / _columns, 0);
        for (var row = 0; row < Rows; row++)
            if (_bytes[EndOf(row) - 1] != '\n')
                throw new InvalidDataException($"A row has not {_columns} columns.");
    }

    /// <summary>Reads a query's rows.</summary>
    /// <param name="copy"><c>copy (…) to stdout</c>.</param>
    /// <param name="some">Called with the next rows.</param>
    /// <param name="between">Called when they are used up.</param>
    public static async Task ReadAsync(NpgsqlConnection connection, string copy, int columns, Action<CopyText> some, Func<ValueTask> between, CancellationToken cancellationToken)
    {
        using var reader = await connection.BeginTextExportAsync(copy, cancellationToken);
        var stream = (NpgsqlRawCopyStream)((StreamReader)reader).BaseStream; // the bytes are UTF-8 already
        stream.ReadTimeout = Timeout.Infinite;
        var buffer = ArrayPool<byte>.Shared.Rent(2 * EnoughBytes);
        var rows = new CopyText(buffer, 0, columns);
        try
        {
            while (await rows.FillAsync(stream, cancellationToken))
            {
                some(rows);
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
