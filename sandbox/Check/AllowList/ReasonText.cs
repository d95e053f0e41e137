using System.Text.RegularExpressions;

namespace Sandbox.Check;

/// <summary>What may be left of oref0's explanation of a decision: docs/deidentification.md. Written down once more, and looser than the product's grammar.</summary>
static partial class ReasonText
{
    public static bool IsOne(string sent) => Factor.IsMatch(sent) || Phrase.IsMatch(sent);

    /// <summary>Every piece of what was found stands in what was sent, in that order; no factor is lost; nothing but words of the grammar and short numbers is there.</summary>
    public static bool IsLeftOf(string sent, string found)
    {
        var plain = Blanks.Replace(sent, " ");
        var at = 0;
        foreach (var piece in found.Split(", "))
        {
            at = plain.IndexOf(piece, at, StringComparison.Ordinal);
            if (at < 0 || Foreign.IsMatch(piece))
                return false;
            at += piece.Length;
        }
        return Factor.Matches(plain).All(factor => found.Contains(factor.Value, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\b(COB|Dev|BGI|ISF|CR|Target): -?\d{1,3}(\.\d{1,4})?(?=[,;])|\b(minPredBG|minGuardBG|IOBpredBG|UAMpredBG|COBpredBG) -?\d{1,3}(\.\d{1,4})?(?=[,;])")]
    static partial Regex Factor { get; }

    [GeneratedRegex(@"\bEventual BG -?\d|\btemp \d|\bno temp\b|\bin range\b|\binsulinReq -?\d|\bMicrobolusing \d|\bmax_iob\b")]
    static partial Regex Phrase { get; }

    /// <summary>Four digits in a row that are no decimals, an address, or a word that explains nothing.</summary>
    [GeneratedRegex(@"(?<![.\d])\d{4}|[/:]//|\w@\w|\b(?!(COB|IOB|Dev|BGI|ISF|CR|Target|TDD|AF|CSF|U|hr?|m|s|min\w*|max\w*|\w*predBG|\w*PredBG|\w*BG|Eventual|eventual\w*|insulinReq|[Ii]nsulin|[Rr]eq|req|temp|low|high|zero|neutral"
        + @"|no|required|in|range|setting|of|current|basal\w*|as|to|w|add|l|carbs\w*|rate|adj|Microbolusing|microbolus|Waiting|again|Autosens|[Rr]atio|Basal|Bolus|Dynamic|On|Off|Sigmoid|Logarithmic|function"
        + @"|formula|SMB|Delivery|Delta|Avg|expectedDelta|[Tt]hreshold|BG|CGM|data|is|too|old|unchanged|was|just|calibrated|doing|nothing|cancel\w*|naive_eventualBG)\b)\p{L}+")]
    static partial Regex Foreign { get; }

    [GeneratedRegex(@"\s+")]
    static partial Regex Blanks { get; }
}
