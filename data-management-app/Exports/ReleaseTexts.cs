using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>
/// The files that tell about a version of a release, in the table <c>portal.release_text</c>: written when it is made or reissued and never again, so that another
/// build of the portal changes none of their bytes.
/// </summary>
public sealed class ReleaseTexts(NpgsqlDataSource db)
{
    public const string Citation = "CITATION.txt", Changes = "CHANGES.txt";

    static readonly string[] Names = [ExportBuild.Manifest, ExportBuild.Sums, ExportBuild.Readme, Citation, Changes];

    static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Null: it is no such file.</returns>
    public async Task<string?> ReadAsync(Release release, string name, CancellationToken cancellationToken)
    {
        if (!Names.Contains(name))
            return null;
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        if (await ReadAsync(connection, release, name, cancellationToken) is { } text)
            return text;
        await WriteAsync(connection, release.Number, cancellationToken); // it was made before its texts were kept
        return await ReadAsync(connection, release, name, cancellationToken);
    }

    /// <summary>Of the version as it is now; does nothing when they are written already.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, int number, CancellationToken cancellationToken)
    {
        var release = (await Releases.FindAsync(connection, number, cancellationToken))!;
        var (all, difference) = (await Releases.FilesAsync(connection, release, cancellationToken), await Releases.DifferenceAsync(connection, release, cancellationToken));
        (string Name, string Content)[] texts =
            [(ExportBuild.Manifest, Manifest(release, all, difference)), (ExportBuild.Readme, Readme(release)), (Citation, $"{release.Citation}\n"), (Changes, News(release, difference))];
        texts = [.. texts, (ExportBuild.Sums, Sums(all, texts))];
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from portal.release_text where number = @Number and minor < @Minor; -- they name who has withdrawn since
            insert into portal.release_text (number, minor, name, content) select @Number, @Minor, * from unnest(@names, @contents) on conflict do nothing;
            """, new { release.Number, release.Minor, names = texts.Select(text => text.Name).ToArray(), contents = texts.Select(text => text.Content).ToArray() }, cancellationToken: cancellationToken));
    }

    static async Task<string?> ReadAsync(NpgsqlConnection connection, Release release, string name, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select content from portal.release_text where number = @Number and minor = @Minor and name = @name", new { release.Number, release.Minor, name }, cancellationToken: cancellationToken));

    static string Manifest(Release release, IReadOnlyList<ReleaseFile> all, ReleaseDifference? difference) => JsonSerializer.Serialize(new
    {
        Release = release.Version,
        release.Title,
        release.Citation,
        release.Changes,
        release.MadeAt,
        release.ChangedAt,
        release.Commons,
        release.Format,
        From = release.FromDay,
        To = release.ToDay,
        release.Participants,
        Difference = difference,
        Files = all.Where(file => file.WithdrawnAt is null).Select(file => new
        {
            Name = file.File.FileName,
            Entity = Releases.EntityOf(file.File.Name) is { Length: > 0 } entity ? entity : null,
            file.File.Rows,
            Bytes = file.File.FileBytes,
            Sha256 = Convert.ToHexStringLower(file.File.FileSha256),
        }),
        Withdrawn = all.Where(file => file.WithdrawnAt is not null).Select(file => new { Name = file.File.FileName, file.WithdrawnAt }),
    }, Json);

    static string Sums(IReadOnlyList<ReleaseFile> all, IEnumerable<(string Name, string Content)> texts)
    {
        var made = all.Where(file => file.WithdrawnAt is null).Select(file => (Sha256: file.File.FileSha256, file.File.FileName));
        var told = texts.Select(text => (Sha256: SHA256.HashData(Encoding.UTF8.GetBytes(text.Content)), FileName: text.Name));
        return string.Concat(made.Concat(told).Select(file => $"{Convert.ToHexStringLower(file.Sha256)}  {file.FileName}\n"));
    }

    static string News(Release release, ReleaseDifference? difference) => $"""
        What is new in release {release.Version}

        {release.Changes}

        {(difference is null ? "There is no release before it to compare with." : FormattableString.Invariant($"""
            Compared with release {difference.Before}: {difference.Joined} participants more, {difference.Gone} not in it any more, {difference.Stayed} in both.
            Rows before and now:
            {string.Join('\n', difference.Entities.Select(entity => FormattableString.Invariant($"{entity.Entity} {entity.Before} {entity.Now}")))}
            """))}

        """;

    static string Readme(Release release) => $"""
        {release.Title}
        Release {release.Version} of the diabetes data commons ({release.Commons switch { "openaps" => "OpenAPS Data Commons", "nsf" => "Nightscout Data Commons", _ => "OpenAPS Data Commons and Nightscout Data Commons" }}), {(release.ToDay is null ? "all days" : $"up to {release.ToDay:yyyy-MM-dd} (included, UTC)")}.

        What is new in it, and how it differs from the release before, stands in {Changes}.

        To cite it: {release.Citation}

        A file for each participant and kind of data; P… in its name is the participant's code. Codes of participants and records are the same for all readers of this release, and others in every other release and in exports.
        {ExportAbout.Written(release.Format)} Files that end in .gz are gzipped.
        What each column means stands in {ExportBuild.Dictionary}; {ExportBuild.Manifest} has sizes and hashes. To see that all is whole: sha256sum -c {ExportBuild.Sums}

        What is released stays as it is, with one exception: when somebody withdraws, their files go and the version grows. Please delete them then, and every copy; {ExportBuild.Manifest} names them.
        Never try to find out who somebody is. Do not pass the files on.

        """;
}
