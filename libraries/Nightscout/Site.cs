using System.Text.RegularExpressions;

namespace Nightscout;

/// <summary>A Nightscout site and, when it is protected, a token that may read it.</summary>
/// <param name="Root">http or https, with a trailing slash and, where the site has one, a sub-path; never with a token.</param>
public sealed partial record Site(Uri Root, string? Token)
{
    /// <summary>Counts what is asked of the site while this object is in use.</summary>
    public SiteVisit Visit { get; init; } = new();

    /// <summary>What a token is bound to: it is sent nowhere else.</summary>
    public string Host => Root.IsDefaultPort ? Root.IdnHost : $"{Root.IdnHost}:{Root.Port}";

    /// <summary>Reads an address in any form people paste: without scheme, with a path of the site's own pages, with <c>?token=</c>.</summary>
    /// <remarks>A password in front of the host (<c>https://secret@host</c>, as xDrip+ writes it) is left out: it could write to the site, and we only read.</remarks>
    /// <exception cref="AddressMalformedException">It is no web address.</exception>
    public static Site Parse(string text)
    {
        text = text.Trim(Wrapping).TrimEnd('.', ',', ';');
        if (text.Length == 0)
            throw new AddressMalformedException(AddressFault.Missing);
        if (text.Length > 1000)
            throw new AddressMalformedException(AddressFault.TooLong);
        text = MistypedScheme().Replace(text, "$1://");
        if (!Scheme().IsMatch(text))
            text = $"https://{text.TrimStart('/')}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !IsPlain(text, uri))
            throw new AddressMalformedException(AddressFault.NoAddress);
        if (uri.Scheme is not ("http" or "https"))
            throw new AddressMalformedException(AddressFault.OtherScheme);
        if (!PublicInternet.IsOpenPort(uri.Port))
            throw new AddressMalformedException(AddressFault.ClosedPort, uri.Port);

        var path = OwnPage().Replace(uri.AbsolutePath, "/").TrimEnd('/') + "/";
        var root = new UriBuilder(uri.Scheme, uri.IdnHost, uri.IsDefaultPort ? -1 : uri.Port, path).Uri;
        var token = TokenParameter().Match(uri.Query) is { Success: true } match ? Uri.UnescapeDataString(match.Groups[1].Value) : null;
        return new(root, token);
    }

    /// <summary>What is copied along with an address: blanks, quotes, brackets, and the marks without width that messengers put around links.</summary>
    static readonly char[] Wrapping = [' ', '\t', '\r', '\n', '\u00a0', '\u200b', '\u200e', '\u200f', '\u2060', '\ufeff', '"', '\'', '“', '”', '<', '>', '(', ')'];

    /// <summary>Whether all programs read the same host in it: none does where there are backslashes, line breaks, zones of IPv6 or halves of characters.</summary>
    static bool IsPlain(string text, Uri uri)
    {
        try
        {
            return !text.Contains('\\') && !text.Any(char.IsControl) && uri.Host.Length > 0 && !uri.Host.Contains('%') && Uri.CheckHostName(uri.IdnHost) != UriHostNameType.Unknown;
        }
        catch (UriFormatException)
        {
            return false; // by IdnHost: half of a surrogate pair
        }
    }

    /// <summary>Without the token, which must not be seen.</summary>
    public override string ToString() => "a Nightscout site";

    [GeneratedRegex("^[a-z][a-z0-9+.-]*://", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    /// <summary>With a slash or a colon too few or too many: <c>https:/host</c>, <c>https//host</c>.</summary>
    [GeneratedRegex("^(https?)(:/?(?=[^/])|:///+|;?//)(?!$)", RegexOptions.IgnoreCase)]
    private static partial Regex MistypedScheme();

    /// <summary>Paths that belong to Nightscout itself rather than to where it is mounted.</summary>
    [GeneratedRegex("/(api(/.*)?|report(/.*)?|profile|admin|food|bgclock(\\.html)?|clock(/.*)?|split|translations|swagger\\.json|index\\.html)/?$", RegexOptions.IgnoreCase)]
    private static partial Regex OwnPage();

    [GeneratedRegex("[?&]token=([^&]+)", RegexOptions.IgnoreCase)]
    private static partial Regex TokenParameter();
}

/// <summary>What was asked of a site, and what it answered with.</summary>
public sealed class SiteVisit
{
    public int Requests { get; set; }

    /// <summary>Between two requests: somebody's glucose alarm may run on the same small machine.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Decoded.</summary>
    public long Bytes { get; set; }

    /// <summary>How long the first answer took to begin, tries included; null before it. A host that slept takes long.</summary>
    public TimeSpan? FirstAnswer { get; set; }

    /// <summary>How far the site's clock is ahead of ours; null: it did not tell.</summary>
    public TimeSpan? ClockSkew { get; set; }
}
