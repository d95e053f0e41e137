using System.Buffers;
using System.Globalization;
using System.Text;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Rows that look like an export's and are nobody's: made up by the code, the same each time.</summary>
public static class SampleRows
{
    /// <summary>In the place of a participant's code.</summary>
    public const string Participant = "SYNTHETIC";

    const int Count = 5;

    static readonly DateTime Start = new(2026, 1, 31, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>A file of the entity in the request's format, not packed.</summary>
    public static async Task<byte[]> WriteAsync(NpgsqlConnection connection, ExportEntity entity, ExportRequest request, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        if (ExportFormat.IsRaw(request.Format))
            WriteRaw(entity, request.Format, buffer);
        else
            WriteTable(entity, request.Format, await ExportBuild.ColumnsAsync(connection, entity, request, cancellationToken), buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The same as texts for a page: the header first.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<string>>> TableAsync(NpgsqlConnection connection, ExportEntity entity, ExportRequest request, CancellationToken cancellationToken)
    {
        if (ExportFormat.IsRaw(request.Format))
            return [["line"], .. Enumerable.Range(0, Count).Select(row => new[] { Raw(entity.Name, row) })];
        var columns = await ExportBuild.ColumnsAsync(connection, entity, request, cancellationToken);
        return
        [
            [.. Codes(entity, "participant", "record"), .. columns.Select(column => column.Name)],
            .. Enumerable.Range(0, Count).Select(row => (IReadOnlyList<string>)
                [.. Codes(entity, Participant, Record(row)), .. columns.Select(column => Value(column, row) is var value && value == "\\N" ? "" : value)]),
        ];
    }

    static string[] Codes(ExportEntity entity, string participant, string record) => entity.Id is null ? [participant] : [participant, record];

    static void WriteTable(ExportEntity entity, string format, IReadOnlyList<ExportColumn> columns, ArrayBufferWriter<byte> buffer)
    {
        var hasRecord = entity.Id is not null;
        using var writer = RowWriter.Of(format, buffer, hasRecord, columns);
        writer.Start();
        var copied = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Count).Select(row =>
            string.Join('\t', columns.Select(column => Value(column, row)).Prepend("id").Skip(hasRecord ? 0 : 1)) + "\n")));
        var rows = new CopyText(copied, copied.Length, columns.Count + (hasRecord ? 1 : 0));
        for (; rows.Row < rows.Rows; rows.Row++)
            writer.Row(Encoding.ASCII.GetBytes(Participant), Encoding.ASCII.GetBytes(Record(rows.Row)), rows);
        writer.End();
    }

    static void WriteRaw(ExportEntity entity, string format, ArrayBufferWriter<byte> buffer)
    {
        var (lines, table) = (Enumerable.Range(0, Count).Select(row => Encoding.UTF8.GetBytes(Raw(entity.Name, row))).ToList(), new DottedRecord());
        if (format == ExportFormat.RawCsv)
        {
            lines.ForEach(line => table.Look(line));
            table.Start(buffer);
        }
        foreach (var line in lines)
            if (format == ExportFormat.RawCsv)
                table.Row(line, buffer);
            else
                buffer.Write([.. line, (byte)'\n']);
    }

    static string Record(int row) => (row + 1).ToString("x20", CultureInfo.InvariantCulture);

    /// <summary>As COPY writes it.</summary>
    static string Value(ExportColumn column, int row) => column switch
    {
        { Cell: Cell.Time, Name: "valid_from" or "from_utc" } => "2026-01-31 00:00:00+00",
        { Cell: Cell.Time, Name: "to_utc" } => "2026-02-01 00:00:00+00",
        { Cell: Cell.Time } => $"{Start.AddMinutes(5 * row):yyyy-MM-dd HH:mm:ss}+00",
        { Cell: Cell.Day } => $"{Start.AddDays(row):yyyy-MM-dd}",
        { Cell: Cell.Flag } => row % 2 == 0 ? "t" : "f",
        { Name: "source_entity" } => "2",
        { Name: "answered_year" or "last_lab_reported_a1c_year" } => "2026",
        { Name: "n" or "cycles" or "enacted" } => $"{280 + row}",
        { Name: "mills" } => $"{new DateTimeOffset(Start).ToUnixTimeMilliseconds()}",
        { Name: "seconds" } => $"{row * 3600}",
        { Cell: Cell.Integer } => $"{row}",
        { Cell: Cell.Number, Name: var name } => Number(name, row),
        { Name: var name } => Text(name, row),
    };

    static string Number(string name, int row) => name switch
    {
        _ when name.Contains("iob") => $"1.{row}5",
        _ when name.Contains("percent") => name.StartsWith("in_range") ? $"7{row}.5" : $"{row}.5",
        _ when name is "sgv" or "glucose" or "target" || name.Contains("mgdl") || name.Contains("_bg") => $"{104 + row}",
        _ when name.Contains("rate") || name is "absolute" or "value" or "sent_value" => $"0.{row + 5}",
        _ when name.Contains("reservoir") => $"{150 - row}",
        _ when name.Contains("height") => $"{165 + row}",
        _ when name.Contains("weight") => $"{65 + row}",
        "last_lab_reported_a1c" => $"6.{row}",
        "covered_minutes" => $"{1400 + row}",
        "basal_hours" => "24",
        "mbg" or "rawbg" or "loop_cob" or "loop_iob" => "\\N",
        _ => $"{row + 1}",
    };

    static string Text(string name, int row) => name switch
    {
        "direction" => "Flat",
        "device" => "share2",
        "type" => "sgv",
        "glucose_unit" or "units" or "unit" => "mg/dL",
        "glucose_unit_evidence" => "range",
        "event_type" => row % 2 == 0 ? "Correction Bolus" : "Temp Basal",
        "temp" => "absolute",
        "entered_by" => "loop",
        "controller" or "controllers" => "openaps",
        "loop_type" => "closed",
        "kind" => "basal",
        "source" => "profile",
        "default_profile" => "Default",
        "gender" => "female",
        "country" => "Germany",
        "country_code" => "DE",
        "age_bracket" => "30-39",
        "settings" => "{\"max_iob\": 5}",
        "date_string" => $"{Start.AddMinutes(5 * row):yyyy-MM-ddTHH:mm:ss.fffZ}",
        _ when name.EndsWith("bracket", StringComparison.Ordinal) => "5-9",
        _ => "\\N",
    };

    static string Raw(string entity, int row)
    {
        var (head, time) = ($"\"participant\":\"{Participant}\",\"record\":\"{Record(row)}\"", Start.AddMinutes(5 * row));
        return entity switch
        {
            "entries" => $$"""{{{head}},"type":"sgv","sgv":{{104 + row}},"direction":"Flat","device":"share2","date":{{new DateTimeOffset(time).ToUnixTimeMilliseconds()}}}""",
            "treatments" => $$"""{{{head}},"eventType":"Temp Basal","temp":"absolute","rate":0.{{row + 5}},"duration":30,"created_at":"{{time:yyyy-MM-ddTHH:mm:ssZ}}"}""",
            "device_status" => $$"""{{{head}},"device":"openaps","openaps":{"iob":{"iob":1.{{row}},"activity":0.01},"suggested":{"bg":{{104 + row}},"predBGs":{"IOB":[104,105,106]} } },"created_at":"{{time:yyyy-MM-ddTHH:mm:ssZ}}"}""",
            _ => $$"""{{{head}},"defaultProfile":"Default","store":{"Default":{"dia":6,"basal":[{"time":"00:00","value":0.{{row + 5}}}],"units":"mg/dl"} },"startDate":"{{time:yyyy-MM-ddTHH:mm:ssZ}}"}""",
        };
    }
}
