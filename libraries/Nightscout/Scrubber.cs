using System.Text.Json;
using System.Text.RegularExpressions;

namespace Nightscout;

/// <summary>
/// What happens to a record on its way into the participant's own Open Humans account: everything stays, except that credentials are dropped
/// and names of devices and of people in <c>device</c> and <c>enteredBy</c> become stable pseudonyms (docs/data-way.md has the table).
/// </summary>
/// <param name="pseudonymKey">The participant's own key.</param>
public sealed partial class Scrubber(byte[] pseudonymKey)
{
    readonly RawJsonWriter _line = new();

    /// <summary>Fields that hold a credential, at any depth: dropped with their value.</summary>
    public static readonly IReadOnlySet<string> Credentials = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "deviceToken", "pushToken", "token", "accessToken", "access_token", "refreshToken", "refresh_token", "sessionToken", "jwt", "authorization",
        "secret", "apiSecret", "api_secret", "password", "passwd",
    };

    /// <summary>Fields that name a device or a person, at any depth: their text becomes a pseudonym.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal) { "enteredBy", "device" };

    /// <param name="record">One JSON object.</param>
    /// <returns>The record as one line of minified JSON, valid until the next call.</returns>
    public ReadOnlyMemory<byte> Scrub(ReadOnlySpan<byte> record)
    {
        _line.Clear();
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        var isName = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = JsonText.Read(ref reader);
                if (Credentials.Contains(name))
                {
                    reader.Skip();
                    continue;
                }
                isName = Names.Contains(name);
            }
            else if (reader.TokenType == JsonTokenType.String && isName)
            {
                _line.String(DeviceName.Pseudonym(JsonText.Read(ref reader), pseudonymKey));
                isName = false;
                continue;
            }
            else if (reader.TokenType == JsonTokenType.String && MayHoldCredential(reader.ValueSpan))
            {
                var text = JsonText.Read(ref reader);
                var clean = CredentialInText().Replace(text, "$1$2");
                if (clean != text)
                {
                    _line.String(clean);
                    continue;
                }
            }
            else
                isName = false;
            _line.Token(ref reader);
        }
        return _line.Written;
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

    static bool MayHoldCredential(ReadOnlySpan<byte> text) => text.Contains((byte)'=') || text.IndexOf("//"u8) >= 0 || text.IndexOf("eyJ"u8) >= 0;

    /// <summary>A token in a link, a password in front of a host, a JSON web token.</summary>
    [GeneratedRegex("""((?:token|secret)=)[^&\s"'#]+|(://)[^/\s:@]+(?::[^/\s@]*)?@|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex CredentialInText();
}
