using DataManagementApp.Charts;

namespace DataManagementApp.Tests;

/// <summary>What may be shown beside the number of all.</summary>
public sealed class SmallCellTests
{
    [TestCase(new[] { 10, 20, 30 }, "yes yes yes")]
    [TestCase(new[] { 0, 20, 30 }, "yes yes yes")]
    [TestCase(new[] { 3, 20, 30 }, "no no yes", Description = "20 hides with 3, or 3 would be the rest")]
    [TestCase(new[] { 3, 4, 30 }, "no no yes")]
    [TestCase(new[] { 2, 2, 30 }, "no no no", Description = "two twos are fewer than five")]
    [TestCase(new[] { 4 }, "no")]
    [TestCase(new[] { 4, 0, 9 }, "no yes no")]
    public void Hidden_groups_are_never_one_alone_nor_together_fewer_than_five(int[] participants, string expected) =>
        Assert.That(string.Join(' ', SmallCells.Shown(participants).Select(shown => shown ? "yes" : "no")), Is.EqualTo(expected));

    [TestCase(new[] { 5, 6 }, "0-0:5 1-1:6")]
    [TestCase(new[] { 0, 2, 3, 9, 1 }, "0-2:5 3-4:10")]
    [TestCase(new[] { 1, 1, 1 }, "")]
    [TestCase(new[] { 0, 0, 7, 0, 0 }, "0-4:7")]
    public void Steps_are_joined_until_each_has_five(int[] counts, string expected) =>
        Assert.That(string.Join(' ', SmallCells.Merge(counts).Select(bar => $"{bar.First}-{bar.Last}:{bar.Participants}")), Is.EqualTo(expected));

    [Test]
    public void No_choice_tells_of_one_to_four_by_what_a_wider_one_has_more()
    {
        // 20 people: all have device a; 17 live in Norway, 10 of them run closed loops, and of the other 3 nobody does.
        var people = Of(20, i => new(i, true, i < 8, i < 10 ? "closed" : "open", new HashSet<string> { "a" }, Entries(i < 18 ? 5 : 6), null, null, i < 17 ? "Norway" : "Chile", null, []));

        Assert.That(people.Choose(ChartFilter.Nothing), Has.Count.EqualTo(20));
        Assert.That(people.Choose(ChartFilter.Nothing with { Device = "a" }), Has.Count.EqualTo(20));
        Assert.That(people.Choose(ChartFilter.Nothing with { Country = "Norway" }), Is.Null, "all less Norway are 3");
        Assert.That(people.Choose(ChartFilter.Nothing with { Loop = "closed" }), Has.Count.EqualTo(10));
        Assert.That(people.Choose(ChartFilter.Nothing with { Loop = "open", Country = "Norway" }), Is.Null, "open less open in Norway are 3");
        Assert.That(people.Choose(ChartFilter.Nothing with { Loop = "closed", Commons = "nsf" }), Is.Null, "closed less closed of this commons are 2");
        Assert.That(people.Choose(ChartFilter.Nothing with { To = new(2026, 5, 1) }), Is.Null, "all time less May is of 2");
    }

    [Test]
    public void No_choice_tells_of_one_to_four_together_with_others_of_its_kind()
    {
        // 20 and 22 of two ages, and one of a third: all less both are one person.
        var ages = Of(43, i => new(i, true, false, "closed", new HashSet<string>(), Entries(5), i < 20 ? "31-45" : i < 42 ? "46-60" : "0-5", null, null, null, []));
        Assert.That(ages.Choose(ChartFilter.Nothing with { Age = "31-45" }), Is.Null);
        Assert.That(ages.Choose(ChartFilter.Nothing with { Age = "46-60" }), Has.Count.EqualTo(22), "alone it tells of the 21 others together");
        Assert.That(ages.Choices(person => [person.Age]), Is.EqualTo(new[] { "46-60" }));

        // 10 of one commons alone, 9 of the other, one of both: their sum less all of them is one person.
        var commons = Of(20, i => new(i, i < 11, i >= 10, "closed", new HashSet<string>(), Entries(5), null, null, null, null, []));
        Assert.That(commons.Choose(ChartFilter.Nothing with { Commons = "openaps" }), Has.Count.EqualTo(11));
        Assert.That(commons.Choose(ChartFilter.Nothing with { Commons = "nsf" }), Is.Null);
    }

    [Test]
    public void Months_choose_records_and_not_people_and_tell_of_no_collection_of_fewer_than_five()
    {
        // From June on one more is there; treatments in June are of one of them.
        var people = Of(30, i => new(i, true, false, "closed", new HashSet<string>(), i == 0 ? [.. Entries(5, 6), ("treatments", new(2026, 6, 1))] : i < 29 ? Entries(5, 6) : Entries(6), null, null, null, null, []));
        var (may, june) = (new DateOnly(2026, 5, 1), new DateOnly(2026, 6, 1));

        Assert.That(people.Choose(ChartFilter.Nothing with { To = may }), Has.Count.EqualTo(30), "who came in June is not told by leaving June out");
        Assert.That(People.Months(people.All, ChartFilter.Nothing with { From = may }, ["entries"]), Is.EqualTo(new[] { may, june }));
        Assert.That(People.Months(people.All, ChartFilter.Nothing with { From = may }, ["treatments"]), Is.Empty);
        Assert.That(People.Months(people.All, ChartFilter.Nothing with { From = may }, ["entries", "treatments"]), Is.EqualTo(new[] { may }));
        Assert.That(People.Months(people.All, ChartFilter.Nothing, ["treatments"]), Is.Null, "all time");
    }

    [Test]
    public void Of_groups_that_overlap_none_is_shown_that_tells_of_few_together_with_others()
    {
        static List<IReadOnlySet<int>> Members(params (int Count, int[] Groups)[] people) => [.. people.SelectMany(same => Enumerable.Repeat(same.Groups.ToHashSet(), same.Count))];

        Assert.That(SmallCells.ShownOverlapping(Members((10, [0]), (9, [1])), 2), Is.EqualTo(new[] { true, true }));
        Assert.That(SmallCells.ShownOverlapping(Members((10, [0]), (9, [1]), (1, [0, 1])), 2), Is.EqualTo(new[] { true, false }), "one is in both");
        Assert.That(SmallCells.ShownOverlapping(Members((10, [0]), (9, [1]), (6, [0, 1])), 2), Is.EqualTo(new[] { true, true }));
        Assert.That(SmallCells.ShownOverlapping(Members((20, [0, 1]), (3, [0]), (9, [])), 2), Is.EqualTo(new[] { true, false }), "all but three of the one are in the other");
        Assert.That(SmallCells.ShownOverlapping(Members((7, [0]), (7, [1]), (7, [2]), (2, [])), 3), Is.EqualTo(new[] { true, true, false }), "two are in none");
    }

    static People Of(int count, Func<int, Person> person) => new([.. Enumerable.Range(0, count).Select(person)]);

    static HashSet<(string Collection, DateOnly Month)> Entries(params int[] months) => [.. months.Select(month => ("entries", new DateOnly(2026, month, 1)))];

    [Test]
    public void What_leaves_the_portal_is_rounded_as_it_is_shown()
    {
        var chart = new Chart("ranges", "", "ranges", "", [new("Group"), new("Participants"), new("In range", "%", 1)], [["All", 20, 71.23456]], new("", "", "glucose_day.n")).Published;

        Assert.That(chart.Rows[0], Is.EqualTo(new object[] { "All", 20, 71.2 }));
    }

    [Test]
    public void Of_a_chart_with_nothing_to_draw_no_number_leaves_the_portal()
    {
        var chart = Bars.Histogram("gmi", "GMI", "GMI", "%", [6.5, 7, 7.5], 5, 10, 0.25, 2, new("", "", "glucose_day.n")).Published;

        Assert.That((chart.Summary, chart.Rows.Count, chart.Empty), Is.EqualTo(("", 0, Bars.Nothing)));
    }

    [Test]
    public void A_mean_is_not_told_beside_one_of_few_more()
    {
        var chart = Bars.Histogram("gmi", "GMI", "GMI", "%", [6.5, 7, 7.5, 7, 7], 5, 10, 0.25, 2, new("", "", "glucose_day.n"), tellsMean: false);

        Assert.That(chart.Summary, Is.EqualTo("5 participants."));
    }
}
