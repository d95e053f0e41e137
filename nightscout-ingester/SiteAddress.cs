using Dapper;
using Nightscout;
using Npgsql;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>The participant's Open Humans account holds no address of a Nightscout: nothing is copied.</summary>
public sealed class NoAddressException() : Exception("There is no Nightscout address in the participant's Open Humans account.");

/// <summary>Finds a participant's site: the address from their Open Humans account, the token, where there is one, from <c>register</c>.</summary>
public sealed class SiteAddress(NpgsqlDataSource db, SecretBox secrets, PeriodFiles files, Takeover takeover, DueParticipants due, NightscoutClient nightscout, SiteIdentity identity, TimeProvider clock)
{
    /// <summary>Deleting the address file on Open Humans stops the copying within this time.</summary>
    static readonly TimeSpan TrustedFor = TimeSpan.FromHours(20);

    sealed record Known(byte[]? Site, DateTime? ListedAt, DateTime? SeenChangeAt, string Outcome);

    /// <exception cref="NoAddressException">There is no address file, or it is empty.</exception>
    /// <exception cref="AddressMalformedException">The file holds something else.</exception>
    /// <exception cref="SiteBusyException">The site is being read for somebody else.</exception>
    public async Task<Site> FindAsync(Run run, CancellationToken cancellationToken)
    {
        Known known;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            known = await connection.QuerySingleAsync<Known>(new CommandDefinition(
                "select site, listed_at, seen_change_at, outcome from ingest.participant where participant_id = @id", new { id = run.ParticipantId }, cancellationToken: cancellationToken));
        // Two questions about a change: did a run end that knew of it, and was the account listed after it? A run may have failed before it listed.
        var current = known.ListedAt > clock.GetUtcNow().UtcDateTime - TrustedFor && known.SeenChangeAt == run.Participant.ChangedAt && known.ListedAt > run.Participant.ChangedAt;
        if (current && known.Site is not null)
            return await OpenAsync(run, secrets.Open(known.Site, run.Participant.Salt, Context(run)), cancellationToken);
        return await ReadAsync(run, known, cancellationToken);
    }

    async Task<Site> OpenAsync(Run run, string address, CancellationToken cancellationToken)
    {
        var site = Site.Parse(address) with { Visit = run.Totals.Visit };
        if (!await due.TakeSiteAsync(run.Lease, AdvisoryLock.Site($"{site.Host}{site.Root.AbsolutePath}"), cancellationToken))
            throw new SiteBusyException();
        byte[]? token;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            token = await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
                "select token from register.nightscout_token where participant_id = @id", new { id = run.ParticipantId }, cancellationToken: cancellationToken));
        site = await nightscout.UpgradeAsync(site, cancellationToken); // addresses of the system before this one are often without the s
        return site with { Token = (token is null ? null : SiteToken.Open(token, run.Participant, site.Host, secrets)) ?? site.Token };
    }

    async Task<Site> ReadAsync(Run run, Known known, CancellationToken cancellationToken)
    {
        var (membership, address) = await run.Account.ReadAsync(async membership =>
        {
            var name = ParticipantFiles.Address(run.Participant.ProjectMemberId);
            var file = membership.Files.LastOrDefault(file => file.Name == name); // of several the newest counts
            return (membership, file is null ? "" : await run.Account.ReadTextAsync(file, cancellationToken));
        }, cancellationToken);
        await files.ReconcileAsync(run, membership, startsOver: known.Site is null, cancellationToken);
        await takeover.TakeOverAsync(run, membership, cancellationToken);
        if (address.Length == 0)
        {
            await ExecuteAsync("update ingest.participant set site = null, listed_at = now() where participant_id = @id and fence = @Fence",
                new { id = run.ParticipantId, run.Lease.Fence }, cancellationToken);
            throw new NoAddressException();
        }
        var before = known.Site is null ? null : secrets.Open(known.Site, run.Participant.Salt, Context(run));
        var confirmed = known.Outcome == Cause.SiteChanged.Name() && known.SeenChangeAt != run.Participant.ChangedAt; // they have saved the address again
        var site = before is not null && before != address || confirmed ? await OpenAsync(run, address, cancellationToken) : null;
        var isOther = site is not null && await identity.IsSameAsync(run, site, cancellationToken) is not true;
        // Another site has a history of its own: it is read from its beginning. What we hold stays, and is not taken for deleted because this site lacks it.
        // Today's records are from both.
        var historyFrom = isOther ? DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(1) : run.HistoryFrom;
        await ExecuteAsync("""
            with listed as (
                update ingest.participant set site = @site, listed_at = now(), history_from = @historyFrom where participant_id = @id and fence = @Fence
                returning participant_id),
            forgotten as (delete from ingest.absent where @isOther and participant_id = (select participant_id from listed)),
            months as (delete from ingest.month_pages where @isOther and participant_id = (select participant_id from listed))
            delete from ingest.cursor where @isOther and participant_id = (select participant_id from listed)
            """, new
        {
            id = run.ParticipantId,
            run.Lease.Fence,
            site = secrets.Seal(address, run.Participant.Salt, Context(run)),
            historyFrom,
            isOther,
        }, cancellationToken);
        run.HistoryFrom = historyFrom;
        return site ?? await OpenAsync(run, address, cancellationToken);
    }

    async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }

    static string Context(Run run) => $"ingest.participant.site/{run.ParticipantId}";
}
