using Npgsql;
using Register;

namespace NightscoutIngester;

/// <summary>What a read told of the records of a period; stored in the transaction that makes their file current.</summary>
/// <param name="Parts">All of its days.</param>
/// <param name="Days">What the site served, and the ids the day's file holds, where they are known.</param>
/// <param name="HeldDays">Days with records that only the file has: when nothing is known of what the site served there, it is to be looked at.</param>
/// <param name="Absent">Records that only we have, of days that were read completely.</param>
/// <param name="Odd">Records in the file that no range finds, as the site served them.</param>
/// <param name="HeldOdd">Those that only the file has.</param>
/// <param name="GoneOdd">Ids of those that are marked as deleted or were replaced.</param>
public sealed record PeriodNotes(Period Period, IReadOnlyList<(DayDigest Served, byte[]? Ids)> Days, IReadOnlyList<DayDigest> HeldDays, IReadOnlyList<Absence> Absent,
    IReadOnlyList<OddRecord> Odd, IReadOnlyList<OddRecord> HeldOdd, string[] GoneOdd, IReadOnlyList<DayPart> Parts, DateTime At)
{
    public async Task<int> StoreAsync(long participantId, string collection, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await Absences.NoteAsync(participantId, collection, Absent, At, connection, cancellationToken);
        await OddRecords.StoreAsync(participantId, collection, Odd, HeldOdd, GoneOdd, connection, cancellationToken);
        await DaySummaries.StoreAsync(participantId, collection, Period, Parts, connection, cancellationToken);
        await DayDigests.EnsureAsync(participantId, collection, HeldDays, connection, cancellationToken);
        return await DayDigests.StoreAsync(participantId, collection, Days, connection, cancellationToken);
    }
}
