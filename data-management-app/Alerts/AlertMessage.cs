using System.Text;

namespace DataManagementApp.Alerts;

/// <summary>What is told at once, by mail and on Slack alike.</summary>
/// <param name="Title">How much of it: 2 new, 1 over.</param>
/// <param name="Lines">One for each cause.</param>
/// <param name="Page">Where all of them are.</param>
public sealed record AlertMessage(string Title, IReadOnlyList<string> Lines, Uri Page)
{
    /// <param name="others">Causes that last, and were told before.</param>
    public static AlertMessage Of(IReadOnlyList<AlertRow> began, IReadOnlyList<AlertRow> last, IReadOnlyList<AlertRow> over, int others, Uri page) => new(
        string.Join(", ", new[] { (began.Count, "new"), (last.Count, last.Count == 1 ? "lasts" : "last"), (over.Count, "over") }.Where(part => part.Item1 > 0).Select(part => $"{part.Item1} {part.Item2}")),
        [
            .. began.Select(alert => $"NEW {alert.Text}"),
            .. last.Select(alert => $"LASTS since {alert.BeganAt:d MMM HH:mm} UTC: {alert.Text}"),
            .. over.Select(alert => $"OVER since {alert.SeenAt:d MMM HH:mm} UTC: {alert.Cause}"),
            .. others > 0 ? [$"Besides, {others} {(others == 1 ? "cause lasts that was" : "causes last that were")} told before."] : Array.Empty<string>(),
        ], page);

    public static AlertMessage Test(Uri page) => new("a test", ["This message shows that alerts arrive. Nothing is to be done."], page);

    /// <summary>Slack reads three characters as its own (docs.slack.dev/messaging/formatting-message-text).</summary>
    public string ForSlack()
    {
        var text = new StringBuilder("*Diabetes data commons: ").Append(Title).Append('*');
        foreach (var line in Lines)
            text.Append("\n• ").Append(line.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal));
        return text.Append("\n<").Append(Page.AbsoluteUri).Append("|All alerts>").ToString();
    }
}
