using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Sandbox.Check;

/// <summary>Alters one value of one record, so that a check can be shown to find exactly that. On Nightscout the stand-in does it.</summary>
public static partial class Sabotage
{
    const string AlterOneRow = """
        update openaps.entries altered
           set sgv = altered.sgv + 1
          from (select e.participant_id, e.id
                  from openaps.entries e
                  join register.participant p using (participant_id)
                 where p.project_member_id = $1 and e.sgv is not null
                 order by e.id
                 limit 1) one
         where altered.participant_id = one.participant_id and altered.id = one.id
        returning altered.id, altered.sgv
        """;

    /// <summary>Adds 1 to the sgv of one entry in the warehouse.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="InvalidOperationException">The participant has no entry with sgv.</exception>
    public static async Task<string> WarehouseAsync(string postgresOwner, string projectMemberId, CancellationToken cancellationToken = default)
    {
        await using var db = NpgsqlDataSource.Create(postgresOwner);
        await using var command = db.CreateCommand(AlterOneRow);
        command.Parameters.Add(new() { Value = projectMemberId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            throw new InvalidOperationException("The participant has no entry with sgv in the warehouse.");
        return $"warehouse: openaps.entries {reader.GetString(0)}, sgv is now {reader.GetValue(1)}";
    }

    /// <summary>Alters a digit of one cell in a csv of the zip; the manifest is made to fit, so that nothing but the record differs.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="InvalidOperationException">The zip holds no csv of entries with a value.</exception>
    public static async Task<string> ExportAsync(string zipPath, CancellationToken cancellationToken = default)
    {
        await using var zip = await ZipFile.OpenAsync(zipPath, ZipArchiveMode.Update, cancellationToken);
        var file = zip.Entries.FirstOrDefault(entry => entry.FullName.StartsWith("entries_", StringComparison.Ordinal) && entry.FullName.EndsWith(".csv", StringComparison.Ordinal))
            ?? throw new InvalidOperationException("The zip holds no csv of entries.");
        var before = await ReadAsync(file, cancellationToken);
        var text = Encoding.UTF8.GetString(before);
        var sgv = FirstSgv.Match(text);
        if (!sgv.Success)
            throw new InvalidOperationException("No entry in the zip has a sgv.");
        var digit = sgv.Groups["digit"];
        var after = Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, digit.Index), Other(digit.Value), text.AsSpan(digit.Index + 1)));
        var name = file.FullName;
        await ReplaceAsync(zip, file, after, cancellationToken);

        var manifest = zip.GetEntry("manifest.json") ?? throw new InvalidOperationException("The zip holds no manifest.");
        var told = Encoding.UTF8.GetString(await ReadAsync(manifest, cancellationToken));
        await ReplaceAsync(zip, manifest, Encoding.UTF8.GetBytes(told.Replace(Sha256(before), Sha256(after), StringComparison.OrdinalIgnoreCase)), cancellationToken);
        return $"export: {name}, a digit of the first sgv";
    }

    /// <summary>Alters a digit of the first sgv, insulin, carbs, iob or dia in a file of records. Its metadata must then be made to fit.</summary>
    /// <exception cref="InvalidOperationException">No record has one of them.</exception>
    public static byte[] OpenHumansFile(byte[] gzippedNdjson)
    {
        using var zipped = new GZipStream(new MemoryStream(gzippedNdjson), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        zipped.CopyTo(plain);
        var bytes = plain.ToArray();
        var value = FirstValue.Match(Encoding.Latin1.GetString(bytes)); // Latin-1: one character a byte
        if (!value.Success)
            throw new InvalidOperationException("No record of the file has a value to alter.");
        var digit = value.Groups["digit"];
        bytes[digit.Index] = (byte)Other(digit.Value)[0];

        using var altered = new MemoryStream();
        using (var zip = new GZipStream(altered, CompressionLevel.Optimal))
            zip.Write(bytes);
        return altered.ToArray();
    }

    /// <summary>As metadata and manifests write it.</summary>
    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>As metadata write it.</summary>
    public static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));

    static string Other(string digit) => digit == "9" ? "8" : $"{(char)(digit[0] + 1)}";

    static async Task<byte[]> ReadAsync(ZipArchiveEntry entry, CancellationToken cancellationToken)
    {
        await using var stream = await entry.OpenAsync(cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    static async Task ReplaceAsync(ZipArchive zip, ZipArchiveEntry entry, byte[] bytes, CancellationToken cancellationToken)
    {
        await using var stream = await entry.OpenAsync(cancellationToken);
        stream.SetLength(0);
        await stream.WriteAsync(bytes, cancellationToken);
    }

    // participant and record are codes and sgv is the first column of the view.
    [GeneratedRegex(@"\n[^,\n]+,[^,\n]+,\d*(?<digit>\d)(?=[.,])", RegexOptions.ExplicitCapture)]
    static partial Regex FirstSgv { get; }

    [GeneratedRegex("""
        "(sgv|insulin|carbs|iob|dia)":\d*(?<digit>\d)(?=[.,}])
        """, RegexOptions.ExplicitCapture)]
    static partial Regex FirstValue { get; }
}
