using System.Globalization;
using System.Text;
using DataManagementApp.Accounts;

namespace DataManagementApp.Charts;

/// <summary>The numbers of a page as JSON, and of a chart as CSV: the very ones of the page, with the same hidden.</summary>
public static class ChartFiles
{
    public static async Task<IResult> JsonAsync(string topic, HttpContext context, Analytics analytics, Grants grants, PortalOptions options, CancellationToken cancellationToken)
    {
        if (Topic.Find(topic) is not { } found)
            return Results.NotFound();
        if (await grants.CurrentAsync(Session.UserId(context.User), cancellationToken) is not { } grant)
            return NoAccess();
        var unit = GlucoseUnit.Of(context, options);
        var set = await analytics.ReadAsync(grant, found, ChartFilter.Of(context.Request.Query), unit, cancellationToken);
        return Results.Json(new
        {
            participants = set.Participants,
            problem = set.Problem,
            unit = unit.Words,
            charts = set.Charts.Select(chart => new { chart.Id, chart.Title, chart.Shape, chart.Summary, chart.Empty, chart.Columns, chart.Rows, hidden = chart.Hidden.Order(), how = new { chart.How.Words, chart.How.Formula, chart.How.Sources } }),
        });
    }

    public static async Task<IResult> CsvAsync(string topic, string chart, HttpContext context, Analytics analytics, Grants grants, PortalOptions options, CancellationToken cancellationToken)
    {
        if (Topic.Find(topic) is not { } found)
            return Results.NotFound();
        if (await grants.CurrentAsync(Session.UserId(context.User), cancellationToken) is not { } grant)
            return NoAccess();
        var set = await analytics.ReadAsync(grant, found, ChartFilter.Of(context.Request.Query), GlucoseUnit.Of(context, options), cancellationToken);
        if (set.Problem is { } problem)
            return Results.Problem(problem, statusCode: StatusCodes.Status400BadRequest);
        return set.Charts.FirstOrDefault(one => one.Id == chart) is { } numbers ? Results.File(Csv(numbers), "text/csv; charset=utf-8", $"{topic}-{numbers.Id}.csv") : Results.NotFound();
    }

    /// <summary>RFC 4180; numbers as on the page, with a point. Of a hidden row only its name is there, and that it is of fewer than 5.</summary>
    public static byte[] Csv(Chart chart)
    {
        var text = new StringBuilder();
        Line(chart.Columns.Select(column => column.Heading));
        foreach (var (index, row) in (chart.Empty is null ? chart.Rows : []).Index())
            Line(row.Select((value, i) => i == 1 && chart.Hidden.Contains(index) ? SmallCells.Words : Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        return Encoding.UTF8.GetBytes(text.ToString());

        void Line(IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(cell => cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"")}\"" : cell)).Append("\r\n");
    }

    static IResult NoAccess() => Results.Problem("Your access to the data has ended, or was not given yet.", statusCode: StatusCodes.Status403Forbidden);
}
