using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Nightscout;

/// <param name="Says">What is taken out, for people.</param>
/// <param name="Pattern">What its first group holds stays, the rest goes.</param>
/// <param name="Example">A text it applies to, for the documentation.</param>
public sealed record CredentialInText(string Says, Regex Pattern, string Example);

/// <summary>
/// What happens to a record on its way into the participant's own Open Humans account: everything stays, except that credentials are dropped
/// and names of devices and people become stable pseudonyms (docs/scrubbing.md is made from the sets below).
/// </summary>
/// <param name="pseudonymKey">The participant's own key.</param>
public sealed partial class Scrubber(byte[] pseudonymKey)
{
    readonly RawJsonWriter _line = new();
    bool _changed;

    /// <summary>Fields that end so hold a credential, at any depth. Compared in lower case and without <c>_</c>, <c>-</c>, <c>.</c> and blanks, so that <c>API_SECRET</c> is <c>apisecret</c>.</summary>
    public static readonly IReadOnlyList<string> CredentialEndings =
    [
        "token", "tokens", "tokenhash", "secret", "secrets", "secrethash", "secretsha1", "password", "passwords", "passwordhash", "passwd", "passphrase", "credential", "credentials", "authorization", "jwt",
        "apikey", "authkey", "accesskey", "privatekey", "secretkey", "sharedkey", "userkey", "makerkey", "pushoverkey",
    ];

    /// <summary>Fields that are called so and no more hold a credential, at any depth; compared as the endings.</summary>
    public static readonly IReadOnlySet<string> CredentialNames = new HashSet<string> { "auth", "bearer", "cookie", "cookies", "setcookie", "otp", "pushover", "pushoveruser" };

    /// <summary>Fields that name a device or a person, at any depth: their text becomes a pseudonym. <c>name</c> does so inside <see cref="Uploader"/>: it is the telephone's.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal) { "enteredBy", "device" };

    public const string Uploader = "uploader";

    /// <summary>Credentials inside other text.</summary>
    /// <remarks>Each takes time in proportion to the text, however it is made: it was written by somebody else.</remarks>
    public static readonly IReadOnlyList<CredentialInText> InText =
    [
        new("what follows `token=`, `secret=`, `password=`, `passwd=`, `passphrase=`, `apikey=` or `jwt=`, whatever stands before, also with `%3D`", Parameter(), "see https://ann.example.com/?token=reader-0123456789abcdef&x=1"),
        new("what follows `?auth=`, `&key=` and the like in a link: `auth`, `key`, `pw`, `pwd`, `sig`, `signature`, `session`, `sid`, `code`", LinkParameter(), "https://ann.example.com/?x=1&auth=s3cr3t&y=2"),
        new("what follows `api-secret:`, `api-key:`, `password:`, `passwd:`, `passphrase:` or `authorization:`", Header(), "curl -H 'API-SECRET: 0123abcd' -H 'Authorization: Basic QW5u'"),
        new("the value of a field in quotes whose name ends in `token` or `secret`, in JSON that is cut", CutField(), """{"deviceToken":"5a4dbc","a":[1,"""),
        new("what follows `bearer` when a digit is in it", Bearer(), "bearer abcdef012345 was refused"),
        new("a user or password in front of a host", UserInfo(), "mongodb://ann:s3cr3t@db.example.com/ns"),
        new("JSON web tokens", WebToken(), "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl back"),
        new("a word of Nightscout's own form, name-16 hexadecimal digits, among other words", NightscoutToken(), "new one is reader-0123456789abcdef now"),
    ];

    /// <summary>Whether a field of this name holds a credential.</summary>
    public static bool IsCredential(string name)
    {
        var plain = name.Length <= 256 ? stackalloc char[name.Length] : new char[name.Length];
        var length = 0;
        foreach (var c in name)
            if (c is not ('_' or '-' or '.' or ' '))
                plain[length++] = char.ToLowerInvariant(c);
        plain = plain[..length];
        foreach (var ending in CredentialEndings)
            if (plain.EndsWith(ending))
                return true;
        return length <= 12 && CredentialNames.Contains(plain.ToString());
    }

    /// <param name="record">One JSON object.</param>
    /// <returns>The record as one line of minified JSON, valid until the next call.</returns>
    public ReadOnlyMemory<byte> Scrub(ReadOnlySpan<byte> record)
    {
        _line.Clear();
        _changed = false;
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        var (isName, isUploader, uploaderDepth) = (false, false, -1);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var name = JsonText.Read(ref reader);
                    if (IsCredential(name))
                    {
                        reader.Skip();
                        _changed = true;
                        continue;
                    }
                    isName = Names.Contains(name) || name == "name" && reader.CurrentDepth == uploaderDepth;
                    isUploader = name == Uploader;
                    break;
                case JsonTokenType.StartObject:
                    if (isUploader)
                        uploaderDepth = reader.CurrentDepth + 1;
                    (isName, isUploader) = (false, false);
                    break;
                case JsonTokenType.EndObject:
                    if (reader.CurrentDepth + 1 == uploaderDepth)
                        uploaderDepth = -1;
                    isName = false;
                    break;
                case JsonTokenType.String when isName || MayHoldCredential(ref reader): // a list of names is one of names
                    var text = JsonText.Read(ref reader);
                    var clean = isName ? DeviceName.Pseudonym(text, pseudonymKey) : Clean(text);
                    if (clean == text)
                        break;
                    _line.String(clean);
                    _changed = true;
                    continue;
            }
            _line.Token(ref reader);
        }
        return _line.Written;
    }

    /// <summary>A text without the credentials in it. JSON inside text (xDrip+ insulinInjections, AAPS profileJson) is treated as a record, and is as it was when there is nothing to take out.</summary>
    string Clean(string text)
    {
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
            try
            {
                var inner = new Scrubber(pseudonymKey); // each level of quotes doubles the text: there are few
                var line = inner.Scrub(Encoding.UTF8.GetBytes(text));
                return inner._changed ? Encoding.UTF8.GetString(line.Span) : text;
            }
            catch (JsonException)
            {
                // a text that only begins like JSON
            }
        foreach (var credential in InText)
            text = credential.Pattern.Replace(text, "$1");
        return text;
    }

    /// <summary>The record without the named top-level fields.</summary>
    /// <returns>The same memory when there is nothing to leave out; else valid until the next call.</returns>
    public static ReadOnlyMemory<byte> Without(ReadOnlyMemory<byte> record, string[] fields, RawJsonWriter buffer)
    {
        var found = false;
        var reader = new Utf8JsonReader(record.Span, JsonLimits.Reader);
        while (!found && reader.Read())
            found = reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && JsonText.IndexOf(ref reader, fields) >= 0;
        if (!found)
            return record;

        buffer.Clear();
        reader = new Utf8JsonReader(record.Span, JsonLimits.Reader);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && JsonText.IndexOf(ref reader, fields) >= 0)
                reader.Skip();
            else
                buffer.Token(ref reader);
        }
        return buffer.Written;
    }

    /// <summary>One of these is in every text that holds a credential, but a JSON web token alone.</summary>
    static readonly SearchValues<byte> OfCredentials = SearchValues.Create("=@:\\ %{["u8);

    /// <summary>Most texts (times, words) need no second look. Escapes do: some uploaders write <c>=</c> as <c>\u003d</c>.</summary>
    static bool MayHoldCredential(ref Utf8JsonReader reader) => reader.ValueSpan.ContainsAny(OfCredentials) && !IsTime(reader.ValueSpan) || reader.ValueSpan.IndexOf("eyJ"u8) >= 0;

    /// <summary>2026-11-20T10:00:00, of which every record has some.</summary>
    static bool IsTime(ReadOnlySpan<byte> text) => text.Length < 36 && text is [_, _, _, _, (byte)'-', _, _, (byte)'-', _, _, (byte)'T' or (byte)' ', _, _, (byte)':', ..];

    const RegexOptions Text = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex("""((?:token|secret|password|passwd|passphrase|api[_-]?key|jwt)(?: ?= ?|%3D))[^&\s"'#]+""", Text)]
    private static partial Regex Parameter();

    [GeneratedRegex("""([?&](?:auth|key|pwd?|sig|signature|session|sid|code)=)[^&\s"'#]+""", Text)]
    private static partial Regex LinkParameter();

    [GeneratedRegex("""((?:api[_ -]?secret|api[_ -]?key|password|passwd|passphrase|authorization)["']?\s?:\s?["']?)(?:(?:basic|bearer)\s)?[^\s"',;&]+""", Text)]
    private static partial Regex Header();

    [GeneratedRegex("""("(?>\w*)(?<=token|secret)"\s?:\s?")[^"]*""", Text)]
    private static partial Regex CutField();

    [GeneratedRegex("""(\bbearer\s)(?=\S{0,100}\d)[\w.~+/=-]{8,}""", Text)]
    private static partial Regex Bearer();

    [GeneratedRegex("""(://)[^/?#\s"']*@""", Text)]
    private static partial Regex UserInfo();

    /// <remarks>Begins where a word begins: each run of letters is looked at once.</remarks>
    [GeneratedRegex("""()(?<![\w-])eyJ(?>[\w-]{8,})\.(?>[\w-]{8,})\.[\w-]*""", RegexOptions.CultureInvariant)]
    private static partial Regex WebToken();

    /// <remarks>Only among other words: an identifier may look like one.</remarks>
    [GeneratedRegex("""()(?<=\s)[a-z0-9]{1,10}-[0-9a-f]{16}(?=[\s.,;!?)]|$)|()^[a-z0-9]{1,10}-[0-9a-f]{16}(?=\s)""", RegexOptions.CultureInvariant)]
    private static partial Regex NightscoutToken();
}
