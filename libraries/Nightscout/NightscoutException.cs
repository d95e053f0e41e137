namespace Nightscout;

/// <summary>A failed call to a Nightscout site, typed by what to do next. Messages hold no address, token or body.</summary>
public abstract class NightscoutException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What was typed is no address of a web site.</summary>
public sealed class AddressMalformedException(string problem) : NightscoutException(problem);

/// <summary>The address leads into a private network, where we do not go.</summary>
public sealed class AddressPrivateException() : NightscoutException("The address is not on the public internet.");

/// <summary>The site wants a token and got none, or does not accept the one it got: the participant has to act. Do not try again: each failed try slows the site's own users.</summary>
/// <param name="withToken">Whether a token was sent.</param>
public sealed class SiteRefusedException(bool withToken) : NightscoutException(withToken ? "The site does not accept the token." : "The site wants a token.")
{
    public bool WithToken { get; } = withToken;
}

/// <summary>No connection: unknown name, nobody listening, certificate not valid, no answer in time.</summary>
/// <param name="reason">One of the words above, without the address.</param>
public sealed class SiteUnreachableException(string reason, Exception? inner = null) : NightscoutException($"The site cannot be reached: {reason}.", inner);

/// <summary>The site answers from another address now: the participant has to confirm it.</summary>
public sealed class SiteMovedException() : NightscoutException("The site redirects to another address.");

/// <summary>Something answers, but it is no Nightscout.</summary>
public sealed class NotNightscoutException(string evidence) : NightscoutException($"This is not a Nightscout: {evidence}.");

/// <summary>A Nightscout that is asleep, overloaded or broken at the moment: try again later.</summary>
public sealed class SiteTemporaryException(string problem, Exception? inner = null) : NightscoutException($"The site has a problem of its own: {problem}.", inner);

/// <summary>An answer larger than we read at once: ask for fewer records.</summary>
public sealed class PageTooLargeException() : NightscoutException("An answer was larger than is read at once.");
