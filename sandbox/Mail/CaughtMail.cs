using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>A mail as its reader sees it.</summary>
/// <param name="Number">From 1, in the order in which they came.</param>
/// <param name="From">As the sender named itself to the server.</param>
/// <param name="Text">Decoded.</param>
/// <param name="Headers">As sent, unfolded, by name in lower case; of repeated ones the last.</param>
public sealed partial record CaughtMail(int Number, DateTimeOffset At, string From, IReadOnlyList<string> To, string Subject, string Text, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The web addresses in the text.</summary>
    public IReadOnlyList<Uri> Links => [.. Addresses().Matches(Text).Select(match => new Uri(match.Value))];

    /// <summary>The code to type, when there is one.</summary>
    public string? Code => Codes().Match(Text) is { Success: true } match ? match.Value : null;

    /// <param name="data">What came between DATA and the lone dot, one byte a letter, dots unstuffed.</param>
    internal static CaughtMail Read(int number, DateTimeOffset at, string from, IReadOnlyList<string> to, string data)
    {
        var gap = data.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var (head, body) = gap < 0 ? (data, "") : (data[..gap], data[(gap + 4)..]);
        var headers = Folds().Replace(head, " ").Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[0].Trim().ToLowerInvariant()).ToDictionary(group => group.Key, group => group.Last()[1].Trim());
        return new(number, at, from, to, Words(headers.GetValueOrDefault("subject", "")), Decode(body, headers.GetValueOrDefault("content-transfer-encoding", "")), headers);
    }

    static string Decode(string body, string encoding) => Encoding.UTF8.GetString(encoding.ToLowerInvariant() switch
    {
        "base64" => Convert.FromBase64String(body),
        "quoted-printable" => QuotedPrintable(body.Replace("=\r\n", "", StringComparison.Ordinal)),
        _ => Encoding.Latin1.GetBytes(body),
    }).ReplaceLineEndings("\n").TrimEnd();

    static byte[] QuotedPrintable(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '=' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
                bytes.Add((byte)text[i]);
        return [.. bytes];
    }

    /// <summary>Encoded words (RFC 2047) of UTF-8.</summary>
    static string Words(string header) => EncodedWord().Replace(WordGaps().Replace(header, "?=="), word => Encoding.UTF8.GetString(
        word.Groups[1].Value is "B" or "b" ? Convert.FromBase64String(word.Groups[2].Value) : QuotedPrintable(word.Groups[2].Value.Replace('_', ' '))));

    [GeneratedRegex(@"\r\n[ \t]+")]
    private static partial Regex Folds();

    [GeneratedRegex(@"\?=\s+=(?=\?)")]
    private static partial Regex WordGaps();

    [GeneratedRegex(@"=\?utf-8\?([BbQq])\?([^?]*)\?=", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();

    [GeneratedRegex(@"https?://[^\s<>""]+")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b")]
    private static partial Regex Codes();
}
