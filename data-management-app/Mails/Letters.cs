using DataManagementApp.Access;

namespace DataManagementApp.Mails;

/// <summary>
/// Every mail the portal writes, in plain text. Subjects are ours alone; what somebody else typed stands quoted, so that it cannot pass for our words;
/// and a mail to an address that nobody has confirmed holds nothing that was typed at all.
/// </summary>
public static class Letters
{
    const int FromStrangers = 5;

    public static Letter ConfirmEmail(Uri link, string code) => new("confirm e-mail", "Please confirm your e-mail address", $"""
        Hello,

        somebody gave this address in an application for access to the diabetes data commons. If it was you, please confirm it:

        {link}

        or type this code where the portal asks for it: {code}

        Both work for a day. The reviewers see the application as soon as the address is confirmed.
        If it was not you, you need not do anything: nobody is told, and the application is forgotten in two days.
        """, FromStrangers);

    public static Letter HasAccount(Uri portal) => new("you have an account", "You have an account already", $"""
        Hello,

        somebody gave this address in an application for access to the diabetes data commons. You have an account there already:

        {portal}

        Sign in to apply for a further study or a renewal. If you do not know your password, choose another one there ("Forgot your password?").
        If it was not you, you need not do anything: nothing was changed.
        """, FromStrangers);

    public static Letter PasswordReset(Uri link, string code) => new("password reset", "Choose a new password", $"""
        Hello,

        you, or somebody else, asked for a new password for your account at the diabetes data commons. To choose one, open

        {link}

        or type this code where the portal asks for it: {code}

        Both work once, for an hour. If it was not you, you need not do anything: your password stays as it is.
        """, FromStrangers);

    /// <param name="why">wrong passwords, or wrong codes.</param>
    public static Letter Locked(string why, Uri forgot) => new("account locked", "Your account is locked for a quarter of an hour", $"""
        Hello,

        somebody gave several {why} for your account at the diabetes data commons. It is locked for a quarter of an hour; then you sign in as ever.

        {(why == "wrong codes" ? "Whoever it was knows your password. If it was not you, please choose another one" : "If it was not you, you need not do anything; your password was not found. You may choose another one")}:

        {forgot}
        """, FromStrangers);

    /// <summary>To reviewers: everything that was asked.</summary>
    public static Letter Application(Application application, Uri link) => new("application", "An application waits for review", $"""
        Hello,

        {(application.RenewsGrantId is null ? "somebody applies for access to the data." : "somebody asks for their access to last longer.")} Please review it:

        {link}

        Name: {Inline(application.Name)}
        E-mail: {Inline(application.Email)}
        Phone: {Inline(application.Phone)}
        Organisation: {Inline(application.Organisation)}
        Sponsor: {Inline(application.Sponsor)}
        Approval by an ethics board (IRB): {application.Irb}
        Data asked for: {Commons.Name(application.OpenAps, application.Nsf)}
        Conditions accepted: version {application.TermsVersion ?? "unknown"}, {application.TermsAccepted:d MMMM yyyy, HH:mm} UTC

        Purpose of the study:
        {Quote(application.Study)}

        Description:
        {Quote(application.Description)}
        """);

    /// <param name="isConfirmed">Whether they confirmed their address just now.</param>
    public static Letter Receipt(Uri thread, bool isConfirmed) => new("receipt", "We have your application", $"""
        Hello,

        thank you, {(isConfirmed ? "your e-mail address is confirmed and " : "")}the reviewers have your application for access to the diabetes data commons.
        They answer by mail, usually within two weeks, and may ask something first. You see how it stands, and can write to them, here:

        {thread}

        The link is yours alone; please do not pass it on.
        """);

    public static Letter Message(string text, Uri thread, bool toReviewer) => new("message", toReviewer ? "An applicant wrote to the reviewers" : "The reviewers of your application wrote to you", $"""
        Hello,

        {(toReviewer ? "an applicant wrote" : "the reviewers of your application for access to the diabetes data commons wrote")}:

        {Quote(text)}

        Please answer here, not by mail:

        {thread}
        """);

    public static Letter Refusal(string reason, Uri apply) => new("refusal", "Your application was not approved", $"""
        Hello,

        the reviewers did not approve your application for access to the diabetes data commons. They write:

        {Quote(reason)}

        You may apply again:

        {apply}
        """);

    /// <param name="link">By which the password is chosen; null: they have one.</param>
    /// <param name="code">To type instead of opening the link.</param>
    public static Letter Approval(string study, bool openAps, bool nsf, DateTime until, Uri portal, Uri? link, string? code) => new("approval", "You have access to the data", $"""
        Hello,

        your application was approved. Until {until:d MMMM yyyy} you may work with the data of {Commons.Name(openAps, nsf)}, for this study:

        {Quote(study)}

        {Entrance(portal, link, code)}
        """);

    /// <param name="hasAccess">Whether access to data comes with it.</param>
    public static Letter Invitation(string role, bool hasAccess, Uri portal, Uri? link, string? code) => new("invitation", "You are invited to the diabetes data commons", $"""
        Hello,

        an administrator of the diabetes data commons invites you as {role}{(hasAccess ? ", with access to data" : "")}.

        {Entrance(portal, link, code)}
        """);

    public static Letter Expiry(string? study, DateTime until, Uri studies) => new("expiry", "Your access to the data ends soon", $"""
        Hello,

        your access to the data for this study ends on {until:d MMMM yyyy}:

        {Quote(study)}

        If the study goes on, please ask for a renewal in time; files you have not fetched by then stay closed until it is given:

        {studies}
        """);

    public static Letter ExportReady(Uri exports, int keptDays) => new("export ready", "Your file is ready", $"""
        Hello,

        a file that you asked for is ready. It is kept for {keptDays} days:

        {exports}
        """);

    public static Letter Withdrawal(Uri exports) => new("withdrawal", "Please delete a file: somebody withdrew", $"""
        Hello,

        somebody whose data is in a file of yours, or in several, shares it no longer, or with fewer studies. What the portal held of it was withdrawn.
        Please delete every copy you have. While your access lasts, a new file without them is built:

        {exports}
        """);

    /// <summary>To holders of copies of what the portal does not have as a file any more, or never had.</summary>
    public static Letter Copies(Uri exports) => new("withdrawal", "Please delete data: somebody withdrew", $"""
        Hello,

        somebody whose records you were given, in a file or by the API, shares them no longer, or not with your study.
        Please delete every copy of their records, and leave them out of what you make from now on. New files are without them, and the API does not list their code any more:

        {exports}
        """);

    public static Letter ReleaseReady(Uri page, int release) => new("release ready", $"Release {release} is ready", $"""
        Hello,

        release {release} of the data is built, and researchers see it from now on:

        {page}
        """);

    public static Letter Reissued(Uri page, int release) => new("release reissued", $"Please delete files of release {release}: somebody withdrew", $"""
        Hello,

        somebody whose data is in release {release} shares it no longer, or with fewer studies. Their files were withdrawn from the release, and its version has grown.
        The manifest names them. Please delete every copy you have, and leave that person out of what you make from now on:

        {page}
        """);

    /// <summary>To operators: what goes wrong.</summary>
    public static Letter Alert(Alerts.AlertMessage message) => new("alert", $"Data commons: {message.Title}", $"""
        Hello,

        {string.Join("\n\n", message.Lines)}

        All that lasts, and since when:

        {message.Page}
        """);

    static string Entrance(Uri portal, Uri? link, string? code) => link is null ? $"""
        Sign in with your password:

        {portal}
        """ : $"""
        First choose a password:

        {link}

        or type this code where the portal asks for it: {code}

        Both work once, for seven days. After that, "Forgot your password?" on the page to sign in sends another.
        """;

    /// <summary>What somebody typed, each line marked.</summary>
    static string Quote(string? text) => string.Join('\n', Typed.Lines(text).Split('\n').Select(line => $"> {line}"));

    /// <summary>What somebody typed, after a word of ours on the same line.</summary>
    static string Inline(string? text) => Typed.Line(text) is { Length: > 0 } line ? line : "-";
}
