using Nightscout;

namespace RegistrationSite;

/// <summary>What a participant is told at the field when a site cannot be read: what happened, and what to do next.</summary>
/// <param name="IsToken">It stands at the token, not at the address.</param>
public sealed record SiteMessage(string Text, bool IsToken = false);

/// <summary>A message for every way a site cannot be read.</summary>
public static class SiteMessages
{
    public const string TooManyTries = "You, or somebody near you, tried many addresses in a short time. Please wait ten minutes and try again.";

    public const string Stale = "It took more than half an hour to answer, so nothing was stored. Please check the address once more.";

    public static SiteMessage For(NightscoutException problem) => problem switch
    {
        AddressMalformedException => new(problem.Message),
        AddressPrivateException => new("This address is in a private network, which we cannot reach. Your site needs an address on the internet: the one that also works on your phone when it is away from home."),
        SiteRefusedException { WithToken: false } => new("Your Nightscout is protected, which is good. Please give a token that may read it; how to make one is described below.", IsToken: true),
        SiteRefusedException => new("Your Nightscout does not accept this token. Please copy it again, or make a new one with the role “readable” as described below.", IsToken: true),
        SiteUnreachableException { Reason: UnreachableReason.NameNotFound } => new("There is no site of this name. Please check the spelling, or copy the address from your browser while your Nightscout is open."),
        SiteUnreachableException { Reason: UnreachableReason.CertificateNotValid } =>
            new("There is no safe connection to this site: its certificate is not valid. If you run the site yourself, renew the certificate; if somebody hosts it for you, tell them. Then try again."),
        SiteUnreachableException { Reason: UnreachableReason.NoAnswerInTime } =>
            new("The site did not answer in time. On free hosting it may be asleep: open it in your browser, wait until you see your glucose, and try again."),
        SiteUnreachableException => new("There is such a name, but no site answers: it does not accept the connection. It may be switched off. Please open it in your browser; if it does not open there either, ask whoever hosts it."),
        SiteMovedException => new("This address sends us on to another one, and we do not follow, because that could be somebody else's. Please open it in your browser and give us the address that you end up at."),
        NotNightscoutException => new("There is a web site at this address, but it is not a Nightscout. Please copy the address from your browser while your Nightscout is open."),
        SiteTemporaryException { IsStarting: true } => new("Your site seems to be asleep or just starting, as on free hosting. Please wait a minute and try again; if that does not help, open it in your browser to see what it says."),
        _ => new("There is a Nightscout at this address, but it has a problem at the moment. Please open it in your browser, and try again in a few minutes."),
    };
}
