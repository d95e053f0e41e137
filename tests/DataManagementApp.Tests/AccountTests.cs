using System.Text;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>Passwords, second factors and the end of accounts, with administrators who need a second factor.</summary>
public sealed class AccountTests : PortalFixture
{
    protected override IEnumerable<string> Settings => ["--Portal:AdministratorsNeedSecondFactor=true"];

    [TestCase(59L, "94287082")]
    [TestCase(1111111109L, "07081804")]
    [TestCase(1111111111L, "14050471")]
    [TestCase(1234567890L, "89005924")]
    [TestCase(2000000000L, "69279037")]
    [TestCase(20000000000L, "65353130")]
    public void Codes_are_those_of_RFC_6238(long time, string code) =>
        Assert.That(Totp.Code("12345678901234567890"u8, Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(time)), digits: 8), Is.EqualTo(code));

    [TestCase("", "")]
    [TestCase("f", "MY")]
    [TestCase("foob", "MZXW6YQ")]
    [TestCase("foobar", "MZXW6YTBOI")]
    public void Secrets_are_written_as_RFC_4648_has_it(string text, string written) => Assert.That(Totp.Encode(Encoding.ASCII.GetBytes(text)), Is.EqualTo(written));

    [Test]
    public async Task An_administrator_sets_a_second_factor_up_at_the_first_sign_in_and_sees_nothing_before()
    {
        var email = NewEmail();
        await AddUserAsync(email, "administrator", access: true);
        using var person = await SignInAsync(email);
        Assert.That(person.Page.Title, Does.StartWith("Set up a second factor"));
        foreach (var path in new[] { "/exports", "/administration", "/account", "/review" })
        {
            using var half = await person.SendAsync(new(HttpMethod.Get, new Uri(path, UriKind.Relative)));
            Assert.That(half.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo("/sign-in"), path);
        }

        await person.OpenAsync("/second-factor/set-up");
        Assert.That(person.Page.QuerySelector("svg.qr path"), Is.Not.Null);
        await person.SubmitAsync("Go on", ("Code", "000000"));
        Assert.That(person.Text, Does.Contain("not the code of now"));
        await person.SubmitAsync("Go on", ("Code", CodeOf(person)));
        Assert.That(person.Page.QuerySelectorAll(".codes code"), Has.Length.EqualTo(8));
        await person.OpenAsync("/administration");
        Assert.That(person.Page.Title, Does.StartWith("Administration"));
    }

    [Test]
    public async Task Signing_in_then_takes_a_code_once_or_a_recovery_code_once()
    {
        var (email, secret, recovery) = await WithSecondFactorAsync();
        using var person = await SignInAsync(email);
        Assert.That(person.Page.Title, Does.StartWith("Second factor"));
        await OwnerAsync("update portal.app_users set totp_step = 0 where email = @email", new { email });
        var code = Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow));
        await person.SubmitAsync("Sign in", ("Code", code));
        Assert.That(person.Page.Title, Does.StartWith("Download data"));

        using var again = await SignInAsync(email);
        await again.SubmitAsync("Sign in", ("Code", code));
        Assert.That(again.Text, Does.Contain("wrong, used or too old"));
        await again.SubmitAsync("Sign in", ("Code", recovery.ToLowerInvariant()));
        Assert.That(again.Page.Title, Does.StartWith("Download data"));
        using var third = await SignInAsync(email);
        await third.SubmitAsync("Sign in", ("Code", recovery));
        Assert.That(third.Text, Does.Contain("wrong, used or too old"));
        Assert.That(await QueryAsync<long>("select count(*) from portal.recovery_code r join portal.app_users u on u.id = r.user_id where email = @email and (used_at is null) and code_hash <> @recovery::bytea",
            new { email, recovery = Encoding.ASCII.GetBytes(recovery) }), Is.EqualTo(7), "hashed, and one used");
    }

    [Test]
    public async Task Five_wrong_codes_lock_the_account_and_the_right_password_does_not_unlock_it()
    {
        var (email, secret, _) = await WithSecondFactorAsync();
        for (var i = 0; i < 5; i++)
        {
            using var guesser = await SignInAsync(email);
            await guesser.SubmitAsync("Sign in", ("Code", $"00000{i}"));
        }
        using var person = await SignInAsync(email);
        Assert.That(person.Text, Does.Contain("do not fit, or the account is locked"));
        Assert.That(await Service<SecondFactor>().CheckAsync(await QueryAsync<long>("select id from portal.app_users where email = @email", new { email }), Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow) + 1), default), Is.False);
    }

    [Test]
    public async Task Another_password_does_not_end_a_lock_of_codes_and_the_owner_hears_of_it()
    {
        var (email, secret, _) = await WithSecondFactorAsync();
        var id = await QueryAsync<long>("select id from portal.app_users where email = @email", new { email });
        for (var i = 0; i < 5; i++)
            await Service<SecondFactor>().CheckAsync(id, $"00000{i}", default);
        Assert.That((await Mail.WaitAsync(email, "Your account is locked")).Text, Does.Contain("several wrong codes").And.Contain("knows your password").And.Contain("/forgot"));
        Assert.That(await QueryAsync<string>("select detail from portal.audit where user_id = @id and action = 'account locked'", new { id }), Is.EqualTo("wrong codes"));

        using var thief = Visitor();
        await thief.OpenAsync("/forgot");
        await thief.SubmitAsync("Send the mail", ("Email", email));
        await thief.OpenAsync((await Mail.WaitAsync(email, "Choose a new password")).Links[0].PathAndQuery);
        await thief.SubmitAsync("Save and sign in", ("Password", "another long sentence"), ("Repeated", "another long sentence"));
        await thief.SubmitAsync("Sign in", ("Code", Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow) + 1)));
        Assert.That(thief.Text, Does.Contain("or the account is locked"));
        await OwnerAsync("update portal.app_users set codes_locked_until = now() where id = @id", new { id });
        await thief.SubmitAsync("Sign in", ("Code", Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow) + 1)));
        Assert.That(thief.Page.Title, Does.StartWith("Download data"));
    }

    [Test]
    public async Task Wrong_passwords_that_lock_are_written_down_and_mailed()
    {
        var email = NewEmail();
        var id = await AddUserAsync(email, "researcher");
        for (var i = 0; i < 5; i++)
            await Service<Users>().SignInAsync(email, "wrong", default);

        Assert.That((await Mail.WaitAsync(email, "Your account is locked")).Text, Does.Contain("several wrong passwords").And.Contain("was not found"));
        Assert.That(await QueryAsync<string>("select detail from portal.audit where user_id = @id and action = 'account locked'", new { id }), Is.EqualTo("wrong passwords"));
    }

    [Test]
    public async Task A_secret_that_was_seen_and_not_used_ends_with_the_password()
    {
        var id = await AddUserAsync(NewEmail(), "researcher");
        var seen = await Service<SecondFactor>().BeginAsync(id, default);
        Assert.That(await Service<SecondFactor>().BeginAsync(id, default), Is.EqualTo(seen));

        await Service<Invitations>().AcceptAsync((await Service<Invitations>().MakeAsync(id, default)).Query["?token=".Length..], Password, default);

        Assert.That(await Service<SecondFactor>().BeginAsync(id, default), Is.Not.EqualTo(seen));
    }

    [Test]
    public async Task Access_tokens_end_with_a_reset_and_with_a_change_unless_they_are_kept()
    {
        var (person, email, id) = await NewAsync("researcher", access: true);
        using var _ = person;
        var grant = (await Service<Grants>().CurrentAsync(id, default))!;
        var kept = await TokenAsync();
        await person.OpenAsync("/account");
        await person.SubmitAsync("Change the password", ("Present", Password), ("Password", "another long sentence"), ("Repeated", "another long sentence"), ("EndTokens", "false"));
        Assert.That(person.Text, Does.Contain("your access tokens go on"));
        Assert.That(await Service<AccessTokens>().FindAsync(kept, default), Is.Not.Null);
        await person.SubmitAsync("Change the password", ("Present", "another long sentence"), ("Password", Password), ("Repeated", Password));
        Assert.That(person.Text, Does.Contain("and so have your access tokens"));
        Assert.That(await Service<AccessTokens>().FindAsync(kept, default), Is.Null);

        var stolen = await TokenAsync();
        await TokenAsync();
        using var owner = Visitor();
        await owner.OpenAsync((await Service<Invitations>().MakeAsync(id, default)).PathAndQuery);
        await owner.SubmitAsync("Save and sign in", ("Password", Password), ("Repeated", Password));
        Assert.That(owner.Text, Does.Contain("Your 2 access tokens have ended"));
        Assert.That(await Service<AccessTokens>().FindAsync(stolen, default), Is.Null);
        Assert.That(await QueryAsync<string>("select detail from portal.audit where user_id = @id and action = 'password chosen' order by audit_id desc limit 1", new { id }), Is.EqualTo("tokens revoked: 2"));

        async Task<string> TokenAsync() => (await Service<AccessTokens>().AddAsync(grant, "laptop", [Scopes.Read], TimeSpan.FromDays(1), default))!;
    }

    [Test]
    public async Task With_a_second_factor_a_token_takes_its_code()
    {
        var (email, _, recovery) = await WithSecondFactorAsync();
        var id = await QueryAsync<long>("select id from portal.app_users where email = @email", new { email });
        await Service<Grants>().AddAsync(id, openAps: true, nsf: true, default);
        using var person = await SignInAsync(email);
        await person.SubmitAsync("Sign in", ("Code", recovery));
        await person.OpenAsync("/tokens");
        await person.SubmitAsync("Make the token", ("Name", "laptop"), ("Proof", Password));
        Assert.That(person.Page.QuerySelector("#proof-error")!.TextContent, Does.Contain("The code is wrong"));
        Assert.That(await QueryAsync<long>("select count(*) from portal.access_token where user_id = @id", new { id }), Is.Zero);
    }

    [Test]
    public async Task Signing_out_everywhere_ends_the_other_sessions_too()
    {
        var (person, email, _) = await NewAsync("researcher");
        using var _ = person;
        using var elsewhere = await SignInAsync(email);
        await person.OpenAsync("/account");
        await person.SubmitAsync("Sign out everywhere");
        Assert.That(person.Text, Does.Contain("here and everywhere else"));
        foreach (var session in new[] { person, elsewhere })
        {
            await session.OpenAsync("/exports");
            Assert.That(session.Page.Title, Does.StartWith("Sign in"));
        }
    }

    [Test]
    public async Task A_researcher_may_have_a_second_factor_and_take_it_away_with_a_code()
    {
        var (person, email, _) = await NewAsync("researcher");
        using var _ = person;
        using var elsewhere = await SignInAsync(email);
        await person.OpenAsync("/second-factor/set-up");
        await person.SubmitAsync("Go on", ("Code", CodeOf(person)));
        var recovery = person.Page.QuerySelector(".codes code")!.TextContent;
        await elsewhere.OpenAsync("/account");
        Assert.That(elsewhere.Page.Title, Does.StartWith("Sign in"), "sessions without it end");

        await person.OpenAsync("/account");
        Assert.That(person.Text, Does.Contain("8 recovery codes are left"));
        await person.SubmitAsync("Remove the second factor", ("Code", "123456"));
        Assert.That(person.Text, Does.Contain("The code is wrong"));
        await person.SubmitAsync("Remove the second factor", ("Code", recovery));
        Assert.That(person.Text, Does.Contain("The second factor is removed"));
        using var later = await SignInAsync(email);
        Assert.That(later.Page.Title, Does.StartWith("Download data"));
    }

    [Test]
    public async Task A_forgotten_password_is_chosen_anew_by_link_or_code_and_every_session_ends()
    {
        var (person, email, _) = await NewAsync("researcher");
        using var _ = person;
        using var forgetful = Visitor();
        await forgetful.OpenAsync("/forgot");
        await forgetful.SubmitAsync("Send the mail", ("Email", $" {email.ToUpperInvariant()} "));
        var mail = await Mail.WaitAsync(email, "Choose a new password");
        await forgetful.SubmitAsync("Go on", ("Email", email), ("Code", mail.Code!));
        await forgetful.SubmitAsync("Save and sign in", ("Password", "another long sentence"), ("Repeated", "another long sentence"));
        Assert.That(forgetful.Page.Title, Does.StartWith("Download data"));

        await person.OpenAsync("/exports");
        Assert.That(person.Page.Title, Does.StartWith("Sign in"), "the old session");
        await person.OpenAsync(mail.Links[0].PathAndQuery);
        Assert.That(person.Text, Does.Contain("This link does not work any more"), "the code and the link are one");
        using var old = await SignInAsync(email);
        Assert.That(old.Page.Title, Does.StartWith("Sign in"));
    }

    [Test]
    public async Task A_password_is_changed_by_who_knows_it_and_other_sessions_end()
    {
        var (person, email, _) = await NewAsync("researcher");
        using var _ = person;
        using var elsewhere = await SignInAsync(email);
        await person.OpenAsync("/account");
        await person.SubmitAsync("Change the password", ("Present", "not the password"), ("Password", "another long sentence"), ("Repeated", "another long sentence"));
        Assert.That(person.Page.QuerySelector("#present-error")!.TextContent, Does.Contain("not your present password"));
        await person.SubmitAsync("Change the password", ("Present", Password), ("Password", "another long sentence"), ("Repeated", "another long sentence"));
        Assert.That(person.Text, Does.Contain("Your password is changed"));

        await elsewhere.OpenAsync("/account");
        Assert.That(elsewhere.Page.Title, Does.StartWith("Sign in"));
        using var again = await SignInAsync(email, "another long sentence");
        Assert.That(again.Page.Title, Does.StartWith("Download data"));
    }

    [Test]
    public async Task A_reset_does_not_get_around_the_second_factor()
    {
        var (email, _, _) = await WithSecondFactorAsync();
        using var thief = Visitor();
        await thief.OpenAsync("/forgot");
        await thief.SubmitAsync("Send the mail", ("Email", email));
        await thief.OpenAsync((await Mail.WaitAsync(email, "Choose a new password")).Links[0].PathAndQuery);
        await thief.SubmitAsync("Save and sign in", ("Password", "another long sentence"), ("Repeated", "another long sentence"));

        Assert.That(thief.Page.Title, Does.StartWith("Second factor"));
    }

    [TestCase("/sign-in?returnUrl=https://elsewhere.example/")]
    [TestCase("/sign-in?returnUrl=//elsewhere.example/")]
    [TestCase("/sign-in?returnUrl=/%5Celsewhere.example/")]
    public async Task Nobody_is_sent_elsewhere_after_signing_in(string path)
    {
        var email = NewEmail();
        await AddUserAsync(email, "researcher");
        using var person = Visitor();
        await person.OpenAsync(path);
        await person.SubmitAsync("Sign in", ("Email", email), ("Password", Password));

        Assert.That(person.Response.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo("/exports"));
    }

    [Test]
    public void Production_refuses_administrators_without_a_second_factor() =>
        Assert.That(() => Portal.Build(["--environment=Production", "--Portal:AdministratorsNeedSecondFactor=false"]), Throws.TypeOf<ServiceDefaults.SettingsException>().With.Message.Contains("Portal__AdministratorsNeedSecondFactor"));

    async Task<(string Email, byte[] Secret, string Recovery)> WithSecondFactorAsync()
    {
        var (person, email, id) = await NewAsync("reviewer");
        using var _ = person;
        var secret = (await Service<SecondFactor>().BeginAsync(id, default))!;
        var codes = await Service<SecondFactor>().ConfirmAsync(id, Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow)), default);
        return (email, secret, codes![0]);
    }

    /// <summary>As an app makes it of the key on the page.</summary>
    static string CodeOf(WebSession person)
    {
        const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(person.Page.QuerySelector("code.key")!.TextContent.Where(char.IsLetterOrDigit).Select(letter => Convert.ToString(Base32.IndexOf(letter), 2).PadLeft(5, '0')));
        var secret = bits.Chunk(8).Where(part => part.Length == 8).Select(part => Convert.ToByte(new string(part), 2)).ToArray();
        return Totp.Code(secret, Totp.StepOf(DateTimeOffset.UtcNow));
    }
}
