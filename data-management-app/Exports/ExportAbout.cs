using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Codebook;

namespace DataManagementApp.Exports;

/// <summary>The files of an export that tell about the others: what its columns mean, what was asked for, sizes and hashes.</summary>
public static class ExportAbout
{
    static readonly JsonSerializerOptions ManifestJson = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="last">Number of the last file with records.</param>
    /// <param name="madeAt">UTC.</param>
    /// <param name="mostInZip">Bytes.</param>
    public static async Task WriteAsync(DataDictionary all, ExportRequest request, IExportFolder folder, int last, DateTime madeAt, long mostInZip, CancellationToken cancellationToken)
    {
        var records = folder.Files.Values.Where(file => !file.IsAbout).OrderBy(file => file.Number).ToList();
        var dictionary = Dictionary(all, request);
        var zipped = IsZipped(request, folder.Files.Values, mostInZip);
        await AddAsync(folder, last + 1, ExportBuild.Dictionary, DictionaryFiles.Csv(dictionary), cancellationToken);
        if (request.Release is not null)
            return; // the rest tells what the release is at present
        await AddAsync(folder, last + 2, ExportBuild.Readme, Encoding.UTF8.GetBytes(Readme(request, zipped)), cancellationToken);
        await AddAsync(folder, last + 3, ExportBuild.Manifest, Manifest(request, dictionary, records, (await folder.ParticipantsAsync(cancellationToken)).Count, madeAt, zipped), cancellationToken);
        var named = folder.Files.Values.OrderBy(file => file.Number).Select(file => zipped ? (file.Sha256, file.Name) : (file.FileSha256, file.FileName));
        await AddAsync(folder, last + 4, ExportBuild.Sums, Encoding.UTF8.GetBytes(string.Concat(named.Select(file => $"{Convert.ToHexStringLower(file.Item1)}  {file.Item2}\n"))), cancellationToken);
    }

    /// <summary>Whether the files go into one zip.</summary>
    /// <param name="most">Bytes of a zip; what is more is given out as single files.</param>
    public static bool IsZipped(ExportRequest request, IEnumerable<ExportedFile> files, long most) => request.Release is null && files.Where(file => !file.IsAbout).Sum(file => file.FileBytes) <= most;

    static async Task AddAsync(IExportFolder folder, int number, string name, byte[] content, CancellationToken cancellationToken)
    {
        if (folder.Files.ContainsKey(number))
            return;
        try
        {
            await using var file = folder.Create(number);
            await using var packed = new PackedFile(file, pack: false, workers: 1);
            await packed.WriteAsync(content, cancellationToken);
            var totals = await packed.CompleteAsync(cancellationToken);
            await folder.KeepAsync(new(number, 0, name, false, 0, totals.Length, totals.Crc32, totals.Sha256, totals.FileBytes, totals.FileSha256), new HashSet<long>(), cancellationToken);
        }
        finally
        {
            folder.Drop(number);
        }
    }

    /// <summary>The data dictionary of the columns in it; of raw records their fields.</summary>
    static DataDictionary Dictionary(DataDictionary all, ExportRequest request)
    {
        var isRaw = ExportFormat.IsRaw(request.Format);
        var entities = request.Entities.ToList();
        return all with
        {
            Tables = isRaw ? [] :
            [
                .. entities.Select(entity => all.Tables.Single(table => table.Name == entity.View) is var table && entity.ColumnsOf(request) is var columns
                    ? table with { Name = entity.Name, Columns = [.. Codes(entity), .. table.Columns.Where(column => columns.Contains(column.Name))] } : table),
            ],
            Fields = isRaw ? [.. all.Fields.Where(field => entities.Any(entity => entity.Collection == field.Collection))] : [],
        };
    }

    static IEnumerable<DictionaryColumn> Codes(ExportEntity entity) =>
    [
        new("participant", "text", null, false, "code of a person; the same in every export of the study, another one in every other study", [], ""),
        .. entity.Id is null ? Array.Empty<DictionaryColumn>() : [new("record", "text", null, false, "code of the record, likewise; the same in typed and raw files", [], "")],
    ];

    static byte[] Manifest(ExportRequest request, DataDictionary dictionary, IReadOnlyList<ExportedFile> records, int participants, DateTime madeAt, bool zipped) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        request.Entity,
        request.Format,
        From = Day(request.From),
        To = Day(request.To),
        request.Commons,
        request.MinDays,
        request.PerParticipant,
        Participants = participants,
        MadeAt = madeAt,
        Version = typeof(ExportAbout).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        Files = records.Select(file => new
        {
            Name = zipped ? file.Name : file.FileName,
            file.Rows,
            Bytes = zipped ? file.Length : file.FileBytes,
            Sha256 = Convert.ToHexStringLower(zipped ? file.Sha256 : file.FileSha256),
            Single = zipped && file.Packed ? new { Name = file.FileName, Bytes = file.FileBytes, Sha256 = Convert.ToHexStringLower(file.FileSha256) } : null,
        }),
        Columns = dictionary.Tables.ToDictionary(table => table.Name, table => table.Columns.Select(column => new { column.Name, column.Type, column.Unit })),
    }, ManifestJson);

    static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static string Readme(ExportRequest request, bool zipped) => $"""
        Export of the diabetes data commons: {request.Entity}, {(request.From is null ? "all days" : string.Create(CultureInfo.InvariantCulture, $"{request.From:yyyy-MM-dd} to {request.To:yyyy-MM-dd} (both days included, UTC)"))}.

        participant   code of a person; the same in every export of your study, another one in every other study
        record        code of a record, likewise
        ~xxxxxxxxxx   pseudonym of a device or an identifier, likewise
        source_entity 0: shared with the OpenAPS Data Commons, 1: with the Nightscout Data Commons, 2: with both

        {Written(request.Format)}
        What each column means stands in {ExportBuild.Dictionary}; {ExportBuild.Manifest} has sizes and hashes. To see that all is whole: sha256sum -c {ExportBuild.Sums}{(zipped ? "" : " (in the folder with all the files)")}

        Times are UTC. Records whose uploader gave no usable time are in no date range, only among all days. Daily metrics and AID days are chosen by the participant's own day; of therapy settings also those that
        were in force when the first day began; demographics by no day.
        Glucose stands twice: as it was sent, and in columns that end in _mgdl, empty where the unit is not certain. glucose_unit says in which unit it was sent, glucose_unit_evidence how that is known.
        Use the latter: some sites send mmol/L where mg/dL is the rule, and of sgv everything below 39 that is left out there is an error code.
        Never try to find out who somebody is. Do not pass the files on. When somebody withdraws, you are told and delete their records.
        """;

    internal static string Written(string format) => format switch
    {
        ExportFormat.Csv => "CSV as RFC 4180 has it, UTF-8; nothing between two commas is no value.",
        ExportFormat.JsonTable => "JSON tables; with pandas: pandas.read_json(file, orient=\"table\").",
        ExportFormat.Parquet => "Parquet; for instance in DuckDB: select * from 'entries*.parquet'.",
        ExportFormat.Ndjson => "One record a line, as it was sent, de-identified: names replaced, free text removed.",
        _ => "Records as they were sent, de-identified: names replaced, free text removed. A column a field, with dots between the names (openaps.iob.iob); lists are JSON.",
    };
}
