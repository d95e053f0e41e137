using System.Text;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Gives out the files of releases, and what tells about them.</summary>
public sealed class DownloadRelease(
    Releases releases, ReleaseTexts texts, ExportFiles files, Grants grants, Users users, Audit audit, Deliveries deliveries, PortalOptions options, ILogger<DownloadRelease> log)
{
    /// <summary>GET and HEAD of a file: records of a participant, <c>manifest.json</c>, <c>SHA256SUMS</c>, <c>README.txt</c>, <c>codebook.csv</c>, <c>CHANGES.txt</c>, <c>CITATION.txt</c> or <c>download.sh</c>.</summary>
    public static Task<IResult> FileAsync(int number, string name, HttpContext context, DownloadRelease download, CancellationToken cancellationToken) =>
        download.GiveAsync(number, name, context, cancellationToken);

    /// <returns>404 for what is not there or not for this study, 410 for files of who withdrew.</returns>
    public async Task<IResult> GiveAsync(int number, string name, HttpContext context, CancellationToken cancellationToken)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant || await releases.FindUncountedAsync(number, cancellationToken) is not { IsReady: true } release || !release.MayBeReadWith(grant))
            return Results.NotFound();
        if ((name == DownloadScript.Name ? DownloadScript.Of(release, options.BaseUrl!) : await texts.ReadAsync(release, name, cancellationToken)) is { } text)
            return Results.File(Encoding.UTF8.GetBytes(text), name.EndsWith(".json", StringComparison.Ordinal) ? "application/json" : "text/plain; charset=utf-8", name, lastModified: release.ChangedAt);
        if (await releases.FindFileAsync(release, name, cancellationToken) is not { } found)
            return Results.NotFound();
        if (found.WithdrawnAt is not null)
            return DownloadExport.Say(GoneExport.FromRelease(release), context);
        if (!files.IsWhole(release.ExportId, found.File))
            return DownloadExport.Missing(log, $"release {release.Version}");
        var (tag, madeAt) = (new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(found.File.FileSha256)}\""), (DateTimeOffset)release.MadeAt);
        if (!HttpMethods.IsHead(context.Request.Method) && !await NoteAsync(release, found.File, grant, Resumption.IsAsked(context.Request, tag, madeAt), cancellationToken))
            return DownloadExport.Say(GoneExport.FromRelease(release), context);
        context.Response.Headers["X-SHA256"] = Convert.ToHexStringLower(found.File.FileSha256);
        return Results.Stream(files.Open(release.ExportId, found.File), found.File.Packed ? "application/gzip" : "application/octet-stream", found.File.FileName, lastModified: madeAt, entityTag: tag, enableRangeProcessing: true);
    }

    /// <summary>Writes the delivery down before a byte leaves.</summary>
    /// <returns>False: its participant does not share it any more.</returns>
    async Task<bool> NoteAsync(Release release, ExportedFile file, Grant grant, bool resumed, CancellationToken cancellationToken)
    {
        if (file.IsAbout)
            return true;
        if (!await deliveries.NoteAsync(grant, release, file.Number, resumed, cancellationToken))
            return false;
        if (!resumed)
            await users.NoteDownloadAsync(grant.UserId, file.FileBytes, cancellationToken);
        await audit.NoteAsync(grant.UserId, "download", $"release {release.Version} file {file.Number}{(resumed ? ", a further part" : "")}", cancellationToken);
        return true;
    }
}
