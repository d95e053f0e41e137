using System.Text;
using Glucose;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nightscout;
using ServiceDefaults;

namespace RegistrationSite.Pages;

/// <summary>The participant's own figures and charts, in the unit of their choice, which a cookie remembers.</summary>
[Authorize]
public sealed class ReportModel(OwnReports reports, CopyStatus status, RegistrationOptions options, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Report");

    public static readonly int[] Periods = [14, 30, 90];

    /// <summary>Whole days, the last of them yesterday.</summary>
    [BindProperty(SupportsGet = true, Name = "days")]
    public int Length { get; set; } = Periods[0];

    /// <summary>mgdl or mmol; null: as the last time.</summary>
    [BindProperty(SupportsGet = true, Name = "unit")]
    public string? Unit { get; set; }

    public OwnReport Report { get; private set; } = null!;

    public GlucoseScale Scale { get; private set; } = new(false);

    public DateOnly Last => Report.Days[^1].Day;

    /// <summary>Older days may still be copied.</summary>
    public bool IsImporting { get; private set; }

    public GlucoseReport Glucose => Report.Glucose;

    public Sufficiency Sufficiency => Glucose.Sufficiency;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var cookie = SiteDefaults.SiteCookie("unit", options.BaseUrl?.Scheme == "https");
        if (Unit is "mgdl" or "mmol")
            Response.Cookies.Append(cookie.Name!, Unit, new(cookie.Build(HttpContext)) { MaxAge = TimeSpan.FromDays(400) });
        Scale = new((Unit ?? Request.Cookies[cookie.Name!]) == "mmol");
        await ReadAsync(cancellationToken);
    }

    public Task<IActionResult> OnGetDaysAsync(CancellationToken cancellationToken) => CsvAsync("glucose_days", report => report.DaysCsv(), cancellationToken);

    public Task<IActionResult> OnGetPatternAsync(CancellationToken cancellationToken) => CsvAsync("glucose_pattern", report => report.PatternCsv(), cancellationToken);

    /// <summary>What every figure lacks where there is none: "not enough data: 3 of 24 hours".</summary>
    public string Lacking => T["Lacking.Hours", $"{Sufficiency.SensorTime.TotalHours:0.#}"];

    /// <summary>What the GMI lacks: "not enough data: 9 of 14 days".</summary>
    public string LackingForGmi => Sufficiency.DaysWorn < Sufficiency.Days
        ? T["Lacking.Days", Sufficiency.DaysWorn, Sufficiency.Days]
        : T["Lacking.Time", $"{Sufficiency.SensorTime.TotalDays:0.#}", $"{Sufficiency.Days * Sufficiency.Percent / 100:0.#}"];

    /// <summary>A share of a day, as people say it.</summary>
    public static string OfADay(double percent) => TimeSpan.FromMinutes(Math.Round(percent * 14.4)) switch
    {
        { TotalMinutes: < 60 } time => T["ADay.Minutes", $"{time.TotalMinutes:0}"],
        { Minutes: 0 } time => T["ADay.Hours", $"{time.TotalHours:0}"],
        var time => T["ADay", $"{Math.Floor(time.TotalHours):0}", time.Minutes],
    };

    public static string Percent(double? percent) => percent is { } value ? $"{(value is > 0 and < 1 ? value.ToString("0.0") : value.ToString("0"))} %" : "–";

    async Task<IActionResult> CsvAsync(string name, Func<OwnReport, string> csv, CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        return File(Encoding.UTF8.GetBytes(csv(Report)), "text/csv; charset=utf-8", $"{name}_{Report.Days[0].Day:yyyy-MM-dd}_{Last:yyyy-MM-dd}.csv");
    }

    async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (!Periods.Contains(Length))
            Length = Periods[0];
        var participant = OwnAccount.IdOf(User);
        var yesterday = (await status.StateAsync(participant, cancellationToken)).Today(clock.GetUtcNow().UtcDateTime).AddDays(-1);
        IsImporting = (await status.CollectionsAsync(participant, cancellationToken)).Any(row => row.Collection == Collection.Entries.Name && !row.ImportedAll);
        Report = await reports.ReadAsync(participant, yesterday.AddDays(1 - Length), yesterday, cancellationToken);
    }
}
