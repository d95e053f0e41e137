using System.Buffers;
using System.Text;
using Codebook;
using Dapper;
using DataManagementApp.Accounts;
using Npgsql;
using Register;

namespace DataManagementApp.Exports;

/// <param name="Participants">Whose records were written.</param>
public sealed record ExportTotals(long Rows, IReadOnlySet<long> Participants);

/// <summary>Somebody whose records were being exported changed what they share meanwhile: the file must not be given out.</summary>
public sealed class ConsentChangedException() : Exception("Somebody changed what they share while the export was built.");

/// <summary>Records came while an export was built, with fields that were not there when its columns were looked for: it is built again.</summary>
public sealed class RecordsChangedException() : Exception("Records were loaded while an export was built.");

/// <summary>
/// Writes the files of an export, participant by participant from the views the grant opens, so that the first rows are there at once and memory stays small
/// whatever the size.
/// </summary>
public sealed class ExportBuild(NpgsqlDataSource db, Grants grants, PortalOptions options, TimeProvider clock)
{
    public const string Manifest = "manifest.json", Sums = "SHA256SUMS", Readme = "README.txt", Dictionary = "codebook.csv";

    const int Chunk = 64 * 1024;

    /// <summary>Rows come as the index has them: from the first on at once, and without files on the server in which to sort a participant's years.</summary>
    const string InOrder = "set local enable_sort = off; set local enable_hashjoin = off; set local enable_bitmapscan = off; set local enable_seqscan = off";

    /// <summary>Builds what is missing in the folder: the files with records, then those that tell about them.</summary>
    /// <param name="codeKey">32 bytes: key of the codes of participants and records.</param>
    /// <param name="covered">Who may be in it, with the consent as it is at the start; chosen by <see cref="Covered"/>.</param>
    /// <exception cref="ConsentChangedException">Throw the files away and build them again.</exception>
    /// <exception cref="NoGrantException">The grant expired or was revoked.</exception>
    /// <exception cref="TooManyColumnsException">Of raw records as CSV.</exception>
    public async Task<ExportTotals> BuildAsync(
        Grant grant, byte[] codeKey, ExportRequest request, IReadOnlyList<Covered> covered, IExportFolder folder, BuildProgress progress, CancellationToken cancellationToken)
    {
        foreach (var file in folder.Files.Values)
            progress.Add(file.Rows, file.Length);
        using var codes = new ExportCodes(codeKey);
        var number = 0;
        foreach (var entity in request.Entities)
            foreach (var participants in Together(request, covered))
                if (!folder.Files.ContainsKey(++number))
                    await WriteFileAsync(grant, new(codes, entity, request, participants, progress), number, folder, cancellationToken);
        if (!folder.Files.Values.Any(file => file.Name == (request.Release is null ? Sums : Dictionary))) // the last one
            await ExportAbout.WriteAsync(await DictionaryAsync(cancellationToken), request, folder, number, clock.GetUtcNow().UtcDateTime, options.MostInZip, cancellationToken);
        var written = await folder.ParticipantsAsync(cancellationToken);
        await CheckConsentAsync(grant, covered, written, cancellationToken);
        return new(folder.Files.Values.Sum(file => file.Rows), written);
    }

    /// <summary>One file, not packed; for entities that are one file.</summary>
    /// <inheritdoc cref="BuildAsync"/>
    /// <param name="covered">Who may be in it; null: whom the grant covers, as far as the request asks for them.</param>
    public async Task<ExportTotals> WritePlainAsync(Grant grant, ExportRequest request, Stream destination, CancellationToken cancellationToken, IReadOnlyList<Covered>? covered = null)
    {
        covered ??= await CoveredAsync(grant, request, cancellationToken);
        using var codes = new ExportCodes(grants.CodeKey(grant));
        var (rows, participants) = await WriteRowsAsync(grant, new(codes, request.Entities.Single(), request, covered, new()),
            async bytes => await destination.WriteAsync(bytes, cancellationToken), cancellationToken);
        await destination.FlushAsync(cancellationToken);
        await CheckConsentAsync(grant, covered, participants, cancellationToken);
        return new(rows, participants);
    }

    /// <summary>A zip of all of it, made in a folder beside and gone with it.</summary>
    /// <inheritdoc cref="BuildAsync"/>
    public async Task<ExportTotals> WriteZipAsync(Grant grant, ExportRequest request, Stream destination, BuildProgress progress, CancellationToken cancellationToken)
    {
        var folder = new LocalFolder(Directory.CreateTempSubdirectory("export-").FullName);
        try
        {
            var totals = await BuildAsync(grant, grants.CodeKey(grant), request, await CoveredAsync(grant, request, cancellationToken), folder, progress, cancellationToken);
            await using var zip = new ExportZip(folder.Files.OrderBy(file => file.Key).Select(file => file.Value), folder.PathOf, clock.GetUtcNow().UtcDateTime).Open();
            await zip.CopyToAsync(destination, cancellationToken);
            return totals;
        }
        finally
        {
            Directory.Delete(folder.Path, recursive: true);
        }
    }

    /// <summary>Whom the grant covers now, as far as the request asks for them.</summary>
    public async Task<IReadOnlyList<Covered>> CoveredAsync(Grant grant, ExportRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await grants.OpenAsync(grant, connection, cancellationToken);
        return await ExportCover.ReadAsync(connection, request, cancellationToken);
    }

    /// <summary>Participants who share a file.</summary>
    static IEnumerable<IReadOnlyList<Covered>> Together(ExportRequest request, IReadOnlyList<Covered> covered) =>
        request.PerParticipant ? covered.Select(participant => new[] { participant }) : [covered];

    /// <summary>Compares the place in the consent ledger at the start and now, of everybody in the file: also who narrowed or came back has changed their mind.</summary>
    async Task CheckConsentAsync(Grant grant, IReadOnlyList<Covered> before, IReadOnlySet<long> participants, CancellationToken cancellationToken)
    {
        var now = (await grants.CoveredAsync(grant, cancellationToken)).ToDictionary(covered => covered.ParticipantId, covered => covered.ConsentId);
        if (before.Any(covered => participants.Contains(covered.ParticipantId) && (!now.TryGetValue(covered.ParticipantId, out var consent) || consent != covered.ConsentId)))
            throw new ConsentChangedException();
    }

    /// <summary>What a file is written from.</summary>
    sealed record Source(ExportCodes Codes, ExportEntity Entity, ExportRequest Request, IReadOnlyList<Covered> Participants, BuildProgress Progress);

    /// <remarks>The connection is given back before the file is kept, which takes another one.</remarks>
    async Task WriteFileAsync(Grant grant, Source source, int number, IExportFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = folder.Create(number);
            var packs = source.Request.Format != ExportFormat.Parquet; // packs itself
            await using var packed = new PackedFile(file, packs, options.PackingWorkers);
            var (rows, participants) = await WriteRowsAsync(grant, source, bytes => packed.WriteAsync(bytes, cancellationToken), cancellationToken);
            if (source.Request.PerParticipant && rows == 0)
                return; // nobody needs an empty file for each who has none
            var totals = await packed.CompleteAsync(cancellationToken);
            file.Flush(flushToDisk: true);
            await folder.KeepAsync(new(number, 0, source.Request.NameOf(source.Entity, source.Request.PerParticipant ? source.Codes.Participant(source.Participants[0].ParticipantId) : null),
                packs, rows, totals.Length, totals.Crc32, totals.Sha256, totals.FileBytes, totals.FileSha256), participants, cancellationToken);
        }
        finally
        {
            folder.Drop(number); // what was not kept: it may hold records of somebody who has withdrawn since
        }
    }

    async Task<(long Rows, IReadOnlySet<long> Participants)> WriteRowsAsync(Grant grant, Source source, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await grants.OpenAsync(grant, connection, cancellationToken);
        return source.Request.Format switch
        {
            ExportFormat.Ndjson => await WriteLinesAsync(connection, source, write, cancellationToken),
            ExportFormat.RawCsv => await WriteDottedAsync(connection, source, write, cancellationToken),
            _ => await WriteTableAsync(connection, source, write, cancellationToken),
        };
    }

    static async Task<(long, IReadOnlySet<long>)> WriteTableAsync(NpgsqlConnection connection, Source source, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        var (output, participants, entity) = (new Output(write, source.Progress), new HashSet<long>(), source.Entity);
        var columns = await ColumnsAsync(connection, entity, source.Request, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(InOrder, cancellationToken: cancellationToken));
        using var writer = RowWriter.Of(source.Request.Format, output.Buffer, entity.Id is not null, columns);
        writer.Start();
        var (blocks, code) = (Array.Empty<byte>(), new byte[ExportCodes.RecordLength]);
        foreach (var (participant, _, _) in source.Participants)
        {
            var name = Encoding.ASCII.GetBytes(source.Codes.Participant(participant));
            using var record = entity.Collection is null ? null : new RecordCode(participant, entity.Collection);
            var before = output.Rows;
            await CopyText.ReadAsync(connection, entity.Copy(source.Request, participant), columns.Count + (record is null ? 0 : 1), rows =>
            {
                if (record is not null)
                    Blocks(rows, record, source.Codes, ref blocks);
                source.Codes.Pseudonyms(rows.All);
                for (rows.Row = 0; rows.Row < rows.Rows; rows.Row++)
                {
                    if (record is not null)
                        ExportCodes.Write(blocks.AsSpan(rows.Row * ExportCodes.BlockLength, ExportCodes.BlockLength), code);
                    writer.Row(name, record is null ? default : code, rows);
                }
                output.Rows += rows.Rows;
            }, output.GiveAsync, cancellationToken);
            if (output.Rows > before)
                participants.Add(participant);
        }
        writer.End();
        await output.EndAsync();
        return (output.Rows, participants);
    }

    /// <summary>What the codes of the rows' records are written from; their identifiers are in the first column.</summary>
    static void Blocks(CopyText rows, RecordCode record, ExportCodes codes, ref byte[] blocks)
    {
        var length = rows.Rows * ExportCodes.BlockLength;
        if (blocks.Length < length)
            blocks = new byte[2 * length];
        for (rows.Row = 0; rows.Row < rows.Rows; rows.Row++)
            record.Hash(rows.Text(0), blocks.AsSpan(rows.Row * ExportCodes.BlockLength, ExportCodes.BlockLength));
        codes.Records(blocks.AsSpan(0, length));
    }

    static async Task<(long, IReadOnlySet<long>)> WriteLinesAsync(NpgsqlConnection connection, Source source, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        var output = new Output(write, source.Progress);
        var participants = await ReadLinesAsync(connection, source, line =>
        {
            output.Buffer.Write(line);
            output.Buffer.Write("\n"u8);
            output.Rows++;
        }, output.GiveAsync, cancellationToken);
        await output.EndAsync();
        return (output.Rows, participants);
    }

    /// <summary>Twice through the records: for the columns, and for the values.</summary>
    static async Task<(long, IReadOnlySet<long>)> WriteDottedAsync(NpgsqlConnection connection, Source source, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        var (table, output) = (new DottedRecord(), new Output(write, source.Progress));
        await ReadLinesAsync(connection, source, table.Look, () => default, cancellationToken);
        table.Start(output.Buffer);
        var participants = await ReadLinesAsync(connection, source, line =>
        {
            if (!table.Row(line, output.Buffer))
                throw new RecordsChangedException();
            output.Rows++;
        }, output.GiveAsync, cancellationToken);
        await output.EndAsync();
        return (output.Rows, participants);
    }

    /// <returns>Who has any.</returns>
    static async Task<IReadOnlySet<long>> ReadLinesAsync(NpgsqlConnection connection, Source source, RawRecords.Line line, Func<ValueTask> between, CancellationToken cancellationToken)
    {
        var (raw, participants, any) = (new RawRecords(connection, source.Codes), new HashSet<long>(), false);
        foreach (var (participant, _, _) in source.Participants)
        {
            any = false;
            await raw.ReadAsync(participant, source.Entity, source.Request, record =>
            {
                any = true;
                line(record);
            }, between, cancellationToken);
            if (any)
                participants.Add(participant);
        }
        return participants;
    }

    /// <summary>What an export writes to, and how many rows.</summary>
    sealed class Output(Func<ReadOnlyMemory<byte>, ValueTask> write, BuildProgress progress)
    {
        long _told;

        public ArrayBufferWriter<byte> Buffer { get; } = new(2 * Chunk);

        public long Rows { get; set; }

        /// <summary>Gives on what is there, if it is worth it.</summary>
        public ValueTask GiveAsync() => Buffer.WrittenCount < Chunk ? default : EndAsync();

        public async ValueTask EndAsync()
        {
            await write(Buffer.WrittenMemory);
            progress.Add(Rows - _told, Buffer.WrittenCount);
            _told = Rows;
            Buffer.ResetWrittenCount();
        }
    }

    async Task<DataDictionary> DictionaryAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await DataDictionary.ReadAsync(connection, FieldSources.Built, observed: [], cancellationToken);
    }

    /// <summary>Columns of a file after participant and record, with the kinds of their values.</summary>
    public static async Task<IReadOnlyList<ExportColumn>> ColumnsAsync(NpgsqlConnection connection, ExportEntity entity, ExportRequest request, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{entity.Select(request)} limit 0", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return [.. (await reader.GetColumnSchemaAsync(cancellationToken)).Skip(entity.Id is null ? 0 : 1).Select(column => new ExportColumn(column.ColumnName, column.DataTypeName switch
        {
            "numeric" or "double precision" or "real" => Cell.Number,
            "bigint" or "integer" or "smallint" => Cell.Integer,
            "boolean" => Cell.Flag,
            "timestamp with time zone" => Cell.Time,
            "date" => Cell.Day,
            _ => Cell.Text,
        }))];
    }
}
