namespace DataManagementApp.Charts;

/// <summary>What participants answered of themselves.</summary>
static class DemographicsCharts
{
    const string Untold = "not answered";

    const string Words = "Each participant's newest answer to the surveys, cleaned, and as it was at that time. Groups of 1 to 4 participants are joined, with the next larger one where these would be fewer than 5.";

    public static IReadOnlyList<Chart> Make(Selection selection)
    {
        var people = selection.People;
        return
        [
            Of("age", "Age", "Age bracket, years", person => person.Age, "member_demographics.age_bracket", inOrder: true),
            Of("gender", "Gender", "Gender", person => person.Gender, "member_demographics.gender"),
            Of("country", "Country", "Country", person => person.Country, "member_demographics.country"),
            Of("diagnosed", "Years since diagnosis", "Years", person => person.Diagnosed, "member_demographics.years_since_diagnosed_bracket", inOrder: true),
            Bars.Overlapping("loop-kind", "Closed loop system, as answered", "System", new("Share of participants", "%", 1),
                people.SelectMany(person => person.Systems.Count == 0 ? [Untold] : person.Systems.Distinct()).GroupBy(name => name).Select(same => (same.Key, same.Count(), 100.0 * same.Count() / people.Count)), people.Count,
                new($"Each participant's newest answer to the surveys; who named several is counted in each. Answers of {SmallCells.Words} participants are left out.", "", "member_demographics.diy_closed_loop_type")),
        ];

        Chart Of(string id, string title, string group, Func<Person, string?> answer, string source, bool inOrder = false) => Bars.Groups(id, title, group,
            people.GroupBy(person => answer(person) ?? Untold).OrderBy(same => same.Key == Untold).ThenBy(same => same.Key, StringComparer.Ordinal).Select(same => (same.Key, same.Count())), new(Words, "", source), inOrder);
    }
}
