namespace NightscoutIngester;

/// <summary>Why a run ended: success, or what has to happen next.</summary>
public enum Cause
{
    Success,
    /// <summary>The participant left or has to sign in again.</summary>
    Suspended,
    SignInAgain,
    /// <summary>There is no address file in the participant's Open Humans account.</summary>
    NoAddress,
    AddressUnusable,
    SiteRefused,
    /// <summary>The site lets us read some collections, and they are copied.</summary>
    PartRefused,
    SiteUnreachable,
    SiteMoved,
    /// <summary>The address answers as another site: the participant has to say that it is theirs.</summary>
    SiteChanged,
    /// <summary>Somebody else's run reads the same site: one at a time.</summary>
    SiteBusy,
    NotNightscout,
    SiteTemporary,
    OpenHumansTemporary,
    LeaseLost,
    Stopped,
    /// <summary>A fault of ours: the operator has to look.</summary>
    Unexpected,
}

public static class Causes
{
    /// <summary>The cause as it stands in tables and logs: "sign in again".</summary>
    public static string Name(this Cause cause) =>
        string.Concat(cause.ToString().Select((letter, at) => at > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    /// <summary>Whether only the participant can mend it: they are asked, and their next change makes them due at once.</summary>
    public static bool NeedsParticipant(this Cause cause) =>
        cause is Cause.Suspended or Cause.SignInAgain or Cause.NoAddress or Cause.AddressUnusable or Cause.SiteRefused or Cause.PartRefused or Cause.SiteMoved or Cause.SiteChanged;

    /// <summary>How long to wait for the next run.</summary>
    /// <param name="every">After a success.</param>
    /// <param name="failures">In a row, this one included.</param>
    /// <param name="triedToken">The site did not accept a token: each further try slows the site's own users down (contract §2).</param>
    public static TimeSpan Wait(this Cause cause, TimeSpan every, int failures, bool triedToken) => cause switch
    {
        Cause.Success or Cause.PartRefused => every,
        Cause.SiteRefused when triedToken => Never,
        Cause.SiteChanged => Never,
        _ when cause.NeedsParticipant() => TimeSpan.FromDays(1),
        Cause.LeaseLost or Cause.Stopped => TimeSpan.Zero,
        Cause.SiteBusy => TimeSpan.FromMinutes(2),
        _ => Shorter(Longest, Shorter(every, First) * Math.Pow(2, Math.Min(failures - 1, 10))),
    };

    /// <summary>Until the participant changes something.</summary>
    static readonly TimeSpan Never = TimeSpan.FromDays(3650);

    static readonly TimeSpan First = TimeSpan.FromMinutes(10), Longest = TimeSpan.FromHours(12);

    static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
