using Dapper;
using Npgsql;
using OpenHumans;
using Register;

namespace OpenHumansEtl;

/// <summary>The participant changed what they share while their account was read: read it again.</summary>
public sealed class ConsentChangedMeanwhileException() : Exception("The participant changed what they share while their account was read.");

/// <summary>The consent file in a participant's Open Humans account: whoever deletes or changes it there changes what is shared.</summary>
public sealed class ConsentFile(NpgsqlDataSource db, ConsentLedger ledger, OpenHumansClient openHumans)
{
    /// <summary>Rows of a participant whose consent file is gone are removed when it is still gone this much later.</summary>
    static readonly TimeSpan Doubt = TimeSpan.FromDays(1);

    sealed record State(string? ConsentFileKey, bool IsGone);

    /// <summary>Whether the member's consent is read from their account: then no other copy of the file says anything.</summary>
    public static async Task<bool> IsInAccountAsync(NpgsqlDataSource db, string member, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
            select exists (select from openaps.load_state join register.participant using (participant_id) where project_member_id = @member and consent_file_key is not null)
            """, new { member }, cancellationToken: cancellationToken));
    }

    /// <summary>Brings the ledger up to date with a complete listing.</summary>
    /// <param name="seen">The consent as it was before the listing.</param>
    /// <exception cref="ConsentChangedMeanwhileException">The listing may be older than what the participant said.</exception>
    /// <exception cref="ParticipantGoneException">The participant was erased meanwhile.</exception>
    public async Task ReadAsync(Participant participant, CurrentConsent seen, Membership membership, CancellationToken cancellationToken)
    {
        State state;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            state = await connection.QuerySingleOrDefaultAsync<State>(new CommandDefinition("""
                select consent_file_key, coalesce(consent_missing_since < now() - @Doubt, false) as is_gone from openaps.load_state where participant_id = @ParticipantId
                """, new { participant.ParticipantId, Doubt }, cancellationToken: cancellationToken)) ?? throw new ParticipantGoneException();
        var name = ParticipantFiles.Consent(participant.ProjectMemberId);
        var file = membership.Files.LastOrDefault(file => file.Name == name); // of several the newest counts
        if (file is null)
        {
            await RecordAsync(participant, seen, SharedProjects.None, state.IsGone ? CurrentConsent.FileGone : CurrentConsent.FileMissing, cancellationToken);
            await NoteAsync("consent_file_key = null, consent_missing_since = coalesce(consent_missing_since, now())", "");
        }
        else if (state.ConsentFileKey != $"{file.Id}")
        {
            var projects = SharedProjects.Read(await openHumans.ReadTextAsync(file, cancellationToken));
            await RecordAsync(participant, seen, projects, CurrentConsent.FilePresent, cancellationToken);
            await NoteAsync("consent_file_key = @key, consent_missing_since = null", $"{file.Id}");
        }

        async Task NoteAsync(string change, string key)
        {
            await using var connection = await db.OpenConnectionAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition($"update openaps.load_state set {change} where participant_id = @ParticipantId",
                new { participant.ParticipantId, key }, cancellationToken: cancellationToken));
        }
    }

    async Task RecordAsync(Participant participant, CurrentConsent seen, string projects, string state, CancellationToken cancellationToken)
    {
        if (!await ledger.RecordUnlessChangedAsync(participant, seen, ConsentLedger.File, projects, state, cancellationToken))
            throw new ConsentChangedMeanwhileException();
    }
}
