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
    const string CookieName = "open-humans", Session = "session";
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
    /// <returns>Whether the account holds the address of a Nightscout.</returns>
    /// <exception cref="SignInStaleException">State is missing or of another sign-in.</exception>
    /// <exception cref="OpenHumansException">Open Humans did not accept the code or did not answer.</exception>
    public async Task<bool> CompleteAsync(HttpContext context, string code, string state)
    {
        var cancellationToken = context.RequestAborted;
        var started = ReadStarted(context);
        context.Response.Cookies.Delete(Cookie.Name!, Cookie.Build(context)); // works once
        if (started is null || started.At < clock.GetUtcNow() - Patience
            || !CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(started.State), System.Text.Encoding.UTF8.GetBytes(state)))
            throw new SignInStaleException();

        var pair = await oauth.ExchangeCodeAsync(code, started.Verifier, options.RedirectUri, cancellationToken);
        var membership = await openHumans.ListAsync(pair.AccessToken, cancellationToken);
        var member = membership.ProjectMemberId;
        if (await IsBackAfterErasureAsync(member, cancellationToken))
            membership = await ForgetAsync(membership, pair, cancellationToken);
        var participant = await participants.FindAsync(await ledger.RecordAsync(member, ConsentLedger.Page, null, "", cancellationToken), cancellationToken);
        var hasAddress = membership.Files.Any(file => file.Name == ParticipantFiles.Address(member));
        var session = await StoreAsync(participant, pair, hasAddress);

        var identity = new ClaimsIdentity([new(ClaimTypes.Name, $"{participant.ParticipantId}"), new(Session, $"{session}")], CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignInAsync(new ClaimsPrincipal(identity));
        return hasAddress;
    }

    /// <summary>Whether the member was erased and is nobody's participant since.</summary>
    async Task<bool> IsBackAfterErasureAsync(string member, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await Erasures.IsErasedAsync(member, secrets, connection, cancellationToken)
            && !await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from register.participant where project_member_id = @member)", new { member }, cancellationToken: cancellationToken));
    }

    /// <summary>Who joins again after an erasure joins as somebody new: what they once said in files of their account, about their site and about sharing, says nothing any more. Copies of their records stay.</summary>
    async Task<Membership> ForgetAsync(Membership membership, TokenPair pair, CancellationToken cancellationToken)
    {
        var said = membership.Files.Where(file => file.Name == ParticipantFiles.Address(membership.ProjectMemberId) || file.Name == ParticipantFiles.Consent(membership.ProjectMemberId)).ToList();
        foreach (var file in said)
            await openHumans.DeleteAsync(pair.AccessToken, file.Id, cancellationToken);
        return membership with { Files = [.. membership.Files.Except(said)] };
    }

    /// <summary>Ends all sessions of the participant, those of other devices and copies of the cookie too.</summary>
    public async Task EndSessionsAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("update register.participant set sessions_ended = sessions_ended + 1 where participant_id = @participantId",
            new { participantId }, cancellationToken: cancellationToken));
    }

    /// <summary>Refuses a session that began before the last sign-out, and that of who was erased meanwhile; and tells the pages who reads.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        await using var connection = await context.HttpContext.RequestServices.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(context.HttpContext.RequestAborted);
        var present = await connection.QuerySingleOrDefaultAsync<(long Session, string? GivenBy)?>(new CommandDefinition("""
            select sessions_ended, (select given_by from register.consent c where c.participant_id = p.participant_id and given_by is not null order by consent_id desc limit 1)
              from register.participant p where participant_id = @participantId
            """, new { participantId = OwnAccount.IdOf(context.Principal!) }, cancellationToken: context.HttpContext.RequestAborted));
        var began = long.Parse(context.Principal!.FindFirst(Session)?.Value ?? "0"); // sessions from before there was a number
        if (present?.Session == began)
        {
            context.HttpContext.Features.Set(new Reader(present.Value.GivenBy == GivenBy.Guardian));
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync();
    }

    /// <summary>What was waiting for this sign-in is due at once; one that only renews tokens changes nothing for the copying.</summary>
    /// <returns>The number that the session begins under.</returns>
    async Task<long> StoreAsync(Participant participant, TokenPair pair, bool hasAddress)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None); // the pair was given out: it is stored even if the browser has gone
        await using var transaction = await connection.BeginTransactionAsync();
        var session = await connection.ExecuteScalarAsync<long>("""
            update register.participant p
               set suspended_at = null, suspended_because = null,
                   changed_at = case when p.suspended_at is not null
                                       or not exists (select from register.open_humans_token t where t.participant_id = p.participant_id and t.refused_at is null)
                                       or exists (select from ingest.participant i
                                                   where i.participant_id = p.participant_id and (i.outcome in ('sign in again', 'suspended') or i.outcome = 'no address' and @hasAddress))
                                     then now() else p.changed_at end
             where p.participant_id = @ParticipantId
            returning sessions_ended
            """, new { participant.ParticipantId, hasAddress });
        await OpenHumansTokens.StoreAsync(participant, pair, secrets, connection, CancellationToken.None); // after it was looked at what there was
        await transaction.CommitAsync();
        return session;
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
