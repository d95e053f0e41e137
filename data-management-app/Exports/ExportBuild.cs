using System.Buffers;
using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataManagementApp.Accounts;
using Nightscout;
using Npgsql;
using Register;

namespace DataManagementApp.Exports;

/// <param name="Entity">One of <see cref="ExportEntity.Choices"/>.</param>
/// <param name="Format">csv or json.</param>
/// <param name="From">First day, UTC.</param>
/// <param name="To">Last day, UTC, included.</param>
public sealed record ExportRequest(string Entity, string Format, DateOnly From, DateOnly To);

/// <param name="Participants">Whose records were written.</param>
public sealed record ExportTotals(long Rows, IReadOnlySet<long> Participants);

/// <summary>Somebody whose records were being exported changed what they share meanwhile: the file must not be given out.</summary>
public sealed class ConsentChangedException() : Exception("Somebody changed what they share while the export was built.");

/// <summary>
/// Writes exports, participant by participant from the views the grant opens, so that the first rows are there at once and memory stays small
/// whatever the size.
/// </summary>
public sealed class ExportBuild(NpgsqlDataSource db, Grants grants)
{
    static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    /// <summary>A zip with a file per entity, a manifest and a README.</summary>
    /// <param name="covered">Who may be in it, with the consent as it is at the start; null: whom the grant covers now.</param>
    /// <param name="progress">Called about once a second with the rows so far.</param>
    /// <exception cref="ConsentChangedException">Throw the file away and build it again.</exception>
    /// <exception cref="NoGrantException">The grant expired or was revoked.</exception>
    public async Task<ExportTotals> WriteZipAsync(Grant grant, ExportRequest request, Stream destination, Func<long, Task>? progress, CancellationToken cancellationToken, IReadOnlyList<Covered>? covered = null)
    {
        covered ??= await grants.CoveredAsync(grant, cancellationToken);
        var (rows, participants) = (0L, new HashSet<long>());
        var files = new List<object>();
        await using var zip = new ZipArchive(destination, ZipArchiveMode.Create, leaveOpen: true);
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
        await using (await grants.OpenAsync(grant, connection, cancellationToken))
            foreach (var entity in ExportEntity.Choices[request.Entity])
            {
                var name = $"{entity.Name}_{request.From:yyyy-MM-dd}_{request.To:yyyy-MM-dd}.{request.Format}";
                var before = rows;
                using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                await using (var file = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellationToken))
                    rows += await WriteAsync(connection, grant, entity, request, covered, participants, async bytes =>
                    {
                        sha256.AppendData(bytes.Span);
                        await file.WriteAsync(bytes, cancellationToken);
                    }, progress is null ? null : done => progress(before + done), cancellationToken);
                files.Add(new { name, rows = rows - before, sha256 = Convert.ToHexStringLower(sha256.GetHashAndReset()) });
            }
        await AddTextAsync(zip, "manifest.json", JsonSerializer.Serialize(new
        {
            request.Entity,
            request.Format,
            from = $"{request.From:yyyy-MM-dd}",
            to = $"{request.To:yyyy-MM-dd}",
            participants = participants.Count,
            files,
        }, ManifestJson), cancellationToken);
        await AddTextAsync(zip, "README.txt", Readme(request), cancellationToken);
        await CheckConsentAsync(grant, covered, participants, cancellationToken);
        return new(rows, participants);
    }

    /// <summary>One file, not packed; for entities that are one file.</summary>
    /// <inheritdoc cref="WriteZipAsync"/>
    public async Task<ExportTotals> WritePlainAsync(Grant grant, ExportRequest request, Stream destination, CancellationToken cancellationToken)
    {
        var (covered, participants) = (await grants.CoveredAsync(grant, cancellationToken), new HashSet<long>());
        long rows;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
        await using (await grants.OpenAsync(grant, connection, cancellationToken))
            rows = await WriteAsync(connection, grant, ExportEntity.Choices[request.Entity].Single(), request, covered, participants,
                async bytes => await destination.WriteAsync(bytes, cancellationToken), null, cancellationToken);
        await destination.FlushAsync(cancellationToken);
        await CheckConsentAsync(grant, covered, participants, cancellationToken);
        return new(rows, participants);
    }

    /// <summary>Compares the place in the consent ledger at the start and now, of everybody in the file: also who narrowed or came back has changed their mind.</summary>
    async Task CheckConsentAsync(Grant grant, IReadOnlyList<Covered> before, HashSet<long> participants, CancellationToken cancellationToken)
    {
        var now = (await grants.CoveredAsync(grant, cancellationToken)).ToDictionary(covered => covered.ParticipantId, covered => covered.ConsentId);
        if (before.Any(covered => participants.Contains(covered.ParticipantId) && (!now.TryGetValue(covered.ParticipantId, out var consent) || consent != covered.ConsentId)))
            throw new ConsentChangedException();
    }

    async Task<long> WriteAsync(
        NpgsqlConnection connection, Grant grant, ExportEntity entity, ExportRequest request, IReadOnlyList<Covered> covered, HashSet<long> participants,
        Func<ReadOnlyMemory<byte>, Task> write, Func<long, Task>? progress, CancellationToken cancellationToken)
    {
        const int Chunk = 64 * 1024;
        var buffer = new ArrayBufferWriter<byte>(2 * Chunk);
        using var writer = RowWriter.Of(request.Format, buffer, await ColumnsAsync(connection, entity, cancellationToken));
        var (rows, key, lastProgress) = (0L, grants.CodeKey(grant), Stopwatch.GetTimestamp());
        writer.Start();
        foreach (var participant in covered.Select(covered => covered.ParticipantId))
        {
            var code = $"P{DeviceName.Code($"participant/{participant}", key)}";
            using var record = new RecordCode(participant, entity.Collection);
            await using var command = new NpgsqlCommand(entity.Query, connection)
            {
                CommandTimeout = 0,
                Parameters =
                {
                    new() { Value = participant },
                    new() { Value = request.From.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) },
                    new() { Value = request.To == DateOnly.MaxValue ? DateTime.MaxValue : request.To.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) },
                },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                participants.Add(participant);
                writer.Row(code, Record(record, reader.GetString(0), key), reader);
                rows++;
                if (buffer.WrittenCount < Chunk)
                    continue;
                await write(buffer.WrittenMemory);
                buffer.ResetWrittenCount();
                if (progress is not null && Stopwatch.GetElapsedTime(lastProgress) > ProgressEvery)
                {
                    lastProgress = Stopwatch.GetTimestamp();
                    await progress(rows);
                }
            }
        }
        writer.End();
        await write(buffer.WrittenMemory);
        return rows;
    }

    /// <summary>The study's code of a record: 80 bits, the same in every export of the study.</summary>
    static string Record(RecordCode record, string id, byte[] key)
    {
        Span<byte> code = stackalloc byte[RecordCode.Length];
        Span<byte> hash = stackalloc byte[32];
        record.Write(id, code);
        HMACSHA256.HashData(key, code, hash);
        return Convert.ToHexStringLower(hash[..10]);
    }

    static async Task<IReadOnlyList<(string, Cell)>> ColumnsAsync(NpgsqlConnection connection, ExportEntity entity, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(entity.Query, connection)
        {
            Parameters = { new() { Value = 0L }, new() { Value = DateTime.UnixEpoch }, new() { Value = DateTime.UnixEpoch } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return [.. (await reader.GetColumnSchemaAsync(cancellationToken)).Skip(1).Select(column => (column.ColumnName, column.DataType switch
        {
            var type when type == typeof(decimal) => Cell.Number,
            var type when type == typeof(long) || type == typeof(int) => Cell.Integer,
            var type when type == typeof(bool) => Cell.Flag,
            var type when type == typeof(DateTime) => Cell.Time,
            _ => Cell.Text,
        }))];
    }

    static async Task AddTextAsync(ZipArchive zip, string name, string text, CancellationToken cancellationToken)
    {
        await using var file = await zip.CreateEntry(name).OpenAsync(cancellationToken);
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    static readonly JsonSerializerOptions ManifestJson = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    static string Readme(ExportRequest request) => $"""
        Export of the diabetes data commons: {request.Entity}, {request.From:yyyy-MM-dd} to {request.To:yyyy-MM-dd} (both days included, UTC).

        participant   code of a person; the same in every export of your study, another one in every other study
        record        code of a record, likewise
        source_entity 0: shared with the OpenAPS Data Commons, 1: with the Nightscout Data Commons, 2: with both

        Times are UTC. Records whose uploader gave no usable time are in no date range.
        Glucose stands twice: as it was sent, and in columns that end in _mgdl, empty where the unit is not certain. glucose_unit says in which unit it was sent, glucose_unit_evidence how that is known.
        Use the latter: some sites send mmol/L where mg/dL is the rule, and of sgv everything below 39 that is left out there is an error code.
        Never try to find out who somebody is. Do not pass the files on. When somebody withdraws, you are told and delete their records.
        """;
}
