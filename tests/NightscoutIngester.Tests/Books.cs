using Dapper;

namespace NightscoutIngester.Tests;

/// <summary>What the ingester knows of a participant, put aside and put back as a backup of the database would.</summary>
static class Books
{
    static readonly string[] Tables = ["file", "cursor", "day_digest", "month_pages", "absent", "odd_record", "day_part", "day_to_read"];

    const string OfParticipant = "site, listed_at, history_from, zone, outcome, seen_change_at";

    public static async Task SaveBooksAsync(this Enrolled participant)
    {
        await using var connection = await participant.World.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("create schema if not exists backup");
        foreach (var table in Tables.Append("participant"))
            await connection.ExecuteAsync($"""
                create table if not exists backup.{table} (like ingest.{table});
                delete from backup.{table} where participant_id = @Participant;
                insert into backup.{table} select * from ingest.{table} where participant_id = @Participant
                """, new { participant.Participant });
    }

    public static Task<bool> HasSavedBooksAsync(this Enrolled participant) => participant.QueryAsync<bool>("""
        create schema if not exists backup;
        create table if not exists backup.participant (like ingest.participant);
        select exists (select from backup.participant where participant_id = @Participant)
        """);

    /// <param name="isListed">The account counts as listed just now: the next run goes by the books alone.</param>
    public static async Task RestoreBooksAsync(this Enrolled participant, bool isListed = false)
    {
        await using var connection = await participant.World.Owner.OpenConnectionAsync();
        foreach (var table in Tables)
            await connection.ExecuteAsync($"""
                delete from ingest.{table} where participant_id = @Participant;
                insert into ingest.{table} overriding system value select * from backup.{table} where participant_id = @Participant
                """, new { participant.Participant });
        await connection.ExecuteAsync($"""
            update ingest.participant set ({OfParticipant}) = (select {OfParticipant} from backup.participant where participant_id = @Participant) where participant_id = @Participant;
            update ingest.participant set listed_at = case when @isListed then now() + interval '10 years' end where participant_id = @Participant
            """, new { participant.Participant, isListed });
    }

    /// <summary>The account is listed with the next run, and what the listing before lacked it lacked two hours ago.</summary>
    public static Task ListAgainAsync(this Enrolled participant) => participant.QueryAsync<int?>("""
        update ingest.file set missing_since = missing_since - interval '2 hours' where participant_id = @Participant;
        update ingest.participant set listed_at = null where participant_id = @Participant
        """);
}
