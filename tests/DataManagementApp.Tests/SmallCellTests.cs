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
        var people = new People([.. Enumerable.Range(0, 20).Select(i => new Person(i, true, i < 8, i < 10 ? "closed" : "open", new HashSet<string> { "a" }, new HashSet<DateOnly> { new(2026, i < 18 ? 5 : 6, 1) }, null, null, i < 17 ? "Norway" : "Chile", null, []))]);

        Assert.That(people.Choose(ChartFilter.Nothing), Has.Count.EqualTo(20));
        Assert.That(people.Choose(ChartFilter.Nothing with { Device = "a" }), Has.Count.EqualTo(20));
        Assert.That(people.Choose(ChartFilter.Nothing with { Country = "Norway" }), Is.Null, "all less Norway are 3");
        Assert.That(people.Choose(ChartFilter.Nothing with { Loop = "closed" }), Has.Count.EqualTo(10));
        Assert.That(people.Choose(ChartFilter.Nothing with { Loop = "open", Country = "Norway" }), Is.Null, "open less open in Norway are 3");
        Assert.That(people.Choose(ChartFilter.Nothing with { Loop = "closed", Commons = "nsf" }), Is.Null, "closed less closed of this commons are 2");
        Assert.That(people.Choose(ChartFilter.Nothing with { To = new(2026, 5, 1) }), Is.Null, "all time less May is of 2");
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
