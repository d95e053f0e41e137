using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>The way back from Open Humans does not belong to a sign-in that this browser started, or that was long ago.</summary>
public sealed class SignInStaleException() : Exception("The sign-in was not started in this browser, or too long ago.");

/// <summary>Signing in with Open Humans: authorization code with state and PKCE, both kept in this browser only.</summary>
public sealed class SignIn(
    OpenHumansOAuth oauth, OpenHumansClient openHumans, ConsentLedger ledger, Participants participants, SecretBox secrets, NpgsqlDataSource db,
    RegistrationOptions options, IDataProtectionProvider protection, TimeProvider clock)
{
    const string CookieName = "open-humans";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    sealed record Started(string State, string Verifier, DateTimeOffset At);

    /// <summary>Sends the browser to Open Humans.</summary>
    public IResult Start(HttpContext context)
    {
        var started = new Started(Random(), Random(), clock.GetUtcNow());
        context.Response.Cookies.Append(Cookie.Name!, Protector.Protect(JsonSerializer.Serialize(started)), Cookie.Build(context));
        var challenge = WebEncoders.Base64UrlEncode(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(started.Verifier)));
        return Results.Redirect(oauth.AuthorizeUri(started.State, challenge, options.RedirectUri).AbsoluteUri);
    }

    /// <summary>Takes the code that came back, stores the tokens, and opens a session. Ends a suspension: whoever signs in takes part again.</summary>
    /// <exception cref="SignInStaleException">State is missing or of another sign-in.</exception>
    /// <exception cref="OpenHumansException">Open Humans did not accept the code or did not answer.</exception>
    public async Task CompleteAsync(HttpContext context, string code, string state)
    {
        var cancellationToken = context.RequestAborted;
        var started = ReadStarted(context);
        context.Response.Cookies.Delete(Cookie.Name!, Cookie.Build(context)); // works once
        if (started is null || started.At < clock.GetUtcNow() - Patience
            || !CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(started.State), System.Text.Encoding.UTF8.GetBytes(state)))
            throw new SignInStaleException();

        var pair = await oauth.ExchangeCodeAsync(code, started.Verifier, options.RedirectUri, cancellationToken);
        var member = (await openHumans.ListAsync(pair.AccessToken, cancellationToken)).ProjectMemberId;
        var participant = await participants.FindAsync(await ledger.RecordAsync(member, ConsentLedger.Page, null, "", cancellationToken), cancellationToken);
        await StoreAsync(participant, pair);

        var identity = new ClaimsIdentity([new(ClaimTypes.Name, $"{participant.ParticipantId}")], CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignInAsync(new ClaimsPrincipal(identity));
    }

    /// <summary>Ends the session of who was erased meanwhile.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        try
        {
            await context.HttpContext.RequestServices.GetRequiredService<Participants>().FindAsync(OwnAccount.IdOf(context.Principal!), context.HttpContext.RequestAborted);
        }
        catch (ParticipantGoneException)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync();
        }
    }

    async Task StoreAsync(Participant participant, TokenPair pair)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None); // the pair was given out: it is stored even if the browser has gone
        await using var transaction = await connection.BeginTransactionAsync();
        await OpenHumansTokens.StoreAsync(participant, pair, secrets, connection, CancellationToken.None);
        await connection.ExecuteAsync("""
            update register.participant set suspended_at = null, suspended_because = null, changed_at = now() where participant_id = @ParticipantId
            """, new { participant.ParticipantId });
        await transaction.CommitAsync();
    }

    Started? ReadStarted(HttpContext context)
    {
        try
        {
            return context.Request.Cookies[Cookie.Name!] is { } sealedText ? JsonSerializer.Deserialize<Started>(Protector.Unprotect(sealedText)) : null;
        }
        catch (Exception problem) when (problem is CryptographicException or JsonException)
        {
            return null;
        }
    }

    CookieBuilder Cookie { get; } = SiteDefaults.SiteCookie(CookieName, options.BaseUrl?.Scheme == "https");

    IDataProtector Protector => protection.CreateProtector("sign-in with Open Humans");

    static string Random() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
}
