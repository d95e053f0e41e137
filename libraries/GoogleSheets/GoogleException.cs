namespace GoogleSheets;

/// <summary>A failed call to Google, typed by what to do next. Messages hold no key, token or cell.</summary>
public abstract class GoogleException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The key file is missing or unreadable, or Google does not accept it: the operator has to act.</summary>
public sealed class GoogleSettingsException(string message) : GoogleException(message);

/// <summary>The service account may not read the spreadsheet, or there is no such spreadsheet or worksheet: the operator has to share it or correct its name.</summary>
public sealed class GoogleNoSheetException(string message) : GoogleException(message);

/// <summary>No answer, an overloaded or broken one: try again later.</summary>
public sealed class GoogleTemporaryException(string problem, Exception? inner = null) : GoogleException($"Google: {problem}.", inner);
