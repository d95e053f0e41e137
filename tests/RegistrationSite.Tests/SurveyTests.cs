using AngleSharp.Html.Dom;
using Dapper;
using Demographics;
using Npgsql;
using Member = Sandbox.Member;

namespace RegistrationSite.Tests;

/// <summary>The survey on the site: what is kept of it, for whom, and what it leaves alone.</summary>
public sealed class SurveyTests : SiteFixture
{
    const string Kept = """
        select concat_ws('|', source, survey_version is not null, gender, ethnicity, country_code, diy_closed_loop_type, cleaned_height_cm, cleaned_weight_kg, age_bracket, years_since_diagnosed_bracket, insulin_units_per_day, last_lab_reported_a1c)
          from openaps.member_demographics where participant_id = @participant and source = 'site'
        """;

    [Test]
    public async Task Answers_are_kept_in_our_units_shown_again_changed_and_removed()
    {
        var (person, member) = await SharingAsync();
        await person.OpenAsync("/Survey");
        await person.SubmitAsync("Save my answers", ("Gender", "female"), ("Ethnicity", "true"), ("Country", "norway"), ("LoopType", "true"), ("HeightFeet", "5"), ("HeightInches", "10"), ("Weight", "176,4"), ("WeightUnit", "lb"),
            ("AgeBracket", "31-45"), ("SinceDiagnosed", "20+"), ("InsulinPerDay", "41.5"), ("A1c", "48"), ("A1cUnit", "mmol/mol"), ("A1cDate", "2026-02-03"));
        Assert.That(person.Text, Does.Contain("Your answers are saved."));
        Assert.That(await QueryAsync<string>(member, Kept), Is.EqualTo("site|t|female|american indian|NO|AndroidAPS|177.8|80.0|31-45|20+|41.5|6.5"));
        Assert.That((person.Page.QuerySelector("#HeightFeet")!.GetAttribute("value") + "'" + person.Page.QuerySelector("#HeightInches")!.GetAttribute("value") + person.Page.QuerySelector("#Height")!.GetAttribute("value"), person.Page.QuerySelector("#AgeBracket option[selected]")!.GetAttribute("value"), person.Page.QuerySelector("#A1cDate")!.GetAttribute("value")),
            Is.EqualTo(("5'10", "31-45", "2026-02-03")));

        await person.SubmitAsync("Save my answers", ("Country", ""), ("Gender", ""), ("SinceDiagnosed", "11-20"), ("HeightInches", "10.5"));
        Assert.That(await QueryAsync<string>(member, "select cleaned_height_cm::text from openaps.member_demographics where participant_id = @participant"), Is.EqualTo("179.1"), "corrected where it stood");
        await person.SubmitAsync("Save my answers", ("Height", "160"));
        Assert.That((person.Page.QuerySelector("#Height")!.GetAttribute("value"), person.Page.QuerySelector("#HeightFeet")!.GetAttribute("value")), Is.EqualTo(("160.0", default(string))), "or in the other unit");
        await person.SubmitAsync("Save my answers", ("HeightFeet", "5"), ("HeightInches", "10"), ("SinceDiagnosed", "20+"));
        Assert.That(await QueryAsync<string>(member, Kept), Is.EqualTo("site|t|american indian|AndroidAPS|177.8|80.0|31-45|20+|41.5|6.5"), "what is left out is not kept");

        await person.SubmitAsync("Remove my answers");
        Assert.That(person.Text, Does.Contain("Your answers are removed."));
        Assert.That(await QueryAsync<string?>(member, Kept), Is.Null);
        person.Dispose();
    }

    [TestCase("Height", "9")]
    [TestCase("Weight", "heavy")]
    [TestCase("A1c", "200")]
    [TestCase("Country", "Nowhere")]
    [TestCase("A1cDate", "2999-01-01")]
    public async Task What_cannot_be_is_said_at_its_field_and_nothing_is_stored(string field, string value)
    {
        var (person, member) = await SharingAsync();
        await person.OpenAsync("/Survey");

        await person.SubmitAsync("Save my answers", ("Gender", "male"), (field, value));

        var input = person.Page.QuerySelector($"#{field}")!;
        Assert.That((input.GetAttribute("aria-invalid"), input.GetAttribute("value")), Is.EqualTo(("true", value)), "and what was typed stays");
        Assert.That(person.Page.QuerySelector($"#{input.GetAttribute("aria-describedby")}")!.TextContent, Does.Contain("leave it out"));
        Assert.That(person.Page.QuerySelector($"[role=alert] a[href='#{field}']"), Is.Not.Null, "and the way there");
        Assert.That(person.Page.QuerySelector("#Gender option[selected]")!.GetAttribute("value"), Is.EqualTo("male"));
        Assert.That(await QueryAsync<string?>(member, Kept), Is.Null);
        person.Dispose();
    }

    [TestCase("Height=9", "Height", "Number")]
    [TestCase("Height=180 HeightFeet=5", "Height", "Twice")]
    [TestCase("HeightFeet=5 HeightInches=tall", "HeightFeet", "Number")]
    [TestCase("HeightFeet=180", "HeightFeet", "Number")]
    [TestCase("HeightFeet=79228162514264337593543950335", "HeightFeet", "Number")]
    [TestCase("A1c=79228162514264337593543950335 A1cUnit=mmol/mol", "A1c", "Number")]
    [TestCase("Height=180 HeightFeet=5 HeightWas=170", "Height", "Twice")]
    [TestCase("HeightFeet=5 HeightInches=12", "HeightFeet", "Inches")]
    [TestCase("AgeBracket=0-5 SinceDiagnosed=06-10", "SinceDiagnosed", "Age")]
    [TestCase("AgeBracket=16-20 SincePump=20+", "SincePump", "Age")]
    [TestCase("AgeBracket=06-10 SinceLoop=11-20", "SinceLoop", "Age")]
    [TestCase("InsulinPerDay=20 BasalPerDay=20.5", "BasalPerDay", "Basal")]
    [TestCase("A1cDate=2026-02-03", "A1c", "NoA1c")]
    [TestCase("LoopType=Loop,none", "LoopType", "Contradiction")]
    [TestCase("Ethnicity=prefer_not_to_say,white", "Ethnicity", "Contradiction")]
    public void What_is_wrong_is_named(string sent, string field, string problem)
    {
        var fields = sent.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1].Replace('_', ' '));

        Assert.That(SiteSurvey.Read(fields.GetValueOrDefault, DateTime.UtcNow).Wrong, Is.EqualTo(new Dictionary<string, string> { [field] = problem }));
    }

    [TestCase("Height=180 HeightWas=180 HeightFeet=5 HeightInches=11", 180.3)]
    [TestCase("Height=181 HeightWas=180.3 HeightFeet=5 HeightInches=11", 181)]
    [TestCase("HeightFeet=5 HeightInches=11", 180.3)]
    [TestCase("HeightInches=70", 177.8)]
    [TestCase("HeightFeet=6", 182.9)]
    [TestCase("Height=178", 178)]
    public void A_height_is_given_in_cm_or_in_feet_and_inches(string sent, decimal cm)
    {
        var fields = sent.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.That(SiteSurvey.Read(fields.GetValueOrDefault, DateTime.UtcNow).Answer.HeightCm, Is.EqualTo(cm));
    }

    [Test]
    public async Task Answers_that_contradict_each_other_are_not_kept_and_what_can_be_is_said_in_the_unit_that_was_chosen()
    {
        var (person, member) = await SharingAsync();
        await person.OpenAsync("/Survey");

        foreach (var word in new[] { "Trio", "none" })
            ((IHtmlInputElement)person.Page.QuerySelector($"[name=LoopType][value={word}]")!).IsChecked = true;
        await person.SubmitAsync("Save my answers", ("Weight", "2000"), ("WeightUnit", "lb"));

        Assert.That(person.Page.QuerySelector("#LoopType-error")!.TextContent, Does.Contain("contradict each other"));
        Assert.That(person.Page.QuerySelectorAll("[name=LoopType][checked]").Select(box => box.GetAttribute("value")), Is.EqualTo(new[] { "Trio", "none" }), "and what was ticked stays");
        Assert.That(person.Page.QuerySelector("#Weight-error")!.TextContent, Does.Contain("from 4.4 to 881.8 lb"));
        Assert.That(person.Page.QuerySelector("#WeightUnit option[selected]")!.GetAttribute("value"), Is.EqualTo("lb"));
        Assert.That(await QueryAsync<string?>(member, Kept), Is.Null);
        person.Dispose();
    }

    [TestCase("AgeBracket=11-15 SinceDiagnosed=11-20")]
    [TestCase("AgeBracket=21-30 SinceDiagnosed=20+")]
    [TestCase("AgeBracket=60+ SinceLoop=20+")]
    [TestCase("InsulinPerDay=20 BasalPerDay=20")]
    [TestCase("BasalPerDay=20")]
    public void What_is_possible_is_taken(string sent)
    {
        var fields = sent.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.That(SiteSurvey.Read(fields.GetValueOrDefault, DateTime.UtcNow).Wrong, Is.Empty);
    }

    [TestCase(177.8, "5'10")]
    [TestCase(179.1, "5'10.5")]
    [TestCase(182.9, "6'0")]
    [TestCase(160, null)]
    [TestCase(180, null)]
    [TestCase(180.2, null)]
    public void A_height_comes_back_as_it_was_most_likely_given(decimal cm, string? feet) => Assert.That(SiteSurvey.InFeet(cm) is var (whole, inches) ? $"{whole}'{inches}" : null, Is.EqualTo(feet));

    [Test]
    public void Words_that_are_on_no_list_are_not_stored()
    {
        var read = SiteSurvey.Read(field => field is "Gender" or "AgeBracket" or "Ethnicity" or "WeightUnit" or "Weight" ? "1'); drop table" : null, DateTime.UtcNow);

        Assert.That(read.Wrong.Keys, Is.EquivalentTo(new[] { "Gender", "AgeBracket", "Ethnicity", "Weight" }));
    }

    [Test]
    public async Task Who_shares_nothing_is_asked_nothing_and_nothing_is_kept_of_them()
    {
        var (person, member) = await SharingAsync();
        await person.OpenAsync("/Survey");
        await QueryAsync<int?>(member, "insert into register.consent (participant_id, source, projects, text_version) values (@participant, 'page', 'none', 'test')");

        await person.SubmitAsync("Save my answers", ("Gender", "female"));

        Assert.That(person.Text, Does.Contain("you share with none of them now").And.Not.Contain("saved"));
        Assert.That(await QueryAsync<string?>(member, Kept), Is.Null);
        person.Dispose();
    }

    [Test]
    public async Task The_sheets_and_the_site_leave_each_other_alone_and_the_newer_answer_counts()
    {
        var (person, member) = await SharingAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        await using var etl = OpenAs("open_humans_etl");
        await SheetAsync(etl, participant, new(DateTime.UtcNow.AddYears(-2)) { Gender = "male", Country = Countries.Find("France") });
        await person.OpenAsync("/Survey");
        await person.SubmitAsync("Save my answers", ("Gender", "female"), ("Height", "180"));
        Assert.That(await CleanedAsync(member), Is.EqualTo("female|FR|180.0"), "by question");

        await SheetAsync(etl, participant, new(DateTime.UtcNow.AddMinutes(1)) { Gender = "non-binary" });
        Assert.That(await CleanedAsync(member), Is.EqualTo("non-binary|180.0"), "and the sheet says no country any more");
        await using (var connection = await etl.OpenConnectionAsync())
            await DemographicsTable.RemoveOthersAsync(DemographicsTable.Survey, "openaps", [], connection, default);
        Assert.That(await CleanedAsync(member), Is.EqualTo("female|180.0"), "what is gone from the sheet takes nothing along that was said here");
        await SheetAsync(etl, participant, new(DateTime.UtcNow.AddYears(-2)) { Gender = "male" });

        await person.SubmitAsync("Remove my answers");

        Assert.That(await CleanedAsync(member), Is.EqualTo("male"));
        person.Dispose();
    }

    [Test]
    public async Task The_site_writes_rows_of_no_other_source()
    {
        var (person, member) = await SharingAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        await using var site = OpenAs("registration_site");
        await using var connection = await site.OpenConnectionAsync();

        Assert.That(() => connection.Execute("insert into openaps.site_survey (participant_id, source, ts) values (@participant, 'original', now())", new { participant }), Throws.TypeOf<PostgresException>());
        Assert.That(() => connection.Execute("select count(*) from openaps.member_demographics"), Throws.TypeOf<PostgresException>());
        person.Dispose();
    }

    [Test]
    public async Task Who_left_without_our_hearing_of_it_is_told_and_erased_without_Open_Humans()
    {
        var (person, member) = await SignedInAsync();
        var options = Sandbox.OpenHumans.Options;
        Sandbox.OpenHumans.Options = options with { WebhookUrl = null };
        await member.LeaveAsync(erase: false);
        Sandbox.OpenHumans.Options = options;

        await person.OpenAsync("/MyData");
        Assert.That(person.Page.QuerySelector("#copying")!.TextContent, Does.Contain("Please sign in with Open Humans again"));
        Assert.That(person.Page.QuerySelector("#membership")!.TextContent, Does.Contain("you need not sign in again").And.Contain("We may not delete the files"));
        Assert.That(person.Page.QuerySelector("#membership a[href='/Leave']"), Is.Not.Null);
        await person.OpenAsync("/Leave/Erase");
        Assert.That(person.Text, Does.Contain("we cannot delete the files in your account"));
        await person.SubmitAsync("Erase everything now");

        Assert.That(person.Page.Title, Does.StartWith("Being erased"));
        person.Dispose();
    }

    async Task<(Testing.WebSession, Member)> SharingAsync()
    {
        var (person, member) = await SignedInAsync();
        await ChooseAsync(person, openAps: true, nightscout: false);
        return (person, member);
    }

    static async Task SheetAsync(NpgsqlDataSource etl, long participant, Answer answer)
    {
        await using var connection = await etl.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await DemographicsTable.StoreAsync(participant, DemographicsTable.Survey, "openaps", answer, connection, default);
        await transaction.CommitAsync();
    }

    Task<string> CleanedAsync(Member member) => QueryAsync<string>(member, "select concat_ws('|', gender, country_code, cleaned_height_cm) from openaps.member_demographics_cleaned where participant_id = @participant");
}
