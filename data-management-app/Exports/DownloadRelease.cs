using System.Text;
using System.Text.Json;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Gives out the files of releases, and what tells about them: made of what the release is at present, so that who withdrew is in none of it.</summary>
public sealed class DownloadRelease(Releases releases, ExportFiles files, Grants grants, Users users, Audit audit, Deliveries deliveries, PortalOptions options)
{
    static readonly JsonSerializerOptions ManifestJson = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>GET and HEAD of a file: records of a participant, <c>manifest.json</c>, <c>SHA256SUMS</c>, <c>README.txt</c>, <c>codebook.csv</c>, <c>CITATION.txt</c> or <c>download.sh</c>.</summary>
    public static Task<IResult> FileAsync(int number, string name, HttpContext context, DownloadRelease download, CancellationToken cancellationToken) =>
        download.GiveAsync(number, name, context, cancellationToken);

    /// <returns>404 for what is not there or not for this study, 410 for files of who withdrew.</returns>
    public async Task<IResult> GiveAsync(int number, string name, HttpContext context, CancellationToken cancellationToken)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant || await releases.FindAsync(number, cancellationToken) is not { IsReady: true } release || !release.MayBeReadWith(grant))
            return Results.NotFound();
        var all = await releases.FilesAsync(release, cancellationToken);
        if (About(name, release, all) is { } text)
            return Results.File(Encoding.UTF8.GetBytes(text), name.EndsWith(".json", StringComparison.Ordinal) ? "application/json" : "text/plain; charset=utf-8", name, lastModified: release.ChangedAt);
        if (all.FirstOrDefault(file => file.File.FileName == name) is not { } found)
            return Results.NotFound();
        if (found.WithdrawnAt is not null || !File.Exists(files.PathOf(release.ExportId, found.File)))
            return DownloadExport.Say(GoneExport.FromRelease(release), context);
        if (!await MayBeGivenAsync(release, found.File, grant, context, cancellationToken))
            return DownloadExport.Say(GoneExport.FromRelease(release), context); // the job has not come by yet
        context.Response.Headers["X-SHA256"] = Convert.ToHexStringLower(found.File.FileSha256);
        return Results.Stream(
            new FileStream(files.PathOf(release.ExportId, found.File), new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous }),
            found.File.Packed ? "application/gzip" : "application/octet-stream", found.File.FileName, lastModified: release.MadeAt,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(found.File.FileSha256)}\""), enableRangeProcessing: true);
    }

    /// <summary>Writes the delivery down before a byte leaves.</summary>
    /// <returns>False: its participant does not share it any more.</returns>
    async Task<bool> MayBeGivenAsync(Release release, ExportedFile file, Grant grant, HttpContext context, CancellationToken cancellationToken)
    {
        if (file.IsAbout || HttpMethods.IsHead(context.Request.Method))
            return true;
        var resumed = context.Request.Headers.Range.Count > 0;
        if (!await deliveries.NoteAsync(grant, release.ExportId, file.Number, resumed, cancellationToken))
            return false;
        if (!resumed)
        {
            await users.NoteDownloadAsync(grant.UserId, file.FileBytes, cancellationToken);
            await audit.NoteAsync(grant.UserId, "download", $"release {release.Version} file {file.Number}", cancellationToken);
        }
        return true;
    }

    /// <returns>Null: it is no such file.</returns>
    string? About(string name, Release release, IReadOnlyList<ReleaseFile> all) => name switch
    {
        ExportBuild.Manifest => Manifest(release, all),
        ExportBuild.Sums => Sums(release, all),
        ExportBuild.Readme => Readme(release),
        "CITATION.txt" => $"{release.Citation}\n",
        "download.sh" => Script(release),
        _ => null,
    };

    static string Manifest(Release release, IReadOnlyList<ReleaseFile> all) => JsonSerializer.Serialize(new
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
        Files = all.Where(file => file.WithdrawnAt is null).Select(file => new
        {
            Name = file.File.FileName,
            Entity = Releases.EntityOf(file.File.Name) is { Length: > 0 } entity ? entity : null,
            file.File.Rows,
            Bytes = file.File.FileBytes,
            Sha256 = Convert.ToHexStringLower(file.File.FileSha256),
        }),
        Withdrawn = all.Where(file => file.WithdrawnAt is not null).Select(file => new { Name = file.File.FileName, file.WithdrawnAt }),
    }, ManifestJson);

    string Sums(Release release, IReadOnlyList<ReleaseFile> all)
    {
        var made = all.Where(file => file.WithdrawnAt is null).Select(file => (Sha256: file.File.FileSha256, file.File.FileName));
        var told = new[] { ExportBuild.Manifest, ExportBuild.Readme, "CITATION.txt" }.Select(name => (Sha256: System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(About(name, release, all)!)), FileName: name));
        return string.Concat(made.Concat(told).Select(file => $"{Convert.ToHexStringLower(file.Sha256)}  {file.FileName}\n"));
    }

    static string Readme(Release release) => $"""
        {release.Title}
        Release {release.Version} of the diabetes data commons ({release.Commons switch { "openaps" => "OpenAPS Data Commons", "nsf" => "Nightscout Data Commons", _ => "OpenAPS Data Commons and Nightscout Data Commons" }}), {(release.ToDay is null ? "all days" : $"up to {release.ToDay:yyyy-MM-dd} (included, UTC)")}.

        {release.Changes}

        To cite it: {release.Citation}

        A file for each participant and kind of data; P… in its name is the participant's code. Codes of participants and records are the same for all readers of this release, and others in every other release and in exports.
        {ExportAbout.Written(release.Format)} Files that end in .gz are gzipped.
        What each column means stands in {ExportBuild.Dictionary}; {ExportBuild.Manifest} has sizes and hashes. To see that all is whole: sha256sum -c {ExportBuild.Sums}

        What is released stays as it is, with one exception: when somebody withdraws, their files go and the version grows. Please delete them then, and every copy; {ExportBuild.Manifest} names them.
        Never try to find out who somebody is. Do not pass the files on.

        """;

    /// <summary>Downloads what is missing or not whole, goes on where it was interrupted, and checks everything.</summary>
    string Script(Release release) => $$"""
        #!/bin/sh
        # Release {{release.Version}}: downloads all of it into a folder, or what is still missing there, and checks it.
        # Usage: TOKEN=oadc_… sh download.sh [FOLDER]      (a token of the page "Access tokens" that may download files)
        set -eu
        : "${TOKEN:?Set TOKEN to a personal access token that may download files.}"
        base={{new Uri(options.BaseUrl!, $"/releases/{release.Number}/files")}}
        mkdir -p "${1:-release-{{release.Number}}}"
        cd "${1:-release-{{release.Number}}}"
        get() { curl --fail --silent --show-error --location --retry 5 --header "Authorization: Bearer $TOKEN" "$@"; }
        get --output SHA256SUMS "$base/SHA256SUMS"
        while read -r sum name; do
          if [ -f "$name" ] && echo "$sum  $name" | sha256sum --check --status; then continue; fi
          echo "$name"
          get --output "$name.part" --continue-at - "$base/$name" || { rm -f "$name.part"; get --output "$name.part" "$base/$name"; }
          mv "$name.part" "$name"
        done < SHA256SUMS
        sha256sum --check --quiet SHA256SUMS && echo "Everything is here and whole."

        """;
}
