using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Register;

namespace RegistrationSite.Pages;

/// <summary>Questions about the person with diabetes, for the research collections they share with.</summary>
[Authorize]
public sealed class SurveyModel(SiteSurvey survey, ConsentLedger ledger, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Survey");

    public bool SharesNothing { get; private set; }

    public bool HasAnswers { get; private set; }

    /// <summary>Texts of the fields: what is stored, or what was just sent.</summary>
    public IReadOnlyDictionary<string, string> Values { get; private set; } = new Dictionary<string, string>();

    /// <summary>Fields that cannot be so, with what is wrong.</summary>
    public IReadOnlyDictionary<string, string> Wrong { get; private set; } = new Dictionary<string, string>();

    /// <summary>What is said at a field; null: nothing is wrong there.</summary>
    public string? Problem(string field)
    {
        if (!Wrong.TryGetValue(field, out var problem))
            return null;
        if (field == "HeightFeet" && problem == "Number")
            return T["HeightFeet.Wrong"];
        if (problem != "Number")
            return T[T.Has($"{field}.Wrong") && problem == "Unknown" ? $"{field}.Wrong" : $"Wrong.{problem}"];
        var (from, to, unit) = SiteSurvey.Bounds(field, Value($"{field}Unit"));
        return T["Wrong.Number", $"{from:0.#}", $"{to:0.#}", unit];
    }

    /// <summary>The field to go to.</summary>
    public static string Id(string field) => SiteSurvey.Several.ContainsKey(field) ? $"{field}-0" : field;

    public string? Value(string field) => Values.GetValueOrDefault(field);

    public bool Has(string field, string word) => Value(field)?.Split(',', StringSplitOptions.TrimEntries).Contains(word) == true;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        if (await survey.FindAsync(OwnAccount.IdOf(User), cancellationToken) is { } stored)
            Values = Filled(stored);
        else if ((await ledger.HistoryAsync(OwnAccount.IdOf(User), cancellationToken)).FirstOrDefault(given => given.GivenBy is not null)?.GivenBy is { } giver)
            Values = new Dictionary<string, string> { ["LoopUser"] = giver == GivenBy.Guardian ? "child" : "self" }; // to begin with: any other answer is as good
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var read = SiteSurvey.Read(field => Request.Form[field], clock.GetUtcNow().UtcDateTime);
        if (read.Wrong.Count > 0)
        {
            await FillAsync(cancellationToken);
            (Wrong, Values) = (read.Wrong, Request.Form.ToDictionary(field => field.Key, field => field.Value.ToString()));
            return Page();
        }
        try
        {
            await survey.StoreAsync(OwnAccount.IdOf(User), read.Answer, cancellationToken);
            TempData["Done"] = T["Saved"];
        }
        catch (NotSharedException)
        {
            // the page says what is needed
        }
        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostRemoveAsync(CancellationToken cancellationToken)
    {
        await survey.RemoveAsync(OwnAccount.IdOf(User), cancellationToken);
        TempData["Done"] = T["Removed"];
        return RedirectToPage();
    }

    /// <summary>Stored answers as the form words them.</summary>
    public static IEnumerable<(string Question, string Answer)> Words(IReadOnlyDictionary<string, string> stored, bool isGuardian) => stored.Select(answer =>
        (T.For(isGuardian)[answer.Key], string.Join(", ", answer.Value.Split(", ").Select(word => answer.Key switch
        {
            "AgeBracket" or "SinceDiagnosed" or "SincePump" or "SinceMonitor" or "SinceLoop" => T[$"Years.{word}"],
            "Country" or "A1cDate" => word,
            _ when SiteSurvey.Numbers.TryGetValue(answer.Key, out var number) => $"{word} {number.Units[0]}",
            _ => T[word],
        }))));

    /// <summary>A height stands in the unit it was given in, and beside it, unseen, what it was.</summary>
    static Dictionary<string, string> Filled(IReadOnlyDictionary<string, string> stored)
    {
        var values = new Dictionary<string, string>(stored);
        if (!stored.TryGetValue("Height", out var height))
            return values;
        values["HeightWas"] = height;
        if (SiteSurvey.InFeet(decimal.Parse(height, CultureInfo.InvariantCulture)) is not var (feet, inches))
            return values;
        values.Remove("Height");
        (values["HeightFeet"], values["HeightInches"]) = (feet, inches);
        return values;
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        SharesNothing = (await ledger.CurrentAsync(OwnAccount.IdOf(User), cancellationToken)).SharesNothing;
        HasAnswers = await survey.FindAsync(OwnAccount.IdOf(User), cancellationToken) is not null;
    }
}
