using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.IO;
using Nightscout;
using Npgsql;
using NpgsqlTypes;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl;

/// <summary>The de-identified lines of one batch, gzipped, on their way into <c>openaps.raw_segment</c>.</summary>
public sealed class RawSegment : IDisposable
{
    const int BytesAtOnce = 64 * 1024; // line by line costs a fifth more

    readonly ArrayBufferWriter<byte> _text = new(BytesAtOnce);
    RecyclableMemoryStream _bytes = Buffers.New();
    GZipStream _gzip;

    public RawSegment() => _gzip = Start();

    GZipStream Start() => new(_bytes, CompressionLevel.Fastest, leaveOpen: true);

    /// <summary>Makes it empty, for the next batch.</summary>
    public void Clear()
    {
        Dispose();
        _text.ResetWrittenCount();
        _bytes = Buffers.New();
        _gzip = Start();
        Lines = 0;
    }

    public int Lines { get; private set; }

    /// <returns>The line's number in this segment, from 0.</returns>
    public int Add(ReadOnlySpan<byte> line)
    {
        _text.Write(line);
        _text.Write("\n"u8);
        if (_text.WrittenCount >= BytesAtOnce)
            Compress();
        return Lines++;
    }

    void Compress()
    {
        _gzip.Write(_text.WrittenSpan);
        _text.ResetWrittenCount();
    }

    /// <param name="without">Line numbers to leave out: their records stand again further down.</param>
    public async Task StoreAsync(NpgsqlConnection connection, long participantId, SourceFile file, int part, IReadOnlySet<int> without, CancellationToken cancellationToken)
    {
        Compress();
        await _gzip.DisposeAsync();
        Stream data = _bytes;
        var lines = Lines;
        if (without.Count > 0)
        {
            data.Position = 0;
            (var kept, lines) = Filter(data, (number, _) => !without.Contains(number));
            data = new MemoryStream(kept);
        }
        data.Position = 0;
        var sha256 = await SHA256.HashDataAsync(data, cancellationToken);
        data.Position = 0;
        await using var command = new NpgsqlCommand("""
            insert into openaps.raw_segment as have (participant_id, collection, period, part, lines, sha256, data, file_key, loader_version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (participant_id, collection, period, part) do update
               set lines = excluded.lines, sha256 = excluded.sha256, data = excluded.data, file_key = excluded.file_key, loader_version = excluded.loader_version
            """, connection)
        {
            Parameters =
            {
                new() { Value = participantId }, new() { Value = file.Collection }, new() { Value = file.Period.Name }, new() { Value = part }, new() { Value = lines },
                new() { Value = sha256 }, new() { Value = data, NpgsqlDbType = NpgsqlDbType.Bytea }, new() { Value = file.Key }, new() { Value = SourceFile.LoaderVersion },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes records out of a part that is stored already, because they came again in a later one.</summary>
    /// <param name="recordCodes">From <see cref="Register.RecordCode"/>.</param>
    public static async Task RemoveAsync(
        NpgsqlConnection connection, long participantId, SourceFile file, int part, IReadOnlySet<string> recordCodes, CancellationToken cancellationToken)
    {
        var stored = await connection.ExecuteScalarAsync<byte[]>(new CommandDefinition("""
            select data from openaps.raw_segment where participant_id = @participantId and collection = @Collection and period = @period and part = @part
            """, new { participantId, file.Collection, period = file.Period.Name, part }, cancellationToken: cancellationToken));
        var (data, lines) = Filter(new MemoryStream(stored!), (_, line) => !recordCodes.Contains(Encoding.ASCII.GetString(line.Span[RecordReader.CodeRange])));
        await connection.ExecuteAsync(new CommandDefinition("""
            update openaps.raw_segment set data = @data, lines = @lines, sha256 = @sha256
             where participant_id = @participantId and collection = @Collection and period = @period and part = @part
            """, new { participantId, file.Collection, period = file.Period.Name, part, data, lines, sha256 = SHA256.HashData(data) }, cancellationToken: cancellationToken));
    }

    public void Dispose()
    {
        _gzip.Dispose();
        _bytes.Dispose();
    }

    static (byte[] Data, int Lines) Filter(Stream segment, Func<int, ReadOnlyMemory<byte>, bool> keep)
    {
        using var kept = new RawSegment();
        foreach (var (number, line) in RecordLines.Read(segment))
            if (keep((int)number - 1, line))
                kept.Add(line.Span);
        kept.Compress();
        kept._gzip.Dispose();
        return (kept._bytes.ToArray(), kept.Lines);
    }
}
