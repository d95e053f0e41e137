using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Nightscout;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>What was typed of a site that cannot be read.</summary>
/// <param name="Field">Where the message stands.</param>
public sealed record TypedSite(string? Address, string? Token, string Field, string Message);

/// <summary>
/// What came of looking at a site, kept in the participant's browser for as long as a tested site waits for its yes: sealed, and for them only.
/// So the page that shows it is no answer to a form, and the browser's way back leads to it; nothing of it stands in an address.
/// </summary>
public sealed class KeptLooks(IDataProtectionProvider protection, RegistrationOptions options, TimeProvider clock)
{
    const string Found = "found-site", Typed = "typed-site";

    /// <summary>Browsers drop a cookie that is longer than 4,096 with its name and attributes.</summary>
    const int LongestCookie = 3800;

    sealed record Kept<T>(T What, DateTimeOffset At);

    /// <summary>A <see cref="SiteGlance"/> as JSON reads and writes it.</summary>
    sealed record Glance(Uri Root, string? Token, string Version, string Name, string Units, IReadOnlyList<Row> Rows, DateTimeOffset? Oldest, DateTimeOffset? Newest, string? TimeZone, bool? IsPublic);

    sealed record Row(string Collection, long? Count, bool IsAtLeast, bool IsRefused);

    /// <returns>False: it is too long for a cookie.</returns>
    public bool KeepFound(HttpContext context, SiteGlance found) => Keep(context, Found, new Glance(
        found.Check.Site.Root, found.Check.Site.Token, found.Check.Version, found.Check.Name, found.Check.Units,
        [.. found.Collections.Select(row => new Row(row.Collection.Name, row.Count, row.IsAtLeast, row.IsRefused))], found.Oldest, found.Newest, found.TimeZone, found.IsPublic));

    /// <returns>False: it is too long for a cookie.</returns>
    public bool KeepTyped(HttpContext context, TypedSite typed) => Keep(context, Typed, typed);

    /// <summary>What was found, and when; null: nothing, or too long ago.</summary>
    public (SiteGlance Glance, DateTimeOffset At)? ReadFound(HttpContext context) => Read<Glance>(context, Found) is ({ } glance, var at)
        ? (new(new(new(glance.Root, glance.Token), glance.Version, glance.Name, glance.Units),
            [.. glance.Rows.Select(row => new CollectionGlance(Collection.All.Single(collection => collection.Name == row.Collection), row.Count, row.IsAtLeast, row.IsRefused))],
            glance.Oldest, glance.Newest, glance.TimeZone, glance.IsPublic), at)
        : null;

    public TypedSite? ReadTyped(HttpContext context) => Read<TypedSite>(context, Typed)?.What;

    public void Forget(HttpContext context)
    {
        foreach (var name in new[] { Found, Typed })
            context.Response.Cookies.Delete(Cookie(name).Name!, Cookie(name).Build(context));
    }

    bool Keep<T>(HttpContext context, string name, T what)
    {
        var sealedText = Protector(context, name).Protect(JsonSerializer.Serialize(new Kept<T>(what, clock.GetUtcNow())));
        if (sealedText.Length > LongestCookie)
            return false;
        var cookie = Cookie(name);
        cookie.MaxAge = TestedSites.Patience;
        context.Response.Cookies.Append(cookie.Name!, sealedText, cookie.Build(context));
        return true;
    }

    Kept<T>? Read<T>(HttpContext context, string name)
    {
        try
        {
            return context.Request.Cookies[Cookie(name).Name!] is { } sealedText && JsonSerializer.Deserialize<Kept<T>>(Protector(context, name).Unprotect(sealedText)) is { } kept
                && kept.At >= clock.GetUtcNow() - TestedSites.Patience ? kept : null;
        }
        catch (CryptographicException)
        {
            return null; // of somebody else who used this browser, or changed
        }
    }

    CookieBuilder Cookie(string name) => SiteDefaults.SiteCookie(name, options.BaseUrl?.Scheme == "https");

    IDataProtector Protector(HttpContext context, string name) => protection.CreateProtector("a look at a Nightscout site", name, $"{OwnAccount.IdOf(context.User)}");
}
