using DataManagementApp.Accounts;
using DataManagementApp.Charts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>Charts of what the user's grant covers; without JavaScript their tables.</summary>
[Authorize]
public sealed class AnalyticsModel(Analytics analytics, Metabase metabase, Grants grants, PortalOptions options) : PageModel
{
    public Topic Topic { get; private set; } = Topic.All[0];

    public Grant? Grant { get; private set; }

    public ChartFilter Filter { get; private set; } = ChartFilter.Nothing;

    public GlucoseUnit Unit { get; private set; } = null!;

    public ChartSet Set { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Meanings { get; private set; } = null!;

    public IReadOnlyList<Choice> Choices { get; private set; } = [];

    /// <summary>Dashboards of Metabase instead of the charts; null: the charts.</summary>
    public Embed? Embed { get; private set; }

    /// <summary>Whether the charts were asked for although there are dashboards.</summary>
    public bool IsBuiltIn { get; private set; }

    /// <summary>The filter and the unit as the part of an address after the question mark.</summary>
    public string Query => Filter.Query((GlucoseUnit.Name, Unit.Value));

    public async Task<IActionResult> OnGetAsync(string? topic, CancellationToken cancellationToken)
    {
        if (topic is not null && Topic.Find(topic) is null)
            return NotFound();
        Topic = Topic.Find(topic) ?? Topic;
        Filter = ChartFilter.Of(Request.Query);
        Unit = GlucoseUnit.Of(HttpContext, options);
        Grant = await grants.CurrentAsync(Session.UserId(User), cancellationToken);
        if (Grant is null)
            return Page();
        IsBuiltIn = Request.Query["built-in"] == "true";
        if (!IsBuiltIn && Filter.Problem is null && Filter == ChartFilter.Nothing with { Commons = Filter.Commons }) // dashboards know no other choice
            Embed = await metabase.FindAsync(Grant, Topic.Name, Filter.Commons, cancellationToken);
        if (Embed is not null)
        {
            Response.Headers.ContentSecurityPolicy = $"{Response.Headers.ContentSecurityPolicy}; frame-src {metabase.FrameSource}";
            return Page();
        }
        Choices = Choice.Of(await analytics.PeopleAsync(Grant, cancellationToken), Filter);
        Set = await analytics.ReadAsync(Grant, Topic, Filter, Unit, cancellationToken);
        Meanings = await analytics.MeaningsAsync(cancellationToken);
        return Page();
    }

    public string Cell(Chart chart, int row, int column) => (chart.Rows[row][column], chart.Columns[column]) switch
    {
        (null, _) => chart.Hidden.Contains(row) && column == 1 ? SmallCells.Words : "–",
        (string text, _) => text,
        (double number, { Decimals: var decimals }) => Bars.Number(number, decimals),
        (IFormattable whole, _) => whole.ToString("N0", System.Globalization.CultureInfo.InvariantCulture),
        var (other, _) => $"{other}",
    };

    /// <param name="Name">Of the field.</param>
    /// <param name="Values">With the words for each.</param>
    public sealed record Choice(string Name, string Label, string? Chosen, IReadOnlyList<(string Value, string Words)> Values)
    {
        public static IReadOnlyList<Choice> Of(People people, ChartFilter filter)
        {
            return
            [
                New("loop", "Loop type", filter.Loop, person => [person.Loop], CohortCharts.LoopWords),
                New("device", "Device group", filter.Device, person => person.Devices),
                New("age", "Age, years", filter.Age, person => [person.Age]),
                New("diagnosed", "Years since diagnosis", filter.Diagnosed, person => [person.Diagnosed]),
                New("country", "Country", filter.Country, person => [person.Country]),
            ];

            Choice New(string name, string label, string? chosen, Func<Person, IEnumerable<string?>> values, Func<string, string>? words = null) =>
                new(name, label, chosen, [.. people.Choices(values).Select(value => (value, words?.Invoke(value) ?? value))]);
        }
    }
}
