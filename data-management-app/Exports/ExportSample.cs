using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Gives out a file of made-up rows, so that one can try one's programs before anything is built.</summary>
public static class ExportSample
{
    /// <param name="table">Name of the file's entity, for instance <c>aid_cycle</c>.</param>
    /// <param name="columns">As <see cref="ExportRequest.Columns"/>.</param>
    public static async Task<IResult> HandleAsync(string entity, string table, string format, string[]? columns, NpgsqlDataSource db, CancellationToken cancellationToken)
    {
        if (!ExportFormat.All.Contains(format) || !ExportEntity.Choices.ContainsKey(entity))
            return Results.NotFound();
        var request = new ExportRequest(entity, format, null, null) { Columns = columns ?? [] };
        if (request.Entities.FirstOrDefault(candidate => candidate.Name == table) is not { } found)
            return Results.NotFound();
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return Results.File(await SampleRows.WriteAsync(connection, found, request, cancellationToken), "application/octet-stream",
            $"SYNTHETIC_{found.Name}{(format == ExportFormat.RawCsv ? "_raw" : "")}.{ExportFormat.Extension(format)}");
    }
}
