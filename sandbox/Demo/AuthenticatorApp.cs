using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Sandbox.Demo;

/// <summary>The app on a person's telephone that makes codes of six digits (RFC 6238).</summary>
static partial class AuthenticatorApp
{
    const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The key that the page of a site shows to be typed into the app; null: it shows none.</summary>
    public static string? KeyOn(string page) => Key.Match(page) is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value).Replace(" ", "") : null;

    public static string Code(string key, DateTimeOffset time)
    {
        var bits = string.Concat(key.Select(letter => Convert.ToString(Base32.IndexOf(letter), 2).PadLeft(5, '0')));
        var secret = bits.Chunk(8).Where(bits => bits.Length == 8).Select(bits => Convert.ToByte(new string(bits), 2)).ToArray();
        var step = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(step, time.ToUnixTimeSeconds() / 30);
        var mac = HMACSHA1.HashData(secret, step);
        return $"{(BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[^1] & 15)) & int.MaxValue) % 1_000_000:000000}";
    }

    [GeneratedRegex("<code class=\"key\">([^<]+)</code>")]
    static partial Regex Key { get; }
}
