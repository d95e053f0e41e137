using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataManagementApp.Accounts;

/// <summary>Codes that change every 30 seconds (RFC 6238, HMAC-SHA1), as every authenticator app makes them.</summary>
public static class Totp
{
    public const int SecretLength = 20;

    const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Number of the 30 seconds since 1970.</summary>
    public static long StepOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / 30;

    public static string Code(ReadOnlySpan<byte> secret, long step, int digits = 6)
    {
        Span<byte> counter = stackalloc byte[8], mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        HMACSHA1.HashData(secret, counter, mac);
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 0xf)..]) & int.MaxValue;
        return $"{number % (int)Math.Pow(10, digits)}".PadLeft(digits, '0');
    }

    /// <summary>The step whose code it is: this one, or its neighbours, for clocks that differ and people who type slowly.</summary>
    /// <param name="after">A step whose code was taken already; only later ones count.</param>
    public static long? Find(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long after)
    {
        for (var step = StepOf(now) - 1; step <= StepOf(now) + 1; step++)
            if (step > after && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Code(secret, step)), Encoding.ASCII.GetBytes(code)))
                return step;
        return null;
    }

    /// <summary>As apps take it when it is typed (RFC 4648, without padding).</summary>
    public static string Encode(ReadOnlySpan<byte> secret)
    {
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var part in secret)
        {
            bits = bits << 8 | part;
            for (count += 8; count >= 5; count -= 5)
                text.Append(Base32[bits >> (count - 5) & 31]);
            bits &= (1 << count) - 1;
        }
        return count == 0 ? text.ToString() : text.Append(Base32[bits << (5 - count) & 31]).ToString();
    }

    /// <summary>What a QR code for the app holds.</summary>
    public static string Link(ReadOnlySpan<byte> secret, string email, string issuer) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(email)}?secret={Encode(secret)}&issuer={Uri.EscapeDataString(issuer)}";
}
