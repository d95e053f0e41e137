using Register;

namespace OpenHumansEtl;

/// <summary>Whether a participant's account may be loaded: the same for the service and for load-project.</summary>
public sealed class ConsentGate(ConsentLedger ledger)
{
    /// <returns>Why nothing may be loaded, as far as it is known before Open Humans is asked; null: ask.</returns>
    public static Outcome? BeforeListing(Participant participant, CurrentConsent consent)
    {
        if (consent.Page == SharedProjects.None)
            return Outcome.NotShared; // whatever the file says: the narrower counts
        return participant.SuspendedAt is not null ? Outcome.Suspended : null;
    }

    /// <summary>After <see cref="ConsentFile.ReadAsync"/>.</summary>
    /// <returns>Why nothing may be loaded; null: go on.</returns>
    public async Task<Outcome?> AfterListingAsync(Participant participant, CancellationToken cancellationToken)
    {
        var consent = await ledger.CurrentAsync(participant.ParticipantId, cancellationToken);
        if (!consent.SharesNothing)
            return null;
        return consent.HasWithdrawn ? Outcome.NotShared : Outcome.ConsentFileMissing;
    }
}
