using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Nightscout;
using Npgsql;
using OpenHumansEtl.Tables;

namespace OpenHumansEtl;

/// <summary>The de-identified lines of one batch, gzipped, on their way into <c>openaps.raw_segment</c>.</summary>
public sealed class RawSegment : IDisposable
{
    readonly MemoryStream _bytes = new();
    readonly GZipStream _gzip;

    public RawSegment() => _gzip = new(_bytes, CompressionLevel.Fastest, leaveOpen: true);

    public int Lines { get; private set; }

    /// <returns>The line's number in this segment, from 0.</returns>
    public int Add(ReadOnlySpan<byte> line)
    {
        _gzip.Write(line);
        _gzip.Write("\n"u8);
        return Lines++;
    }

    /// <param name="without">Line numbers to leave out: their records stand again further down.</param>
    public async Task StoreAsync(NpgsqlConnection connection, long participantId, SourceFile file, int part, IReadOnlySet<int> without, CancellationToken cancellationToken)
    {
        await _gzip.DisposeAsync();
        var data = _bytes.ToArray();
        var lines = Lines;
        if (without.Count > 0)
            (data, lines) = Filter(data, (number, _) => !without.Contains(number));
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into openaps.raw_segment as have (participant_id, collection, period, part, lines, sha256, data, file_key, loader_version)
            values (@participantId, @Collection, @period, @part, @lines, @sha256, @data, @Key, @LoaderVersion)
                on conflict (participant_id, collection, period, part) do update
               set lines = excluded.lines, sha256 = excluded.sha256, data = excluded.data, file_key = excluded.file_key, loader_version = excluded.loader_version
            """, new
        {
            participantId,
            file.Collection,
            period = file.Period.Name,
            part,
            lines,
            sha256 = SHA256.HashData(data),
            data,
            file.Key,
            SourceFile.LoaderVersion,
        }, cancellationToken: cancellationToken));
    }

    /// <summary>Takes records out of a part that is stored already, because they came again in a later one.</summary>
    /// <param name="recordCodes">From <see cref="Register.RecordCode"/>.</param>
    public static async Task RemoveAsync(
        NpgsqlConnection connection, long participantId, SourceFile file, int part, IReadOnlySet<string> recordCodes, CancellationToken cancellationToken)
    {
        var stored = await connection.ExecuteScalarAsync<byte[]>(new CommandDefinition("""
            select data from openaps.raw_segment where participant_id = @participantId and collection = @Collection and period = @period and part = @part
            """, new { participantId, file.Collection, period = file.Period.Name, part }, cancellationToken: cancellationToken));
        var (data, lines) = Filter(stored!, (_, line) => !recordCodes.Contains(Encoding.ASCII.GetString(line.Span[RecordReader.CodeRange])));
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

    static (byte[] Data, int Lines) Filter(byte[] segment, Func<int, ReadOnlyMemory<byte>, bool> keep)
    {
        using var kept = new RawSegment();
        foreach (var (number, line) in RecordLines.Read(new MemoryStream(segment)))
            if (keep((int)number - 1, line))
                kept.Add(line.Span);
        kept._gzip.Dispose();
        return (kept._bytes.ToArray(), kept.Lines);
    }
}
