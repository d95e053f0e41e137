using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace RegistrationSite;

/// <summary>
/// The webhook that Open Humans calls when somebody leaves the project (contract §7). A signed one suspends: copying stops and nothing is
/// visible until a new sign-in; one that asks for erasure erases, unless it is older than the member's joining (there is no other protection
/// against sending it again). An unsigned one could come from anybody: it only makes the ingester look at once, and when Open Humans then
/// refuses the tokens, that suspends. Repeating it changes nothing.
/// </summary>
public sealed class Deauthorisation(NpgsqlDataSource db, Erasure erasure, RegistrationOptions options, ILogger<Deauthorisation> log)
{
    const int LongestBody = 4096;

    /// <summary>How far the clocks of Open Humans and of the database may be apart.</summary>
    static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    public async Task<IResult> ReceiveAsync(HttpContext context)
    {
        var body = new byte[LongestBody + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (length > LongestBody || Read(body.AsSpan(0, length)) is not { } wish)
            return Results.BadRequest();

        var signed = IsSigned(body.AsSpan(0, length), context.Request.Headers["X-OpenHumans-Webhooks-Signature"].ToString());
        var known = signed && wish.Erase
            ? await erasure.BeginAsync(wish.Member, "webhook", wish.At + ClockSkew, context.RequestAborted) is not null
            : await SuspendAsync(wish.Member, signed, context.RequestAborted);
        log.LogInformation("Open Humans says that somebody left: signed {Signed}, known {Known}, erasure {Erasure}.", signed, known, wish.Erase);
        return Results.Ok();
    }

    async Task<bool> SuspendAsync(string member, bool signed, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition("""
            update register.participant
               set changed_at = now(),
                   suspended_at = case when @signed then coalesce(suspended_at, now()) else suspended_at end,
                   suspended_because = case when @signed then coalesce(suspended_because, 'left the project on open humans') else suspended_because end
             where project_member_id = @member
            """, new { member, signed }, cancellationToken: cancellationToken)) == 1;
    }

    bool IsSigned(ReadOnlySpan<byte> body, string signature) =>
        options.WebhookSecret.Length > 0 && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(signature), Encoding.ASCII.GetBytes($"sha1={Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(options.WebhookSecret), body))}"));

    sealed record Wish(string Member, bool Erase, DateTimeOffset? At);

    /// <summary>Member, wish and time of a JSON object, or of a JSON object inside a JSON string (the unsigned second try).</summary>
    static Wish? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            using var outer = JsonDocument.Parse(Encoding.UTF8.GetString(body));
            using var inner = outer.RootElement.ValueKind == JsonValueKind.String ? JsonDocument.Parse(outer.RootElement.GetString()!) : null;
            var message = inner?.RootElement ?? outer.RootElement;
            return message.ValueKind == JsonValueKind.Object && message.TryGetProperty("project_member_id", out var member) && member.ValueKind == JsonValueKind.String
                ? new(member.GetString()!, message.TryGetProperty("erasure_requested", out var erase) && erase.ValueKind == JsonValueKind.True,
                    message.TryGetProperty("timestamp", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var time) ? time.ToUniversalTime() : null)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
