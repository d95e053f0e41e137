namespace DataManagementApp.Alerts;

/// <summary>Something an operator has to look at. It names nobody, and holds no address of a participant.</summary>
/// <param name="Cause">What is told together, and only once: <c>copying: site unreachable</c>.</param>
/// <param name="Text">A line of the message; its numbers may change while the cause lasts.</param>
/// <param name="Count">Participants, mails, services, … that it is about.</param>
/// <param name="IsOurs">False: others have to act, and know of it; it is not told again.</param>
public sealed record Finding(string Cause, string Text, int Count = 1, bool IsOurs = true);
