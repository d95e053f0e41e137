namespace Nightscout;

/// <summary>A failed call to a Nightscout site, typed by what to do next. Messages hold no address, token or body.</summary>
public abstract class NightscoutException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What was typed is no address of a web site.</summary>
public sealed class AddressMalformedException(AddressFault fault, int? port = null) : NightscoutException($"The address cannot be used: {fault}.")
{
    public AddressFault Fault => fault;

    /// <summary>With <see cref="AddressFault.ClosedPort"/>: which.</summary>
    public int? Port => port;
}

/// <summary>Why an address is none of a Nightscout site.</summary>
public enum AddressFault
{
    Missing,
    TooLong,
    NoAddress,

    /// <summary>Neither http nor https.</summary>
    OtherScheme,

    /// <summary>Nightscout sites do not run on such a port.</summary>
    ClosedPort,
}

/// <summary>The address leads into a private network, where we do not go.</summary>
public sealed class AddressPrivateException() : NightscoutException("The address is not on the public internet.");

/// <summary>The site wants a token and got none, or does not accept the one it got: the participant has to act. Do not try again: each failed try slows the site's own users.</summary>
/// <param name="withToken">Whether a token was sent.</param>
public sealed class SiteRefusedException(bool withToken) : NightscoutException(withToken ? "The site does not accept the token." : "The site wants a token.")
{
    public bool WithToken { get; } = withToken;
}

/// <summary>Why there was no connection.</summary>
public enum UnreachableReason
{
    NameNotFound,
    CertificateNotValid,
    ConnectionRefused,
    NoAnswerInTime,
}

/// <summary>No connection: unknown name, nobody listening, certificate not valid, no answer in time.</summary>
public sealed class SiteUnreachableException(UnreachableReason reason, Exception? inner = null) : NightscoutException($"The site cannot be reached: {Words(reason)}.", inner)
{
    public UnreachableReason Reason { get; } = reason;

    static string Words(UnreachableReason reason) => reason switch
    {
        UnreachableReason.NameNotFound => "there is no such name",
        UnreachableReason.CertificateNotValid => "its certificate is not valid",
        UnreachableReason.NoAnswerInTime => "it does not answer in time",
        _ => "it does not accept the connection",
    };
}

/// <summary>The site answers from another address now: the participant has to confirm it.</summary>
public sealed class SiteMovedException() : NightscoutException("The site redirects to another address.");

/// <summary>Something answers, but it is no Nightscout.</summary>
public sealed class NotNightscoutException(string evidence) : NightscoutException($"This is not a Nightscout: {evidence}.");

/// <summary>A Nightscout that is asleep, overloaded or broken at the moment: try again later.</summary>
public sealed class SiteTemporaryException(string problem, Exception? inner = null) : NightscoutException($"The site has a problem of its own: {problem}.", inner)
{
    /// <summary>Answered by the host in place of the site (502, 503, 504): it is starting, or switched off.</summary>
    public bool IsStarting { get; init; }
}

/// <summary>An answer larger than we read at once: ask for fewer records.</summary>
public sealed class PageTooLargeException() : NightscoutException("An answer was larger than is read at once.");
