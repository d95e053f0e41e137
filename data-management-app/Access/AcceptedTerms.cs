using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace DataManagementApp.Access;

/// <summary>Carries from the conditions to the form that, and when, they were accepted: signed, so that nobody comes to the form around the box.</summary>
public sealed class AcceptedTerms(IDataProtectionProvider protection, TimeProvider clock)
{
    /// <summary>Long enough for the longest form.</summary>
    static readonly TimeSpan ValidFor = TimeSpan.FromDays(1);

    readonly IDataProtector _protector = protection.CreateProtector("accepted conditions");

    /// <summary>Of the present version, now.</summary>
    public string Make() => _protector.Protect(string.Create(CultureInfo.InvariantCulture, $"{Terms.Version} {clock.GetUtcNow().ToUnixTimeMilliseconds()}"));

    /// <returns>When they were accepted, UTC; null: they were not, in another version, or too long ago.</returns>
    public DateTime? Read(string? accepted)
    {
        try
        {
            if (string.IsNullOrEmpty(accepted) || _protector.Unprotect(accepted).Split(' ') is not [Terms.Version, var time])
                return null;
            var at = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(time, CultureInfo.InvariantCulture));
            return clock.GetUtcNow() - at < ValidFor ? at.UtcDateTime : null;
        }
        catch (CryptographicException)
        {
            return null; // changed on the way, or of a key that is gone
        }
    }
}
