using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Nightscout;

namespace RegistrationSite;

/// <summary>What came back is not a site that this participant had looked at within the last half hour.</summary>
public sealed class TestedSiteStaleException() : Exception("The site was not looked at, or too long ago.");

/// <summary>A site that was looked at, on its way through the participant's browser until they say that it is theirs: sealed, for them only, for a while.</summary>
public sealed class TestedSites(IDataProtectionProvider protection, TimeProvider clock)
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    sealed record Tested(Uri Root, string? Token, DateTimeOffset At);

    /// <param name="at">When it was looked at; null: now.</param>
    public string Seal(long participantId, Site site, DateTimeOffset? at = null) =>
        Protector(participantId).Protect(JsonSerializer.Serialize(new Tested(site.Root, site.Token, at ?? clock.GetUtcNow())));

    /// <exception cref="TestedSiteStaleException">It is of somebody else, too old, or was changed.</exception>
    public Site Open(long participantId, string sealedText)
    {
        try
        {
            return JsonSerializer.Deserialize<Tested>(Protector(participantId).Unprotect(sealedText)) is { } tested && tested.At >= clock.GetUtcNow() - Patience
                ? new(tested.Root, tested.Token) : throw new TestedSiteStaleException();
        }
        catch (CryptographicException)
        {
            throw new TestedSiteStaleException();
        }
    }

    IDataProtector Protector(long participantId) => protection.CreateProtector("a tested Nightscout site", $"{participantId}");
}
