using System.Text.Json;
using DataManagementApp.Accounts;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Gives out a finished export, or one file of it: resumable, with its hash, and only while the grant still covers everybody in it.</summary>
public sealed class DownloadExport(ExportQueue queue, ExportFiles files, Grants grants, Users users, Audit audit, Deliveries deliveries)
{
    static readonly JsonSerializerOptions Problem = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>What is given out.</summary>
    sealed record Download(Func<Stream> Open, string Name, string ContentType, long Bytes, byte[] Sha256);

    /// <summary>GET and HEAD of the zip.</summary>
    public static Task<IResult> ZipAsync(long exportId, HttpContext context, DownloadExport download, CancellationToken cancellationToken) =>
        download.GiveAsync(Session.UserId(context.User), exportId, null, context, cancellationToken);

    /// <summary>GET and HEAD of a single file.</summary>
    public static Task<IResult> FileAsync(long exportId, int number, HttpContext context, DownloadExport download, CancellationToken cancellationToken) =>
        download.GiveAsync(Session.UserId(context.User), exportId, number, context, cancellationToken);

    /// <param name="number">Of the file; null: the zip of all.</param>
    /// <returns>404 for what is not the user's, 410 with a <see cref="GoneExport"/> for what was and is not given out any more.</returns>
    public async Task<IResult> GiveAsync(long userId, long exportId, int? number, HttpContext context, CancellationToken cancellationToken)
    {
        if (await queue.FindAsync(exportId, cancellationToken) is not { State: "ready" or "withdrawn" or "expired" } export || export.UserId != userId || export.Release is not null)
            return Results.NotFound();
        var all = await queue.FilesAsync(exportId, cancellationToken);
        if (await GoneAsync(export, all, cancellationToken) is { } gone)
            return Say(gone, context);
        if (Choose(export, all, number) is not { } download)
            return Results.NotFound();
        if (!HttpMethods.IsHead(context.Request.Method))
            await NoteAsync(export, download, number, context.Request.Headers.Range.Count > 0, cancellationToken); // before a byte leaves
        context.Response.Headers["X-SHA256"] = Convert.ToHexStringLower(download.Sha256);
        return Results.Stream(download.Open(), download.ContentType, download.Name, lastModified: export.FinishedAt,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(download.Sha256)}\""), enableRangeProcessing: true);
    }

    Download? Choose(ExportRow export, IReadOnlyList<ExportedFile> all, int? number)
    {
        if (number is null)
            return export.Sha256 is null ? null
                : new(new ExportZip(all, file => files.PathOf(export.ExportId, file), export.RequestedAt).Open, export.Request.FileName, "application/zip", export.Bytes ?? 0, export.Sha256);
        return all.FirstOrDefault(file => file.Number == number) is not { } found ? null
            : new(() => new FileStream(files.PathOf(export.ExportId, found), new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous }),
                found.FileName, found.Packed ? "application/gzip" : "application/octet-stream", found.FileBytes, found.FileSha256);
    }

    async Task NoteAsync(ExportRow export, Download download, int? number, bool resumed, CancellationToken cancellationToken)
    {
        await deliveries.NoteAsync(export.ExportId, resumed, cancellationToken);
        if (resumed)
            return;
        await users.NoteDownloadAsync(export.UserId, download.Bytes, cancellationToken);
        await audit.NoteAsync(export.UserId, "download", $"export {export.ExportId}{(number is null ? "" : $" file {number}")}", cancellationToken);
    }

    /// <returns>Null: it may be given out.</returns>
    async Task<GoneExport?> GoneAsync(ExportRow export, IReadOnlyList<ExportedFile> all, CancellationToken cancellationToken)
    {
        if (export.State == "withdrawn")
            return GoneExport.Withdrawn(await queue.ReplacementAsync(export.ExportId, cancellationToken));
        if (export.State == "expired" || all.Count == 0 || all.Any(file => !File.Exists(files.PathOf(export.ExportId, file))))
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

    /// <summary>A page for browsers, JSON for programs.</summary>
    internal static IResult Say(GoneExport gone, HttpContext context)
    {
        if (!context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            return Results.Json(gone, Problem, "application/problem+json", gone.Status);
        context.Items[typeof(GoneExport)] = gone; // for the page of the error that follows
        return Results.StatusCode(gone.Status);
    }
}
