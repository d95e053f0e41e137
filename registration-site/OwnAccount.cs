using System.Security.Claims;
using Dapper;
using Nightscout;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>What a signed-in participant keeps in their Open Humans account by way of this site.</summary>
/// <param name="Address">Of their Nightscout, null when they gave none.</param>
public sealed record AccountContent(string? Address, CurrentConsent Consent, bool HasToken);

/// <summary>Reads and writes the participant's address, token and consent.</summary>
public sealed class OwnAccount(NpgsqlDataSource db, OpenHumansAccounts accounts, Participants participants, ConsentLedger ledger, SecretBox secrets, RegistrationOptions options)
{
    public static long IdOf(ClaimsPrincipal user) => long.Parse(user.Identity!.Name!);

    /// <exception cref="SignInAgainException">Open Humans does not know the tokens any more.</exception>
    /// <exception cref="OpenHumansException">Open Humans does not answer.</exception>
    public async Task<AccountContent> ReadAsync(long participantId, CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(participantId, cancellationToken);
        var account = accounts.Of(participantId);
        var address = await account.ReadAsync(async membership =>
            membership.Files.LastOrDefault(file => file.Name == ParticipantFiles.Address(participant.ProjectMemberId)) is { } file
                ? await account.ReadTextAsync(file, cancellationToken) : null, cancellationToken);
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var hasToken = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from register.nightscout_token where participant_id = @participantId)", new { participantId }, cancellationToken: cancellationToken));
        return new(address is { Length: > 0 } ? address : null, await ConsentLedger.CurrentAsync(participantId, connection, cancellationToken), hasToken);
    }

    /// <summary>Stores the address in the participant's Open Humans account and the token, sealed and bound to the host, here.</summary>
    public async Task SetSiteAsync(long participantId, Site site, CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(participantId, cancellationToken);
        var account = accounts.Of(participantId);
        var membership = await account.ListAsync(cancellationToken);
        await account.ReplaceTextAsync(ParticipantFiles.Address(participant.ProjectMemberId), site.Root.AbsoluteUri, new()
        {
            Description = $"Your Nightscout URL, uploaded by {options.BaseUrl}",
            Tags = ["open-aps", "Nightscout", "url", "text"],
        }, membership.Files, cancellationToken); // first: when Open Humans fails, nothing is stored
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("delete from register.nightscout_token where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken));
        if (site.Token is not null)
            await connection.ExecuteAsync(new CommandDefinition("insert into register.nightscout_token (participant_id, token) values (@participantId, @token)",
                new { participantId, token = SiteToken.Seal(site.Token, participant, site.Host, secrets) }, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition("update register.participant set changed_at = clock_timestamp() where participant_id = @participantId",
            new { participantId }, cancellationToken: cancellationToken)); // of now, not of the transaction's start: a listing made meanwhile is older
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Records the choice in the ledger and in the consent file. Narrowing takes effect with the ledger, widening with the file.</summary>
    /// <param name="givenBy">One of <see cref="GivenBy"/>; null: not said.</param>
    public async Task SetConsentAsync(long participantId, string projects, string? givenBy, CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(participantId, cancellationToken);
        await ledger.GiveAsync(participant, projects, ConsentText.Version, givenBy, cancellationToken);
        var account = accounts.Of(participantId);
        await account.ReplaceTextAsync(ParticipantFiles.Consent(participant.ProjectMemberId), projects, new()
        {
            Description = $"Your Nightscout data sharing consent, uploaded by {options.BaseUrl}",
            Tags = ["open-aps", "Nightscout", "consent", "text", "sharing"],
        }, (await account.ListAsync(cancellationToken)).Files, cancellationToken);
        await ledger.RecordAsync(participant, ConsentLedger.File, projects, CurrentConsent.FilePresent, cancellationToken);
    }
}
