namespace Demographics.Tests;

/// <summary>How what people write becomes something to count.</summary>
public sealed class CleaningTests
{
    static readonly DateTime AnsweredAt = new(2019, 6, 1, 12, 0, 0, DateTimeKind.Utc);
    static readonly DateOnly Answered = new(2019, 6, 1);

    [TestCase("5'10\"", 177.8)]
    [TestCase("5' 10", 177.8)]
    [TestCase("5’10”", 177.8)]
    [TestCase("5´10''", 177.8)]
    [TestCase("5 ft 10", 177.8)]
    [TestCase("5ft10in", 177.8)]
    [TestCase("5 foot 10 inches", 177.8)]
    [TestCase("5 feet, 10 in.", 177.8)]
    [TestCase("5-10", 177.8)]
    [TestCase("5 10", 177.8)]
    [TestCase("5 ft 11", 180.34)] // the system before this one read 152 cm
    [TestCase("6'1.5\"", 186.69)] // it read 6'1
    [TestCase("6'1 1/2", 186.69)]
    [TestCase("6'", 182.88)]
    [TestCase("71\"", 180.34)] // it read 7 ft
    [TestCase("71 inches", 180.34)]
    [TestCase("178cm", 178)]
    [TestCase("178 CM (5'10)", 178)]
    [TestCase("63 cm", 63)] // it read 6 ft
    [TestCase("178", 178)]
    [TestCase("1.78", 178)]
    [TestCase("1,78 m", 178)]
    [TestCase("1.8 m", 180)] // it read 18 cm
    [TestCase("2 m", 200)]
    [TestCase("1m78", 178)]
    public void A_height_is_read(string text, double cm) => Assert.That(Body.Height(text)?.Cm, Is.EqualTo((decimal)cm));

    [TestCase("71")] // inches or a child's centimetres
    [TestCase("5.10")]
    [TestCase("tall")]
    [TestCase("5'14\"")]
    [TestCase("7 years")]
    [TestCase("")]
    [TestCase(null)]
    public void A_height_that_may_mean_several_things_is_none(string? text) => Assert.That(Body.Height(text), Is.Null);

    [TestCase("80 kg", null, 80)]
    [TestCase("80 KG", null, 80)] // the system before this one took these two for pounds
    [TestCase("80.5kg ", null, 80.5)]
    [TestCase("82,4 kilos", null, 82.4)]
    [TestCase("80kg (176 lbs)", null, 80)]
    [TestCase("176 lbs", null, 79.8)]
    [TestCase("176lb", null, 79.8)]
    [TestCase("176 pounds", null, 79.8)]
    [TestCase("11 stone", null, 69.9)]
    [TestCase("12 st 8", null, 79.8)]
    [TestCase("12st 8lbs", null, 79.8)]
    [TestCase("80", true, 80)]
    [TestCase("176", false, 79.8)]
    public void A_weight_is_read(string text, bool? metric, double kg) => Assert.That(Math.Round(Body.Weight(text, metric) ?? 0, 1), Is.EqualTo((decimal)kg));

    [TestCase("80")]
    [TestCase("heavy")]
    [TestCase("")]
    public void A_weight_without_unit_is_none_when_the_height_does_not_tell(string text) => Assert.That(Body.Weight(text, null), Is.Null);

    [TestCase("1985-03-09", "1985-03-09")]
    [TestCase("3/9/1985", "1985-03-09")]
    [TestCase("3/9/85", "1985-03-09")]
    [TestCase("3/9/18", "2018-03-09")]
    [TestCase("25/12/1985", "1985-12-25")]
    [TestCase("9.3.1985", "1985-03-09")]
    [TestCase("March 9, 1985", "1985-03-09")]
    [TestCase("9th of March 1985", "1985-03-09")]
    [TestCase("3/1985", "1985-03-01")]
    [TestCase("Mar 1985", "1985-03-01")]
    [TestCase("1985", "1985-01-01")]
    [TestCase("summer of 1985", "1985-01-01")]
    [TestCase("31115", "1985-03-09")] // a spreadsheet's own number
    [TestCase("2/30/1985", null)]
    [TestCase("1985 or 1986", null)]
    [TestCase("long ago", null)]
    public void A_date_is_read_as_far_as_it_goes(string text, string? date) => Assert.That(Written.Date(text, Answered)?.ToString("yyyy-MM-dd"), Is.EqualTo(date));

    [TestCase("43617.5", "2019-06-01T12:00:00")]
    [TestCase("6/1/2019 12:00:00", "2019-06-01T12:00:00")]
    [TestCase("6/1/2019 1:05:06 PM", "2019-06-01T13:05:06")]
    [TestCase("2019/06/01 12:05:06 AM GMT+2", "2019-05-31T22:05:06")]
    [TestCase("2019-06-01T12:00:00Z", "2019-06-01T12:00:00")]
    [TestCase("2019-06-01 12:00:00.123+05:30", "2019-06-01T06:30:00")]
    [TestCase("2019-06-01", "2019-06-01T00:00:00")]
    [TestCase("yesterday", null)]
    [TestCase("6/1/2019 25:00:00", null)]
    [TestCase("1985", null)]
    [TestCase("", null)]
    public void The_time_of_an_answer_is_read(string text, string? time) => Assert.That(Written.Time(text)?.ToString("s"), Is.EqualTo(time));

    [TestCase("USA", "US")]
    [TestCase("U.S.", "US")]
    [TestCase("u.s.a", "US")]
    [TestCase("United States of America ", "US")]
    [TestCase("the united states", "US")]
    [TestCase("Seattle, WA, USA", "US")]
    [TestCase("England", "GB")]
    [TestCase("UK", "GB")]
    [TestCase("Northern Ireland", "GB")]
    [TestCase("españa", "ES")]
    [TestCase("Espana", "ES")]
    [TestCase("The Netherlands", "NL")]
    [TestCase("Deutschland", "DE")]
    [TestCase("Cote d'Ivoire", "CI")]
    [TestCase("Korea", "KR")]
    [TestCase("Czech Republic", "CZ")]
    [TestCase("Türkiye", "TR")]
    [TestCase("Georgia", "GE")]
    [TestCase("Atlanta, Georgia", null)] // a state of the same name
    [TestCase("Atlantis", null)]
    [TestCase("", null)]
    public void A_country_is_found_under_its_many_names(string text, string? code) => Assert.That(Countries.Find(text)?.Code, Is.EqualTo(code));

    [Test]
    public void An_answer_holds_brackets_as_of_its_own_day_and_no_dates()
    {
        var answer = Clean(out var drops, (Question.Born, "6/2/1988"), (Question.Diagnosed, "1998"), (Question.FirstPump, "6/1/2013"), (Question.FirstMonitor, "2014"), (Question.FirstLoop, "1/2019"));

        Assert.That((answer.AgeBracket, answer.SinceDiagnosed, answer.SincePump, answer.SinceMonitor, answer.SinceLoop), Is.EqualTo(("21-30", "20+", "06-10", "03-5", "0-2")));
        Assert.That(typeof(Answer).GetProperties().Where(property => property.PropertyType == typeof(DateOnly?)).Select(property => property.Name), Is.EqualTo(new[] { nameof(Answer.A1cDate) }));
        Assert.That(drops.Counts, Is.Empty);
    }

    [TestCase("34", "31-45")] // an age
    [TestCase("1959", "46-60")]
    [TestCase("1958", "60+")]
    [TestCase("5/31/2019", "0-5")]
    public void An_age_is_bracketed(string born, string bracket) => Assert.That(Clean(out _, (Question.Born, born)).AgeBracket, Is.EqualTo(bracket));

    [Test]
    public void What_cannot_be_is_left_out_and_counted_by_reason()
    {
        var answer = Clean(out var drops, (Question.Born, "1890"), (Question.Diagnosed, "2031"), (Question.Height, "300 cm"), (Question.Weight, "900 lbs"), (Question.Country, "Mars"),
            (Question.Gender, "my name"), (Question.A1c, "71%"), (Question.InsulinPerDay, "4000"), (Question.CarbsPerDay, "lots"), (Question.Ethnicity, "call me"));

        Assert.That(answer, Is.EqualTo(new Answer(AnsweredAt) { A1c = 8.6m }));
        Assert.That(drops.Counts.Keys, Is.EqualTo(new[]
        {
            "birth: not plausible", "carbs per day: not understood", "country: not understood", "diagnosis: not plausible", "ethnicity: not understood", "gender: not understood",
            "height: not plausible", "insulin per day: not plausible", "weight: not plausible",
        }));
    }

    [Test]
    public void A_diagnosis_before_birth_is_not_believed()
    {
        var answer = Clean(out var drops, (Question.Born, "1990"), (Question.Diagnosed, "1985"));

        Assert.That((answer.SinceDiagnosed, drops.Counts["diagnosis: not plausible"]), Is.EqualTo(((string?)null, 1)));
    }

    [TestCase("7.1%", 7.1)]
    [TestCase("6,4", 6.4)]
    [TestCase("48 mmol/mol", 6.5)]
    [TestCase("55", 7.2)]
    public void An_A1C_is_percent_whichever_unit_it_was_given_in(string text, double percent) => Assert.That(Clean(out _, (Question.A1c, text)).A1c, Is.EqualTo((decimal)percent));

    [Test]
    public void Free_text_is_reduced_to_known_words()
    {
        var answer = Clean(out _, (Question.Gender, "Female"), (Question.Ethnicity, "White, Hispanic or Latino"), (Question.LoopType, "Loop, AndroidAPS, closed loop of my friend"), (Question.LoopUser, "I am the parent of a person with diabetes"));

        Assert.That((answer.Gender, answer.Ethnicity, answer.LoopType, answer.LoopUser), Is.EqualTo(("female", "hispanic, white", "AndroidAPS, Loop", "child")));
        Assert.That(Clean(out _, (Question.LoopType, "a closed loop")).LoopType, Is.Null);
    }

    [Test]
    public void A_participant_is_found_also_without_leading_zeros_but_never_by_guess()
    {
        var members = new Members([new(1, "01234567", true, true), new(2, "0012", true, true), new(3, "12", true, true)]);
        var drops = new Drops();

        Assert.That(new[] { "01234567", "1234567", " 1234567 ", "#01234567" }.Select(id => members.Find(id, drops)?.ParticipantId), Is.All.EqualTo(1));
        Assert.That(members.Find("0012", drops)?.ParticipantId, Is.EqualTo(2));
        Assert.That(new[] { "12", "99", "", "me", "1234567.5" }.Select(id => members.Find(id, drops)), Is.All.Null);
        Assert.That(drops.Counts, Is.EqualTo(new Dictionary<string, int>
        {
            ["row: member id fits several participants"] = 1,
            ["row: member id not understood"] = 2,
            ["row: no member id"] = 1,
            ["row: not a participant"] = 1,
        }));
    }

    static Answer Clean(out Drops drops, params (Question Question, string Text)[] texts) =>
        Answer.Clean(AnsweredAt, question => texts.FirstOrDefault(text => text.Question == question).Text, drops = new());
}
