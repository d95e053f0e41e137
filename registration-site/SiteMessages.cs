using System.Text.RegularExpressions;
using Nightscout;

namespace RegistrationSite;

/// <summary>What a participant is told at the field when a site cannot be read: what happened, and what to do next.</summary>
/// <param name="IsToken">It stands at the token, not at the address.</param>
public sealed record SiteMessage(string Text, bool IsToken = false);

/// <summary>A message for every way a site cannot be read.</summary>
public static partial class SiteMessages
{
    static readonly Texts T = Texts.Of("SiteMessages");

    public static string TooManyTries => T["TooManyTries"];

    public static string Stale => T["Stale"];

    /// <param name="token">What was given as one; null: nothing.</param>
    public static SiteMessage For(NightscoutException problem, string? token = null) => problem switch
    {
        AddressMalformedException malformed => new(T[$"Malformed.{malformed.Fault}", malformed.Port]),
        AddressPrivateException => new(T["Private"]),
        SiteRefusedException { WithToken: false } => new(T["WantsToken"], IsToken: true),
        SiteRefusedException when token is not null && !Token().IsMatch(token) => new(T["NoToken"], IsToken: true),
        SiteRefusedException => new(T["WrongToken"], IsToken: true),
        SiteUnreachableException { Reason: UnreachableReason.NameNotFound } => new(T["NoSuchName"]),
        SiteUnreachableException { Reason: UnreachableReason.CertificateNotValid } => new(T["Certificate"]),
        SiteUnreachableException { Reason: UnreachableReason.NoAnswerInTime } => new(T["NoAnswer"]),
        SiteUnreachableException => new(T["NoConnection"]),
        SiteMovedException => new(T["Moved"]),
        NotNightscoutException => new(T["NotNightscout"]),
        SiteTemporaryException { IsStarting: true } => new(T["Starting"]),
        _ => new(T["Trouble"]),
    };

    /// <summary>As Nightscout makes them: of the subject's name, and the beginning of a hash.</summary>
    [GeneratedRegex("^.+-[0-9a-f]{16}$", RegexOptions.IgnoreCase)]
    private static partial Regex Token();
}
