using System.Text.Json;
using DataManagementApp.Accounts;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Gives out a finished export: resumable, with its hash, and only while the grant still covers everybody in it.</summary>
public static class DownloadExport
{
    static readonly JsonSerializerOptions Problem = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static async Task<IResult> HandleAsync(
        long exportId, HttpContext context, ExportQueue queue, ExportFiles files, Grants grants, Users users, Audit audit, Deliveries deliveries, CancellationToken cancellationToken)
    {
        var userId = Session.UserId(context.User);
        if (await queue.FindAsync(exportId, cancellationToken) is not { State: "ready" or "withdrawn" or "expired" } export || export.UserId != userId)
            return Results.NotFound();
        if (await GoneAsync(export, queue, files, grants, cancellationToken) is { } gone)
            return Say(gone, context);
        var resumed = context.Request.Headers.Range.Count > 0;
        await deliveries.NoteAsync(exportId, resumed, cancellationToken); // before a byte leaves
        if (!resumed)
        {
            await users.NoteDownloadAsync(userId, export.Bytes ?? 0, cancellationToken);
            await audit.NoteAsync(userId, "download", $"export {exportId}", cancellationToken);
        }
        context.Response.Headers["X-SHA256"] = Convert.ToHexStringLower(export.Sha256!);
        return Results.File(files.PathOf(exportId), "application/zip", export.FileName, lastModified: export.FinishedAt,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(export.Sha256!)}\""), enableRangeProcessing: true);
    }

    /// <returns>Null: it may be given out.</returns>
    static async Task<GoneExport?> GoneAsync(ExportRow export, ExportQueue queue, ExportFiles files, Grants grants, CancellationToken cancellationToken)
    {
        if (export.State == "withdrawn")
            return GoneExport.Withdrawn(await queue.ReplacementAsync(export.ExportId, cancellationToken));
        if (export.State == "expired" || !File.Exists(files.PathOf(export.ExportId)))
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
    static IResult Say(GoneExport gone, HttpContext context)
    {
        if (!context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            return Results.Json(gone, Problem, "application/problem+json", gone.Status);
        context.Items[typeof(GoneExport)] = gone; // for the page of the error that follows
        return Results.StatusCode(gone.Status);
    }
}
