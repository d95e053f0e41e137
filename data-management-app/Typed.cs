using System.Net.Mail;
using System.Text.RegularExpressions;

namespace DataManagementApp;

/// <summary>What people type, before it is looked up or stored: PostgreSQL refuses a NUL, and nothing shown or mailed may hold other control characters.</summary>
public static partial class Typed
{
    /// <summary>One line, without blanks around it.</summary>
    public static string Line(string? text) => Blanks().Replace(Lines(text), " ").Trim();

    /// <summary>Lines as they are, their ends as <c>\n</c>.</summary>
    public static string Lines(string? text) => new string([.. (text ?? "").ReplaceLineEndings("\n").Where(letter => letter is '\n' or '\t' || !char.IsControl(letter))]).Trim();

    /// <returns>The address as the portal stores it; null when no mail can be sent to it.</returns>
    public static string? Email(string? text) =>
        Line(text).ToLowerInvariant() is { Length: <= 254 } line && Address().IsMatch(line) && MailAddress.TryCreate(line, out var address) && address.Address == line ? line : null;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    /// <summary>Without quotes, comments and numbers for hosts: nobody has such an address, and they are how headers are smuggled.</summary>
    [GeneratedRegex(@"^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+\z")]
    private static partial Regex Address();
}
