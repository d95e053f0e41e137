using System.Diagnostics;
using System.Net;
using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using DataManagementApp.Mails;
using Microsoft.AspNetCore.DataProtection;

namespace DataManagementApp.Tests;

/// <summary>From the conditions to the decision, with the mails of it.</summary>
public sealed class ApplicationTests : PortalFixture
{
    string _reviewer = "", _administrator = "";

    [OneTimeSetUp]
    public async Task Reviewers()
    {
        (_reviewer, _administrator) = (NewEmail(), NewEmail());
        await AddUserAsync(_reviewer, "reviewer");
        await AddUserAsync(_administrator, "administrator");
    }

    [Test]
    public async Task Conditions_have_the_four_duties_and_the_wish_and_are_accepted_before_the_form()
    {
        using var person = Visitor();
        await person.OpenAsync("/apply");
        Assert.That(person.Page.Title, Does.StartWith("Guidelines and conditions"), "nobody sees the form before");
        Assert.That(person.Text, Does.Contain("Tell the community").And.Contain("read it free of charge").And.Contain("Name the data commons").And.Contain("never publish an identifier of a member")
            .And.Contain("take part in your research").And.Contain($"Version {Terms.Version}"));

        await person.SubmitAsync("Go on to the application");
        Assert.That(person.Page.QuerySelector("#accepted-error")!.TextContent, Does.Contain("tick the box"));

        foreach (var accepted in new[] { Terms.Version, "2020-01-01", Service<IDataProtectionProvider>().CreateProtector("accepted conditions").Protect($"2020-01-01 {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}"),
            Service<IDataProtectionProvider>().CreateProtector("something else").Protect($"{Terms.Version} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}"),
            Service<IDataProtectionProvider>().CreateProtector("accepted conditions").Protect($"{Terms.Version} {DateTimeOffset.UtcNow.AddHours(-25).ToUnixTimeMilliseconds()}") })
        {
            await person.OpenAsync($"/apply?accepted={Uri.EscapeDataString(accepted)}");
            Assert.That(person.Page.Title, Does.StartWith("Guidelines and conditions"), "not ticked here, an older version, or long ago");
        }
    }

    [Test]
    public void A_new_text_of_the_conditions_has_a_new_version()
    {
        var text = string.Join('\n', Terms.Duties.Select(duty => $"{duty.Title}\n{duty.Text}").Append(Terms.Wish).Append(Terms.Further));

        Assert.That((Terms.Version, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..16]), Is.EqualTo(("2026-11-22", "8ffb5312612d2aef")),
            "the text changed: give it a new version, and put both here");
    }

    [Test]
    public async Task An_application_is_nobodys_until_its_address_is_confirmed_and_then_the_reviewers_have_all_of_it()
    {
        var email = NewEmail();
        var before = Mail.Mails.Count;
        using (var applicant = await ApplyAsync(email, "Ada <b>Example</b>"))
            Assert.That(applicant.Text, Does.StartWith("Look into your mailbox"));
        var confirm = await Mail.WaitAsync(email, "Please confirm your e-mail address");
        Assert.That(confirm.Text, Does.Not.Contain("Ada").And.Not.Contain("Nights").And.Not.Contain("institute"), "to an address that nobody confirmed goes nothing that was typed");
        Assert.That(Mail.Mails.Skip(before).SelectMany(mail => mail.To), Is.All.EqualTo(email), "no mail to administrators");
        Assert.That(await QueryAsync<long>("select count(*) from portal.app_users where email = @email", new { email }), Is.Zero, "no account");
        using (var reviewer = await SignInAsync(_reviewer))
        {
            await reviewer.OpenAsync("/review");
            Assert.That(reviewer.Text, Does.Not.Contain("Ada <b>"));
        }

        using var person = Visitor();
        await person.OpenAsync(confirm.Links[0].PathAndQuery);
        Assert.That(await QueryAsync<long>("select count(*) from portal.researcher_applications where email = @email and confirmed_at is not null", new { email }), Is.Zero, "opening the link is not enough: programs do that");
        await person.SubmitAsync("Yes, this is my address");

        Assert.That(person.Text, Does.Contain("The reviewers have your application").And.Contain("Nights before and after a change of therapy"));
        foreach (var reader in new[] { _reviewer, _administrator })
        {
            var told = await Mail.WaitAsync(reader, "An application waits for review", after: confirm.Number);
            Assert.That(told.Text, Does.Contain("Name: Ada <b>Example</b>").And.Contain(email).And.Contain("+1 555 0100").And.Contain("An institute").And.Contain("A fund").And.Contain("IRB): unsure")
                .And.Contain("OpenAPS Data Commons and the Nightscout Data Commons").And.Contain("Nights before and after").And.Contain("> First line\n> second line").And.Contain($"version {Terms.Version}"));
        }
        var receipt = await Mail.WaitAsync(email, "We have your application");
        Assert.That(receipt.Links.Single().AbsolutePath, Is.EqualTo("/application"));
        Assert.That(await QueryAsync<string>("select terms_version || ' ' || (terms_accepted > now() - interval '5 minutes') from portal.researcher_applications where email = @email", new { email }), Is.EqualTo($"{Terms.Version} true"));

        await person.OpenAsync(confirm.Links[0].PathAndQuery);
        Assert.That(person.Text, Does.Contain("This link does not work any more"), "once");
    }

    [Test]
    public async Task The_code_of_the_mail_can_be_typed_instead_and_five_wrong_ones_leave_the_link_alone()
    {
        var email = NewEmail();
        using (await ApplyAsync(email))
        {
        }
        var mail = await Mail.WaitAsync(email, "Please confirm your e-mail address");
        using var phone = Visitor();
        await phone.OpenAsync("/code?sent=application");
        await phone.SubmitAsync("Go on", ("Email", email.ToUpperInvariant()), ("Code", mail.Code!.Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant()));
        await phone.SubmitAsync("Yes, this is my address");
        Assert.That(phone.Text, Does.Contain("The reviewers have your application"));

        var other = NewEmail();
        using (await ApplyAsync(other))
        {
        }
        var second = await Mail.WaitAsync(other, "Please confirm your e-mail address");
        using var guesser = Visitor();
        for (var i = 0; i < 5; i++)
        {
            await guesser.OpenAsync("/code");
            await guesser.SubmitAsync("Go on", ("Email", other), ("Code", $"AAAA-AAA{i + 2}"));
        }
        var wrong = guesser.Text;
        await guesser.OpenAsync("/code");
        await guesser.SubmitAsync("Go on", ("Email", other), ("Code", second.Code!));
        Assert.That(guesser.Text, Is.EqualTo(wrong), "the right one, too late");
        await guesser.OpenAsync(second.Links[0].PathAndQuery);
        Assert.That(guesser.Text, Does.Contain("Yes, this is my address"));
    }

    [Test]
    public async Task A_repeated_application_takes_the_place_of_an_undecided_one_and_keeps_its_messages()
    {
        var email = NewEmail();
        var (first, firstId) = await ConfirmedAsync(email);
        using (first)
            await first.SubmitAsync("Send the message", ("Message", "I forgot to say this."));
        var number = Mail.Mails.Last(mail => mail.To.Contains(email)).Number;

        using (await ApplyAsync(email, fields: ("Form.Study", "Another purpose")))
        {
        }
        Assert.That(await QueryAsync<long>("select count(*) from portal.researcher_applications where email = @email and seq_id = @firstId and confirmed_at is not null", new { email, firstId }), Is.EqualTo(1),
            "somebody else may have typed the address");
        var mail = await Mail.WaitAsync(email, "Please confirm your e-mail address", after: number);
        using var person = Visitor();
        await person.OpenAsync(mail.Links[0].PathAndQuery);
        await person.SubmitAsync("Yes, this is my address");

        Assert.That(person.Text, Does.Contain("Another purpose").And.Contain("I forgot to say this."));
        Assert.That(await QueryAsync<long>("select count(*) from portal.researcher_applications where email = @email", new { email }), Is.EqualTo(1));
    }

    [Test]
    public async Task Who_has_an_account_sees_the_same_page_as_fast_and_is_told_by_mail()
    {
        var (session, email, _) = await NewAsync("researcher");
        session.Dispose();
        using var unknown = await ApplyAsync(NewEmail());
        using var known = await ApplyAsync(email);

        Assert.That(known.Text, Is.EqualTo(unknown.Text));
        var mail = await Mail.WaitAsync(email, "You have an account already");
        Assert.That(mail.Text, Does.Contain("nothing was changed"));
        Assert.That(await QueryAsync<long>("select count(*) from portal.researcher_applications where email = @email", new { email }), Is.Zero);

        foreach (var address in new[] { email, NewEmail() })
        {
            using var person = Visitor();
            await person.OpenAsync("/forgot");
            var watch = Stopwatch.StartNew();
            await person.SubmitAsync("Send the mail", ("Email", address));
            Assert.That(watch.Elapsed, Is.GreaterThanOrEqualTo(EvenTime.Floor));
            Assert.That(person.Text, Does.Contain("If there is an account with this address"));
        }
    }

    [Test]
    public async Task Nobody_is_flooded_with_mails_by_somebody_who_types_their_address()
    {
        var email = NewEmail();
        for (var i = 0; i < 7; i++)
            using (await ApplyAsync(email))
            {
            }

        Assert.That(await QueryAsync<long>("select count(*) from portal.mail where recipient = @email", new { email }), Is.EqualTo(5));
        Assert.That(await QueryAsync<long>("select count(*) from portal.researcher_applications where email = @email", new { email }), Is.EqualTo(5));
    }

    [Test]
    public async Task Applicant_and_reviewers_write_to_each_other_and_each_message_is_mailed()
    {
        var email = NewEmail();
        var (person, id) = await ConfirmedAsync(email);
        using var reviewer = await SignInAsync(_reviewer);
        await reviewer.OpenAsync($"/review/{id}");
        await reviewer.SubmitAsync("Send the message", ("Message", "Who pays?\nAnd when?"));
        var asked = await Mail.WaitAsync(email, "The reviewers of your application wrote to you");
        Assert.That(asked.Text, Does.Contain("> Who pays?\n> And when?"));

        await person.OpenAsync(asked.Links.Single().PathAndQuery);
        Assert.That(person.Text, Does.Contain("Who pays?"));
        await person.SubmitAsync("Send the message", ("Message", "A fund does."));
        var answered = await Mail.WaitAsync(_reviewer, "An applicant wrote to the reviewers", after: asked.Number);
        Assert.That(answered.Text, Does.Contain("> A fund does."));
        Assert.That(answered.Links.Single().AbsolutePath, Is.EqualTo($"/review/{id}"));
        person.Dispose();

        using var thief = Visitor();
        await thief.OpenAsync(asked.Links.Single().PathAndQuery.Replace($"={id}.", $"={id + 1}.", StringComparison.Ordinal));
        Assert.That(thief.Text, Does.Contain("This link does not work"));
    }

    [Test]
    public async Task An_approval_may_be_narrower_never_wider_and_the_applicant_comes_in()
    {
        var email = NewEmail();
        var (applicant, id) = await ConfirmedAsync(email);
        applicant.Dispose();
        using var reviewer = await SignInAsync(_reviewer);
        await reviewer.OpenAsync($"/review/{id}");
        await reviewer.SubmitAsync("Approve", ("OpenAps", "true"), ("Nsf", "false"), ("Months", "3"), ("Study", "What nights are like"));
        Assert.That(reviewer.Text, Does.Contain("Approved."));

        var mail = await Mail.WaitAsync(email, "You have access to the data");
        Assert.That(mail.Text, Does.Contain("the OpenAPS Data Commons, for this study").And.Not.Contain("Nightscout Data Commons").And.Contain("What nights are like"));
        using var person = Visitor();
        await person.OpenAsync(mail.Links[0].PathAndQuery);
        await person.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        await person.OpenAsync("/studies");
        Assert.That(person.Text, Does.Contain("What nights are like").And.Contain("You work in this one").And.Contain("approved"));
        Assert.That(await QueryAsync<string>("""
            select concat_ws('|', openaps, nsf, study, expires_at between now() + interval '85 days' and now() + interval '95 days') from portal.access_grant g join portal.app_users u on u.id = g.user_id where email = @email
            """, new { email }), Is.EqualTo("t|f|What nights are like|t"));
    }

    [Test]
    public async Task More_than_was_asked_for_is_not_given_nor_twice_nor_to_oneself()
    {
        var (applicant, id) = await ConfirmedAsync(NewEmail(), ("Form.Nsf", "false"));
        applicant.Dispose();
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        var review = Service<Review>();

        Assert.That(() => review.ApproveAsync(id, reviewer, new(true, true, 12, "x"), default), Throws.TypeOf<UndecidableException>().With.Message.Contains("No more"));
        Assert.That(() => review.ApproveAsync(id, reviewer, new(true, false, 120, "x"), default), Throws.TypeOf<UndecidableException>());
        Assert.That(() => review.ApproveAsync(id, reviewer, new(false, false, 12, "x"), default), Throws.TypeOf<UndecidableException>());
        await review.RefuseAsync(id, reviewer, "no", default);
        Assert.That(() => review.ApproveAsync(id, reviewer, new(true, false, 12, "x"), default), Throws.TypeOf<UndecidableException>().With.Message.Contains("meanwhile"));

        var own = await Service<Applications>().ApplyAsync(new() { Name = "R", Phone = "1", Organisation = "o", Irb = "no", OpenAps = true, Study = "s", Description = "d" }, reviewer, DateTime.UtcNow, renews: null, default);
        Assert.That(() => review.ApproveAsync(own!.Value, reviewer, new(true, false, 12, "x"), default), Throws.TypeOf<UndecidableException>().With.Message.Contains("own application"));
    }

    [Test]
    public async Task A_refusal_has_a_reason_that_is_mailed_and_one_may_apply_again()
    {
        var email = NewEmail();
        var (person, id) = await ConfirmedAsync(email);
        using var reviewer = await SignInAsync(_reviewer);
        await reviewer.OpenAsync($"/review/{id}");
        await reviewer.SubmitAsync("Refuse");
        Assert.That(reviewer.Text, Does.Contain("Please say why"));
        Assert.That((reviewer.Page.QuerySelector("#OpenAps")!.HasAttribute("checked"), reviewer.Page.QuerySelector("#Study")!.TextContent.Trim()), Is.EqualTo((true, "Nights before and after a change of therapy")), "the other form stays filled in");
        await reviewer.SubmitAsync("Refuse", ("Reason", "Please describe\nthe method."));

        Assert.That((await Mail.WaitAsync(email, "Your application was not approved")).Text, Does.Contain("> Please describe\n> the method."));
        await person.OpenAsync(person.Page.Url[Url.OriginalString.TrimEnd('/').Length..]);
        Assert.That(person.Text, Does.Contain("Please describe the method."));
        person.Dispose();
        var number = Mail.Mails[^1].Number;
        using (await ApplyAsync(email))
        {
        }
        using var again = Visitor();
        await again.OpenAsync((await Mail.WaitAsync(email, "Please confirm your e-mail address", after: number)).Links[0].PathAndQuery);
        await again.SubmitAsync("Yes, this is my address");
        Assert.That(await QueryAsync<string>("select string_agg(application_processed::text, ',' order by seq_id) from portal.researcher_applications where email = @email", new { email }), Is.EqualTo("true,false"));
    }

    [Test]
    public async Task A_researcher_renews_an_ending_grant_with_its_codes_and_chooses_between_studies()
    {
        var (person, email, user) = await NewAsync("researcher", access: true);
        using var _ = person;
        var grant = (await Service<Grants>().CurrentAsync(user, default))!;
        await person.OpenAsync($"/apply?accepted={Service<AcceptedTerms>().Make()}&renew={grant.GrantId}");
        Assert.That(person.Response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "it lasts for a year");
        await OwnerAsync("update portal.access_grant set expires_at = now() + interval '20 days' where grant_id = @GrantId", new { grant.GrantId });

        var before = Mail.Mails.Count;
        await person.OpenAsync("/studies");
        await person.OpenAsync(person.Page.QuerySelectorAll("a").Single(link => link.TextContent == "Ask for a renewal").GetAttribute("href")!);
        Assert.That(person.Page.Url, Does.EndWith($"/conditions?renew={grant.GrantId}"));
        await person.SubmitAsync("Go on to the application", ("Accepted", "true"));
        await person.SubmitAsync("Send the application", ("Form.Phone", "1"), ("Form.Organisation", "o"), ("Form.Irb", "yes"), ("Form.Study", "The same study"), ("Form.Description", "It goes on"));
        Assert.That(person.Text, Does.Contain("The reviewers have your application").And.Contain("The same study: waiting"));
        var told = await Mail.WaitAsync(_reviewer, "An application waits for review", after: before);
        Assert.That(told.Text, Does.Contain("asks for their access to last longer").And.Contain(email));
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        await Service<Review>().ApproveAsync(long.Parse(told.Links[0].Segments[^1]), reviewer, new(true, true, 12, "The same study"), default);

        var renewed = (await Service<Grants>().CurrentAsync(user, default))!;
        Assert.That((renewed.GrantId, renewed.ExpiresAt > DateTime.UtcNow.AddDays(360)), Is.EqualTo((grant.GrantId, true)), "the same grant: the codes of its participants stay");
        Assert.That((await Mail.WaitAsync(email, "You have access to the data")).Text, Does.Contain("Sign in with your password"));

        await Service<Grants>().AddAsync(user, openAps: true, nsf: false, default);
        var further = (await Service<Grants>().CurrentAsync(user, default))!;
        Assert.That(further.GrantId, Is.Not.EqualTo(grant.GrantId), "the newest, unless another is chosen");
        await person.OpenAsync("/studies");
        await person.SubmitAsync("Work in this");
        Assert.That((await Service<Grants>().CurrentAsync(user, default))!.GrantId, Is.EqualTo(grant.GrantId));
        await OwnerAsync("update portal.access_grant set revoked_at = now() where grant_id = @GrantId", new { grant.GrantId });
        Assert.That((await Service<Grants>().CurrentAsync(user, default))!.GrantId, Is.EqualTo(further.GrantId), "the chosen one has ended");
    }

    [Test]
    public async Task Somebody_elses_study_is_neither_chosen_nor_renewed_nor_read()
    {
        var (owner, _, ownerId) = await NewAsync("researcher", access: true);
        owner.Dispose();
        var (stranger, _, strangerId) = await NewAsync("researcher");
        using var _ = stranger;
        var grant = (await Service<Grants>().CurrentAsync(ownerId, default))!;
        await OwnerAsync("update portal.access_grant set expires_at = now() + interval '20 days' where grant_id = @GrantId", new { grant.GrantId });
        var (applicant, application) = await ConfirmedAsync(NewEmail());
        applicant.Dispose();

        Assert.That(await Service<Studies>().ChooseAsync(strangerId, grant.GrantId, default), Is.False);
        await stranger.OpenAsync($"/apply?accepted={Service<AcceptedTerms>().Make()}&renew={grant.GrantId}");
        Assert.That(stranger.Response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        await stranger.OpenAsync($"/application?id={application}");
        Assert.That(stranger.Text, Does.Contain("This link does not work"));
    }

    [Test]
    public async Task The_time_of_acceptance_is_that_of_the_box_not_of_the_form()
    {
        var (person, email, _) = await NewAsync("researcher");
        using var _ = person;
        var accepted = DateTimeOffset.UtcNow.AddHours(-3);
        await person.OpenAsync($"/apply?accepted={Service<IDataProtectionProvider>().CreateProtector("accepted conditions").Protect($"{Terms.Version} {accepted.ToUnixTimeMilliseconds()}")}");
        await person.SubmitAsync("Send the application", ("Form.Phone", "1"), ("Form.Organisation", "o"), ("Form.Irb", "yes"), ("Form.OpenAps", "true"), ("Form.Study", "s"), ("Form.Description", "d"));

        Assert.That(await QueryAsync<DateTime>("select terms_accepted from portal.researcher_applications where email = @email", new { email }), Is.EqualTo(accepted.UtcDateTime).Within(TimeSpan.FromMilliseconds(1)));
        Assert.That((await Mail.WaitAsync(email, "We have your application")).Text, Does.Contain("the reviewers have your application").And.Not.Contain("is confirmed"), "nobody confirmed anything");
    }

    [Test]
    public async Task Applications_for_different_grants_wait_side_by_side_each_with_its_thread()
    {
        var user = await UserAsync();
        var grants = Service<Grants>();
        await grants.AddAsync(user.Id, openAps: true, nsf: true, default);
        var one = (await grants.CurrentAsync(user.Id, default))!.GrantId;
        await grants.AddAsync(user.Id, openAps: true, nsf: true, default);
        var two = (await grants.CurrentAsync(user.Id, default))!.GrantId;
        var (fresh, first, second) = (await SendAsync(user, null), await SendAsync(user, one), await SendAsync(user, two));
        await WriteAsync(first, "about the first");
        await WriteAsync(second, "about the second");
        var again = await SendAsync(user, one);

        Assert.That(await QueryAsync<string>("select string_agg(seq_id || ':' || coalesce(text, ''), ' ' order by seq_id) from portal.researcher_applications left join portal.application_message using (seq_id) where email = @Email", user),
            Is.EqualTo($"{fresh}: {second}:about the second {again}:about the first"));

        async Task WriteAsync(long id, string text) => Assert.That(await Service<Applications>().WriteAsync((await Service<Applications>().FindAsync(id, default))!, null, text, default), Is.True);
    }

    [Test]
    public async Task One_applicant_does_not_flood_the_reviewers()
    {
        var user = await UserAsync();
        var last = 0L;
        for (var i = 0; i < Applications.MostApplicationsPerDay; i++)
            last = await SendAsync(user, null);
        Assert.That(await Service<Applications>().ApplyAsync(Form(), user, DateTime.UtcNow, null, default), Is.Null);
        Assert.That(await QueryAsync<long>("select max(seq_id) from portal.researcher_applications where email = @Email", user), Is.EqualTo(last), "the last that was sent still waits");
        using var person = await SignInAsync(user.Email);
        await person.OpenAsync($"/apply?accepted={Service<AcceptedTerms>().Make()}");
        await person.SubmitAsync("Send the application", ("Form.Phone", "1"), ("Form.Organisation", "o"), ("Form.Irb", "yes"), ("Form.OpenAps", "true"), ("Form.Study", "s"), ("Form.Description", "stays"));
        Assert.That(person.Text, Does.Contain("wait until tomorrow").And.Contain("stays"));

        var application = (await Service<Applications>().FindAsync(last, default))!;
        var sent = await Task.WhenAll(Enumerable.Range(0, Applications.MostMessagesPerHour + 3).Select(i => Service<Applications>().WriteAsync(application, null, $"{i}", default)));
        Assert.That(sent.Count(each => each), Is.EqualTo(Applications.MostMessagesPerHour));
        await OwnerAsync("insert into portal.application_message (seq_id, text, at) select @last, 'x', now() - interval '2 hours' from generate_series(1, 90)", new { last });
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        Assert.That(await Service<Applications>().WriteAsync(application, reviewer.Id, "Thank you.", default), Is.True, "the other side still can");
    }

    [Test]
    public async Task What_was_sent_before_a_deactivation_ends_with_it_and_what_comes_after_is_marked()
    {
        var user = await UserAsync();
        var admin = (await Service<Users>().FindAsync(_administrator, default))!;
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        var before = await SendAsync(user, null);
        await Service<People>().DeactivateAsync((await Service<People>().FindAsync(user.Id, default))!, admin.Id, default);

        Assert.That(() => Service<Review>().ApproveAsync(before, reviewer, new(true, false, 12, "x"), default), Throws.TypeOf<UndecidableException>());
        Assert.That((await Mail.WaitAsync(user.Email, "Your application was not approved")).Text, Does.Contain("> The account was deactivated"));
        var (applicant, after) = await ConfirmedAsync(user.Email);
        applicant.Dispose();
        using var person = await SignInAsync(_reviewer);
        await person.OpenAsync($"/review/{after}");
        Assert.That(person.Text, Does.Contain("was deactivated by an administrator on"));
        await person.SubmitAsync("Approve");
        Assert.That(await QueryAsync<string>("select detail from portal.audit where action = 'user reactivated' and user_id = @Id order by audit_id desc limit 1", reviewer), Is.EqualTo($"user {user.Id}, by approval of application {after}"));
    }

    [Test]
    public async Task A_decision_that_comes_too_late_says_why()
    {
        var user = await UserAsync();
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        var (decided, replaced) = (await SendAsync(user, null), 0L);
        using var late = await SignInAsync(_administrator);
        await late.OpenAsync($"/review/{decided}");
        await Service<Review>().RefuseAsync(decided, reviewer, "no", default);
        await late.SubmitAsync("Approve");
        Assert.That(late.Text, Does.Contain("Somebody has decided it meanwhile").And.Contain("Refused on"));

        replaced = await SendAsync(user, null);
        await late.OpenAsync($"/review/{replaced}");
        await SendAsync(user, null);
        await late.SubmitAsync("Approve");
        Assert.That(late.Text, Does.Contain("has sent another in its place").And.StartWith("Overview"), "on the list of all");
    }

    [Test]
    public async Task The_audit_log_says_what_was_given_and_what_it_was_before()
    {
        var user = await UserAsync();
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        var first = await SendAsync(user, null);
        await Service<Review>().ApproveAsync(first, reviewer, new(true, true, 3, "s"), default);
        var grant = (await Service<Grants>().CurrentAsync(user.Id, default))!;
        Assert.That(grant.ExpiresAt.TimeOfDay, Is.EqualTo(TimeSpan.FromDays(1) - TimeSpan.FromMicroseconds(1)), "all of its last day");
        var renewal = await SendAsync(user, grant.GrantId);
        await Service<Review>().ApproveAsync(renewal, reviewer, new(true, false, 12, "another"), default);
        await Service<Studies>().ChooseAsync(user.Id, grant.GrantId, default);

        var until = (await Service<Grants>().CurrentAsync(user.Id, default))!.ExpiresAt;
        Assert.That(await QueryAsync<string>("select string_agg(action || ' ' || detail, E'\n' order by audit_id) from portal.audit where action in ('application', 'application approved', 'study chosen') and (user_id = @Id or detail like '%user ' || @Id || ',%')", user), Is.EqualTo(string.Join('\n',
            $"application application {first}: both commons",
            $"application approved application {first}, user {user.Id}, grant {grant.GrantId}: both commons until {grant.ExpiresAt:yyyy-MM-dd}",
            $"application application {renewal}: both commons, renews grant {grant.GrantId}",
            $"application approved application {renewal}, user {user.Id}, grant {grant.GrantId}: both commons until {grant.ExpiresAt:yyyy-MM-dd} → OpenAPS until {until:yyyy-MM-dd}, purpose reworded",
            $"study chosen grant {grant.GrantId}")));
    }

    [Test]
    public async Task A_study_that_ends_is_said_once_where_another_takes_its_place()
    {
        var user = await UserAsync();
        var review = Service<Review>();
        var reviewer = (await Service<Users>().FindAsync(_reviewer, default))!;
        await review.ApproveAsync(await SendAsync(user, null), reviewer, new(true, true, 3, "About nights"), default);
        await review.ApproveAsync(await SendAsync(user, null), reviewer, new(true, true, 3, "About sport"), default);
        using var person = await SignInAsync(user.Email);
        foreach (var path in new[] { "/exports", "/tokens", "/analytics" })
        {
            await person.OpenAsync(path);
            Assert.That(person.Text, Does.Contain("Study: About sport · work in another"), path);
        }
        await OwnerAsync("update portal.access_grant set expires_at = now() where user_id = @Id and study = 'About sport'", user);

        await person.OpenAsync("/exports");
        Assert.That(person.Text, Does.Contain("“About sport”, has ended").And.Contain("Study: About nights"));
        await person.OpenAsync("/exports");
        Assert.That(person.Text, Does.Not.Contain("has ended").And.Contain("Study: About nights"), "once");
    }

    [Test]
    public async Task Mails_of_parallel_posts_are_counted_one_after_the_other()
    {
        var email = NewEmail();
        var letter = new Letter("parallel", "Subject", "Text", MostPerHour: 5);
        var added = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            await using var connection = await Owner.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var added = await Service<Outbox>().AddAsync(connection, email, letter, default);
            await Task.Delay(50);
            await transaction.CommitAsync();
            return added;
        }));

        Assert.That(added.Count(each => each), Is.EqualTo(5));
    }

    async Task<AppUser> UserAsync()
    {
        var email = NewEmail();
        await AddUserAsync(email, "researcher");
        return (await Service<Users>().FindAsync(email, default))!;
    }

    static ApplicationForm Form() => new() { Name = "R", Phone = "1", Organisation = "o", Irb = "no", OpenAps = true, Nsf = true, Study = "s", Description = "d" };

    async Task<long> SendAsync(AppUser user, long? renews) => (await Service<Applications>().ApplyAsync(Form(), user, DateTime.UtcNow, renews, default))!.Value;

    [TestCase("Form.Name")]
    [TestCase("Form.Phone")]
    [TestCase("Form.Organisation")]
    [TestCase("Form.Sponsor")]
    [TestCase("Form.Study")]
    [TestCase("Form.Description")]
    public async Task What_is_typed_stays_text_in_pages_and_mails(string field)
    {
        const string Hostile = "';drop--<script>alert(1)</script>\r\nBcc: a@b.example\u001b[1m";
        var email = NewEmail();
        var before = Mail.Mails.Count;
        var (person, id) = await ConfirmedAsync(email, (field, Hostile));
        using var _ = person;
        await person.SubmitAsync("Send the message", ("Message", Hostile));

        using var reviewer = await SignInAsync(_reviewer);
        await reviewer.OpenAsync($"/review/{id}");
        Assert.That(reviewer.Text, Does.Contain("<script>alert(1)</script>"));
        Assert.That(reviewer.Page.QuerySelectorAll("script"), Is.Empty);
        await reviewer.OpenAsync("/review");
        Assert.That(reviewer.Page.QuerySelectorAll("script"), Is.Empty);
        var told = await Mail.WaitAsync(_reviewer, "An application waits for review", after: before);
        Assert.That(told.To, Is.EqualTo(new[] { _reviewer }));
        Assert.That(told.Headers.Keys, Does.Not.Contain("bcc"));
        Assert.That(Mail.Mails.SelectMany(mail => mail.To), Does.Not.Contain("a@b.example"));
    }

    [TestCase("no address")]
    [TestCase("a@b\r\nBcc: c@d.example")]
    [TestCase("\"a b\"@example.org")]
    [TestCase("a@[127.0.0.1]")]
    [TestCase("a@example.org, b@example.org")]
    [TestCase("<a@example.org>")]
    [TestCase("ä@example.org")]
    [TestCase("a@example")]
    public async Task An_address_no_mail_goes_to_is_answered_at_its_field(string address)
    {
        using var person = await ApplyAsync(address);

        Assert.That(person.Page.QuerySelector("#email-error")!.TextContent, Does.Contain("not an e-mail address"));
    }

    [Test]
    public async Task What_is_missing_is_answered_at_its_field_and_what_was_typed_stays()
    {
        using var person = await ApplyAsync(NewEmail(), " ", ("Form.OpenAps", "false"), ("Form.Nsf", "false"), ("Form.Description", "\u200b \n"), ("Form.Study", new string('x', 501)));

        Assert.That(person.Page.QuerySelector("#name-error")!.TextContent, Is.EqualTo("Please fill this in."));
        Assert.That(person.Page.QuerySelector("#commons-error")!.TextContent, Is.EqualTo("Please choose at least one."));
        Assert.That(person.Page.QuerySelector("#study-error")!.TextContent, Is.EqualTo("Please keep this shorter."));
        Assert.That(person.Page.QuerySelector("[name='Form.Organisation']")!.GetAttribute("value"), Is.EqualTo("An institute"));
    }
}
