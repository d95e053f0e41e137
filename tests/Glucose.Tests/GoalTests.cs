namespace Glucose.Tests;

public sealed class GoalTests
{
    [TestCase(Population.Standard, "70-180>70 <70<4 <54<1 >180<25 >250<5")]
    [TestCase(Population.OlderOrHighRisk, "70-180>50 <70<1 >180<50 >250<10")]
    [TestCase(Population.PregnancyType1, "63-140>70 <63<4 <54<1 >140<25")]
    [TestCase(Population.PregnancyOther, "")]
    public void Goals_by_population(Population population, string expected) =>
        Assert.That(string.Join(' ', GlucoseGoals.For(population).Select(goal => $"{goal.Name}{(goal.Above ? '>' : '<')}{goal.LimitPercent}")),
            Is.EqualTo(expected));

    [Test]
    public void Each_goal_looks_at_its_own_share()
    {
        var shares = new BandShares
        {
            VeryLow = 1,
            Low = 2,
            InRange = 4,
            High = 8,
            VeryHigh = 16,
            Tight = 32,
            BelowPregnancy = 64,
            Pregnancy = 128,
            AbovePregnancy = 256,
        };

        double[] Of(Population population) => [.. GlucoseGoals.For(population).Select(goal => goal.Share(shares))];

        Assert.That(Of(Population.Standard), Is.EqualTo(new double[] { 4, 3, 1, 24, 16 }));
        Assert.That(Of(Population.OlderOrHighRisk), Is.EqualTo(new double[] { 4, 3, 24, 16 }));
        Assert.That(Of(Population.PregnancyType1), Is.EqualTo(new double[] { 128, 64, 1, 256 }));
    }

    [Test]
    public void The_limit_itself_does_not_meet_a_goal()
    {
        var values = new[] { (120.0, 70), (200, 25), (60, 4), (300, 1) }.SelectMany(one => Enumerable.Repeat(one.Item1, one.Item2));
        var shares = BandShares.Of([.. values], GlucoseThresholds.MgDl); // 70 % in range, 4 % below, 26 % above, 1 % far above

        Assert.That(GlucoseGoals.For(Population.Standard).Select(goal => goal.IsMet(shares)), Is.EqualTo(new[] { false, false, true, false, true }));
        Assert.That(GlucoseGoals.For(Population.OlderOrHighRisk).Select(goal => goal.IsMet(shares)), Is.EqualTo(new[] { true, false, true, true }));
    }

    [Test]
    public void No_data_meets_no_goal()
    {
        var nothing = BandShares.Of([], GlucoseThresholds.MgDl);

        Assert.That(GlucoseGoals.For(Population.Standard).Select(goal => goal.IsMet(nothing)), Is.All.False);
    }
}
