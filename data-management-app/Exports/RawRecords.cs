using System.Buffers;
using System.Data;
using System.IO.Compression;
using System.Text;
using Dapper;
using Npgsql;
using Register;

namespace DataManagementApp.Exports;

/// <summary>The records of a collection as they were sent, de-identified, from the gzipped segments of the warehouse; the codes that each line begins with are replaced by those of the study, without parsing.</summary>
public sealed class RawRecords(NpgsqlConnection connection, ExportCodes codes)
{
    /// <param name="line">One record, a JSON object without a line end; valid during the call.</param>
    public delegate void Line(ReadOnlySpan<byte> line);

    /// <summary>Each line starts with <c>{"participant":"16 hex digits","record":"32 hex digits"</c>.</summary>
    const int CodeAt = 44, CodeEnd = CodeAt + RecordCode.Length, RestAt = CodeEnd + 1;

    const int InflatedAtOnce = 256 * 1024;

    readonly List<Range> _lines = [];
    byte[] _bytes = new byte[InflatedAtOnce], _hashes = new byte[ExportCodes.BlockLength * 256];

    /// <summary>Reads one participant's records: those that a typed export of the same days holds.</summary>
    /// <param name="between">Called when the lines at hand are used up.</param>
    /// <exception cref="InvalidDataException">A segment is damaged.</exception>
    public async Task ReadAsync(long participantId, ExportEntity entity, ExportRequest request, Line line, Func<ValueTask> between, CancellationToken cancellationToken)
    {
        var wanted = request.From is null ? null : await WantedAsync(participantId, entity, request, cancellationToken);
        var prefix = Encoding.UTF8.GetBytes($"{{\"participant\":\"{codes.Participant(participantId)}\",\"record\":\"");
        await using var command = new NpgsqlCommand($"""
            select data from research.raw_segment
             where participant_id = $1 and collection = $2 {(wanted is null ? "" : "and period = any($3)")}
             order by period, part
            """, connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = participantId }, new() { Value = entity.Collection } },
        };
        if (wanted is not null)
            command.Parameters.Add(new() { Value = wanted.Periods.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            await using var data = await reader.GetStreamAsync(0, cancellationToken);
            await using var inflated = new GZipStream(new BufferedStream(data, 64 * 1024), CompressionMode.Decompress);
            var held = 0;
            while (true)
            {
                if (held == _bytes.Length)
                    Array.Resize(ref _bytes, 2 * _bytes.Length); // a record as long as all of it
                var read = await inflated.ReadAsync(_bytes.AsMemory(held), cancellationToken);
                if (read == 0)
                    break;
                held += read;
                var used = Lines(_bytes.AsSpan(0, held), prefix, wanted?.Records, line);
                _bytes.AsSpan(used, held - used).CopyTo(_bytes);
                held -= used;
                await between();
            }
            if (held > 0)
                throw new InvalidDataException("A segment does not end with a whole line.");
        }
    }

    /// <summary>Writes the codes of the study over those of the lines, which are longer, and gives the lines on.</summary>
    /// <returns>Bytes of the whole lines.</returns>
    int Lines(Span<byte> bytes, byte[] prefix, HashSet<UInt128>? wanted, Line line)
    {
        _lines.Clear();
        var at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            var record = bytes.Slice(at, length);
            var hash = Hash(_lines.Count);
            if (length < RestAt || record[CodeEnd] != '"' || Convert.FromHexString(record[CodeAt..CodeEnd], hash, out _, out _) != OperationStatus.Done)
                throw new InvalidDataException("A line of a segment does not begin with its codes.");
            if (wanted?.Contains(BitConverter.ToUInt128(hash)) != false)
                _lines.Add(at..(at + length));
            at += length + 1;
        }
        codes.Records(_hashes.AsSpan(0, _lines.Count * ExportCodes.BlockLength));
        codes.Pseudonyms(bytes[..at]);
        foreach (var (number, place) in _lines.Index())
        {
            var start = CodeEnd - ExportCodes.RecordLength - prefix.Length;
            var record = bytes[place][start..];
            prefix.CopyTo(record);
            ExportCodes.Write(Hash(number), record[prefix.Length..]);
            line(record);
        }
        return at;
    }

    Span<byte> Hash(int line)
    {
        if (_hashes.Length == line * ExportCodes.BlockLength)
            Array.Resize(ref _hashes, 2 * _hashes.Length);
        return _hashes.AsSpan(line * ExportCodes.BlockLength, ExportCodes.BlockLength);
    }

    sealed record Wanted(HashSet<string> Periods, HashSet<UInt128> Records);

    /// <summary>Records of the days asked for, and the periods whose segments hold them: the typed rows say which those are.</summary>
    async Task<Wanted> WantedAsync(long participantId, ExportEntity entity, ExportRequest request, CancellationToken cancellationToken)
    {
        using var code = new RecordCode(participantId, entity.Collection!);
        var (wanted, hash) = (new Wanted([], []), new byte[RecordCode.Length / 2]);
        await foreach (var (id, period) in connection.QueryUnbufferedAsync<(string Id, string Period)>("""
            select id, period from research.raw_record
             where participant_id = @participantId and collection = @Collection and at >= @from and at < @before
            """, new
        {
            participantId,
            entity.Collection,
            from = request.From!.Value.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc),
            before = request.To == DateOnly.MaxValue ? DateTime.MaxValue : request.To!.Value.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc),
        }, commandTimeout: 0).WithCancellation(cancellationToken))
        {
            code.Hash(Encoding.UTF8.GetBytes(id), hash);
            wanted.Periods.Add(period);
            wanted.Records.Add(BitConverter.ToUInt128(hash));
        }
        return wanted;
    }
}
