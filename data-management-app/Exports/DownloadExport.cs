using DataManagementApp.Accounts;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Gives out a finished export: resumable, with its hash, and only while the grant still covers everybody in it.</summary>
public static class DownloadExport
{
    public static async Task<IResult> HandleAsync(
        long exportId, HttpContext context, ExportQueue queue, ExportFiles files, Grants grants, Users users, Audit audit, CancellationToken cancellationToken)
    {
        var userId = Session.UserId(context.User);
        if (await queue.FindAsync(exportId, cancellationToken) is not { State: "ready" } export || export.UserId != userId)
            return Results.NotFound();
        if (!File.Exists(files.PathOf(exportId)) || !await IsCoveredAsync(export, queue, grants, cancellationToken))
            return Results.StatusCode(StatusCodes.Status410Gone);
        if (context.Request.Headers.Range.Count == 0)
        {
            await users.NoteDownloadAsync(userId, export.Bytes ?? 0, cancellationToken);
            await audit.NoteAsync(userId, "download", $"export {exportId}", cancellationToken);
        }
        context.Response.Headers["X-SHA256"] = Convert.ToHexStringLower(export.Sha256!);
        return Results.File(files.PathOf(exportId), "application/zip", export.FileName, lastModified: export.FinishedAt,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(export.Sha256!)}\""), enableRangeProcessing: true);
    }

    static async Task<bool> IsCoveredAsync(ExportRow export, ExportQueue queue, Grants grants, CancellationToken cancellationToken)
    {
        try
        {
            return await grants.CoversAsync(await grants.FindAsync(export.GrantId, cancellationToken), await queue.ParticipantsAsync(export.ExportId, cancellationToken), cancellationToken);
        }
        catch (NoGrantException)
        {
            return false;
        }
    }
}
