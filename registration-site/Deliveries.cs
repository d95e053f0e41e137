using Dapper;
using Npgsql;

namespace RegistrationSite;

/// <summary>A study that was given files with the participant's records. Times are UTC.</summary>
/// <param name="Study">What it is called and for; null: not told.</param>
/// <param name="OpenAps">It works with the OpenAPS Data Commons.</param>
/// <param name="Nsf">It works with the Nightscout Data Commons.</param>
public sealed record Delivery(long GrantId, string? Study, bool OpenAps, bool Nsf, DateTime FirstAt, DateTime LastAt, int Downloads);

/// <summary>Who received a participant's data, as the portal wrote it down.</summary>
public sealed class Deliveries(NpgsqlDataSource db)
{
    /// <summary>Latest first.</summary>
    public async Task<IReadOnlyList<Delivery>> OfAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Delivery>(new CommandDefinition("""
            select grant_id, study, openaps as open_aps, nsf, first_at, last_at, downloads
              from portal.delivery join portal.access_grant using (grant_id) where participant_id = @participantId
             order by last_at desc
            """, new { participantId }, cancellationToken: cancellationToken))];
    }
}
