using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>Who may be in an export: whom the grant covers, as far as the request asks for them.</summary>
public static class ExportCover
{
    /// <summary>SQL; takes what <see cref="Parameters"/> gives.</summary>
    public const string Query = """
        select participant_id, source_entity, consent_id
          from research.participant p
         where source_entity = any(@SourceEntities)
           and (@MinDays = 0 or @MinDays <= (select count(*) from research.glucose_day d
                                              where d.participant_id = p.participant_id and (@From::date is null or d.day between @From and @To)))
        """;

    public static object Parameters(ExportRequest request) => new { request.SourceEntities, request.MinDays, request.From, request.To };

    /// <param name="connection">In a transaction that names a grant.</param>
    public static async Task<IReadOnlyList<Covered>> ReadAsync(NpgsqlConnection connection, ExportRequest request, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<Covered>(new CommandDefinition($"{Query} order by participant_id", Parameters(request), commandTimeout: 0, cancellationToken: cancellationToken))];
}
