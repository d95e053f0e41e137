using Dapper;
using DataManagementApp.Accounts;
using Npgsql;

namespace DataManagementApp.Exports;

/// <summary>About how much an export will be.</summary>
/// <param name="Bytes">Of the finished zip or files.</param>
public sealed record ExportEstimate(int Participants, long Rows, long Bytes, TimeSpan Time);

/// <summary>Estimates exports from what the loader noted of each file and from summaries of days: no record is counted.</summary>
public sealed class ExportEstimates(NpgsqlDataSource db, Grants grants)
{
    /// <summary>Rows a second while nothing was built here yet.</summary>
    const double RowsPerSecond = 150_000;

    /// <summary>Records by collection and glucose days; of a period that the days asked for touch its share. Whole-history files count by the share of glucose days.</summary>
    const string Counted = $"""
        with chosen as materialized ({ExportCover.Query}),
        months as (
            select month as first, (month + interval '1 month')::date - 1 as last, days from research.glucose_month join chosen using (participant_id)),
        days as (
            select coalesce(sum(days), 0)::float8 as all_days,
                   coalesce(sum(days * case when @From::date is null then 1 else greatest(0, least(last, @To) - greatest(first, @From) + 1)::float8 / (last - first + 1) end), 0) as days
              from months),
        segments as (
            select collection, lines, bytes,
                   case when @From::date is null then 1
                        when period = 'undated' then 0
                        when period = 'whole' then case when all_days > 0 then days / all_days else 1 end
                        when length(period) = 10 then (period::date between @From and @To)::int
                        else greatest(0, least((period || '-01')::date + interval '1 month' - interval '1 day', @To::timestamp)::date - greatest((period || '-01')::date, @From) + 1)::float8 / 30.4 end as share
              from research.raw_segment join chosen using (participant_id) cross join days)
        select 'participants' as name, count(*)::float8 as rows, 0::float8 as bytes from chosen
        union all select 'days', days, 0 from days
        union all select collection, sum(lines * least(share, 1)), sum(bytes * least(share, 1)) from segments group by collection
        """;

    /// <summary>What exports of the same format came to that were built here lately.</summary>
    const string Built = """
        select sum(bytes)::float8 / sum(rows) as per_row, sum(rows - attempt_rows) / greatest(0.1, sum(extract(epoch from finished_at - coalesce(attempt_at, started_at))))::float8 as per_second
          from (select bytes, rows, attempt_rows, finished_at, started_at, attempt_at from portal.export
                 where state = 'ready' and format = @Format and entity = @Entity and rows > 10000 order by export_id desc limit 20) lately
        """;

    public async Task<ExportEstimate> ReadAsync(Grant grant, ExportRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await grants.OpenAsync(grant, connection, cancellationToken);
        var counted = (await connection.QueryAsync<(string Name, double Rows, double Bytes)>(new CommandDefinition(Counted, ExportCover.Parameters(request), commandTimeout: 0, cancellationToken: cancellationToken)))
            .ToDictionary(row => row.Name, row => (row.Rows, row.Bytes));
        var (perRow, perSecond) = await connection.QuerySingleAsync<(double? PerRow, double? PerSecond)>(new CommandDefinition(Built, new { request.Format, request.Entity }, cancellationToken: cancellationToken));

        var rows = request.Entities.Sum(entity => Rows(entity.Name));
        var bytes = perRow * rows ?? (ExportFormat.IsRaw(request.Format)
            ? request.Entities.Sum(entity => counted.GetValueOrDefault(entity.Collection!).Bytes)
            : request.Entities.Sum(entity => Rows(entity.Name) * PackedBytes(entity.Name)));
        return new((int)counted["participants"].Rows, (long)rows, (long)bytes, TimeSpan.FromSeconds(rows / (perSecond ?? RowsPerSecond)));

        double Rows(string entity) => entity switch
        {
            "entries" or "treatments" or "profile" => counted.GetValueOrDefault(entity).Rows,
            "device_status" or "device_status_metrics" or "aid_cycle" => counted.GetValueOrDefault("devicestatus").Rows,
            "demographics" => counted["participants"].Rows,
            "therapy_setting" => counted.GetValueOrDefault("profile").Rows * 12, // schedules of a profile
            _ => counted["days"].Rows,
        };
    }

    /// <summary>Of a typed row, in any format, as measured with synthetic records.</summary>
    static double PackedBytes(string entity) => entity switch
    {
        "entries" => 30,
        "treatments" => 40,
        "daily_metrics" => 120,
        _ => 45,
    };
}
