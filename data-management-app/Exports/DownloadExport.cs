using System.Text;
using System.Text.Json;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Gives out a finished export, or one file of it: resumable, with its hash, and only while the grant still covers everybody in it.</summary>
public sealed class DownloadExport(ExportQueue queue, ExportFiles files, Grants grants, Users users, Audit audit, Deliveries deliveries, PortalOptions options, ILogger<DownloadExport> log)
{
    static readonly JsonSerializerOptions Problem = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>What is given out.</summary>
    /// <param name="Files">On disk, of which it is made.</param>
    sealed record Download(IReadOnlyList<ExportedFile> Files, Func<Stream> Open, string Name, string ContentType, long Bytes, byte[] Sha256);

    /// <summary>GET and HEAD of the zip.</summary>
    public static Task<IResult> ZipAsync(long exportId, HttpContext context, DownloadExport download, CancellationToken cancellationToken) =>
        download.GiveAsync(exportId, null, context, cancellationToken);

    /// <summary>GET and HEAD of a single file.</summary>
    public static Task<IResult> FileAsync(long exportId, int number, HttpContext context, DownloadExport download, CancellationToken cancellationToken) =>
        download.GiveAsync(exportId, number, context, cancellationToken);

    /// <summary>The script that downloads all of it.</summary>
    public static Task<IResult> ScriptAsync(long exportId, HttpContext context, DownloadExport download, CancellationToken cancellationToken) => download.GiveScriptAsync(exportId, context, cancellationToken);

    async Task<IResult> GiveScriptAsync(long exportId, HttpContext context, CancellationToken cancellationToken)
    {
        if (await queue.FindAsync(exportId, cancellationToken) is not { State: "ready" or "withdrawn" or "expired" } export || !export.IsOf(context.User))
            return Results.NotFound();
        return await GoneAsync(export, cancellationToken) is { } gone ? Say(gone, context)
            : Results.File(Encoding.UTF8.GetBytes(DownloadScript.Of(export, await queue.FilesAsync(exportId, cancellationToken), options.BaseUrl!)), "text/plain; charset=utf-8", DownloadScript.Name, lastModified: export.FinishedAt);
    }

    /// <param name="number">Of the file; null: the zip of all.</param>
    /// <returns>404 for what is not the user's, or not of the study that a token is for; 410 with a <see cref="GoneExport"/> for what was and is not given out any more.</returns>
    async Task<IResult> GiveAsync(long exportId, int? number, HttpContext context, CancellationToken cancellationToken)
    {
        if (await queue.FindAsync(exportId, cancellationToken) is not { State: "ready" or "withdrawn" or "expired" } export || !export.IsOf(context.User))
            return Results.NotFound();
        if (await GoneAsync(export, cancellationToken) is { } gone)
            return Say(gone, context);
        if (Choose(export, await queue.FilesAsync(exportId, cancellationToken), number) is not { } download)
            return Results.NotFound();
        if (!download.Files.All(file => files.IsWhole(exportId, file)))
            return Missing(log, $"export {exportId}");
        var (tag, changedAt) = (new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(download.Sha256)}\""), (DateTimeOffset?)export.FinishedAt);
        if (!HttpMethods.IsHead(context.Request.Method) && !await NoteAsync(export, download, number, Resumption.IsAsked(context.Request, tag, changedAt), cancellationToken)) // before a byte leaves
            return Say(GoneExport.Withdrawn(null), context);
        context.Response.Headers["X-SHA256"] = Convert.ToHexStringLower(download.Sha256);
        return Results.Stream(download.Open(), download.ContentType, download.Name, lastModified: changedAt, entityTag: tag, enableRangeProcessing: true);
    }

    Download? Choose(ExportRow export, IReadOnlyList<ExportedFile> all, int? number)
    {
        if (number is null)
            return export.Sha256 is null ? null
                : new(all, new ExportZip(all, file => files.PathOf(export.ExportId, file), export.RequestedAt).Open, export.Request.FileName, "application/zip", export.Bytes ?? 0, export.Sha256);
        return all.FirstOrDefault(file => file.Number == number) is not { } found ? null
            : new([found], () => files.Open(export.ExportId, found), found.FileName, found.Packed ? "application/gzip" : "application/octet-stream", found.FileBytes, found.FileSha256);
    }

    /// <returns>False: it was withdrawn just now.</returns>
    async Task<bool> NoteAsync(ExportRow export, Download download, int? number, bool resumed, CancellationToken cancellationToken)
    {
        if (!await deliveries.NoteAsync(export.ExportId, resumed, cancellationToken))
            return false;
        if (!resumed)
            await users.NoteDownloadAsync(export.UserId, download.Bytes, cancellationToken);
        await audit.NoteAsync(export.UserId, "download", $"export {export.ExportId}{(number is null ? "" : $" file {number}")}{(resumed ? ", a further part" : "")}", cancellationToken);
        return true;
    }

    /// <returns>Null: it may be given out.</returns>
    async Task<GoneExport?> GoneAsync(ExportRow export, CancellationToken cancellationToken)
    {
        if (export.State == "withdrawn")
            return GoneExport.Withdrawn(await queue.ReplacementAsync(export.ExportId, cancellationToken));
        if (export.State == "expired")
            return GoneExport.Expired;
        try
        {
            await grants.FindAsync(export.GrantId, cancellationToken);
        }
        catch (NoGrantException)
        {
            return GoneExport.AccessEnded;
        }
        return await queue.IsOutdatedAsync(export.ExportId, cancellationToken) ? GoneExport.Withdrawn(null) : null; // the job has not come by yet
    }

    /// <summary>A file that should be there is not, and nobody took it back: ours to mend.</summary>
    internal static IResult Missing(ILogger log, string what)
    {
        log.LogError("A file of {What} is not in the folder of exports, or not whole; it was not withdrawn.", what);
        return Problems.Of(StatusCodes.Status503ServiceUnavailable, "The file cannot be read at present", "The fault is ours, and has been noted. Please try again later; nothing of yours was withdrawn.");
    }

    /// <summary>A page for browsers, JSON for programs.</summary>
    internal static IResult Say(GoneExport gone, HttpContext context)
    {
        if (!context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            return Results.Json(gone, Problem, "application/problem+json", gone.Status);
        context.Items[typeof(GoneExport)] = gone; // for the page of the error that follows
        return Results.StatusCode(gone.Status);
    }
}
