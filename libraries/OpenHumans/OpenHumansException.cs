using System.Net;

namespace OpenHumans;

/// <summary>A failed call to Open Humans, typed by what to do next. Messages hold no address, token or body.</summary>
public abstract class OpenHumansException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The token is dead, or the person left the project: only a new sign-in helps (for a master token: a new one).</summary>
public sealed class OpenHumansRefusedException(string operation) : OpenHumansException($"Open Humans refused the token ({operation}).");

/// <summary>Open Humans does not accept this deployment's client id or secret: the operator has to act.</summary>
public sealed class OpenHumansSettingsException(string operation) : OpenHumansException($"Open Humans does not accept the client id or secret ({operation}).");

/// <summary>No answer, an overloaded or broken one: try again later.</summary>
public sealed class OpenHumansTemporaryException(string operation, string problem, Exception? inner = null)
    : OpenHumansException($"Open Humans: {problem} ({operation}).", inner);

/// <summary>The file is not there any more, or the listing that named it is over an hour old: list again.</summary>
public sealed class OpenHumansFileGoneException() : OpenHumansException("Open Humans: the file is gone since the listing (download).");

/// <summary>Open Humans understood and declined: repeating the same call will not help.</summary>
public sealed class OpenHumansDeclinedException(string operation, HttpStatusCode status) : OpenHumansException($"Open Humans answered {(int)status} ({operation}).");
