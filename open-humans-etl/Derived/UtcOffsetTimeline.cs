using Dapper;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace OpenHumansEtl.Derived;

/// <summary>The table <c>openaps.utc_offset_timeline</c>: where a participant's local time is put together from profiles and records.</summary>
/// <remarks>
/// A profile's zone holds from its start to the next one's, the first also before. Records hold where they were seen and over gaps of up to a week.
/// Both agree: high. One tells, or they differ (then the records count: a phone knows that its owner travels): medium. A profile tells that is no
/// place's zone or not in force yet, or only the nearest records do, or nothing: low.
/// </remarks>
public static class UtcOffsetTimeline
{
    /// <summary>Clock changes are cut between these; Nightscout is younger, and laws of later years are unknown.</summary>
    static readonly Instant First = Instant.FromUtc(2005, 1, 1, 0, 0), Last = Instant.FromUtc(2040, 1, 1, 0, 0);

    static readonly TimeSpan LongestGap = TimeSpan.FromDays(7);

    /// <summary>A time in which the profile says one offset.</summary>
    sealed record ProfileOffset(DateTime FromUtc, int OffsetMinutes, string Zone, bool IsSure);

    /// <summary>From the beginning to the end of time, ascending, without gaps.</summary>
    /// <param name="zones">Ascending; each in force until the next.</param>
    /// <param name="seen">Ascending, without overlap.</param>
    public static IReadOnlyList<OffsetInterval> Build(IReadOnlyList<ZoneSince> zones, IReadOnlyList<Sighting> seen)
    {
        var profile = OffsetsOf(zones);
        var bounds = profile.Select(part => part.FromUtc).Concat(seen.SelectMany(sighting => new[] { sighting.FromUtc, sighting.ToUtc })).Append(DateTime.MinValue).Distinct().Order().ToList();
        var timeline = new List<OffsetInterval>();
        var (part, sighting) = (0, 0); // the last that begin at or before
        for (var i = 0; i < bounds.Count; i++)
        {
            var from = bounds[i];
            while (part + 1 < profile.Count && profile[part + 1].FromUtc <= from)
                part++;
            while (sighting + 1 < seen.Count && seen[sighting + 1].FromUtc <= from)
                sighting++;
            var next = Judge(from, i + 1 < bounds.Count ? bounds[i + 1] : DateTime.MaxValue, profile, part, seen, sighting);
            if (timeline.Count > 0 && timeline[^1].Says(next))
                timeline[^1] = timeline[^1] with { ToUtc = next.ToUtc };
            else
                timeline.Add(next);
        }
        return timeline;
    }

    static OffsetInterval Judge(DateTime from, DateTime to, List<ProfileOffset> profile, int part, IReadOnlyList<Sighting> seen, int sighting)
    {
        var says = profile.Count > 0 ? profile[part] : null;
        if (OfRecords(from, profile, says, seen, sighting) is { } offset)
            return offset == says?.OffsetMinutes ? new(from, to, offset, says.Zone, "both", "high") : new(from, to, offset, null, "record", "medium");
        if (says is not null)
            return new(from, to, says.OffsetMinutes, says.Zone, "profile", says.IsSure ? "medium" : "low");
        return seen.Count > 0 ? new(from, to, seen[sighting].OffsetMinutes, null, "record", "low") : new(from, to, 0, null, "none", "low");
    }

    /// <summary>What records say of a time: where they were seen, and in a short gap between two sightings.</summary>
    static int? OfRecords(DateTime from, List<ProfileOffset> profile, ProfileOffset? says, IReadOnlyList<Sighting> seen, int sighting)
    {
        if (seen.Count == 0 || from < seen[0].FromUtc)
            return null;
        var before = seen[sighting];
        if (from < before.ToUtc)
            return before.OffsetMinutes;
        if (sighting + 1 == seen.Count || seen[sighting + 1] is var after && after.FromUtc - before.ToUtc > LongestGap)
            return null;
        var explained = says is not null && At(profile, before.ToUtc.AddTicks(-1)).OffsetMinutes == before.OffsetMinutes && At(profile, after.FromUtc).OffsetMinutes == after.OffsetMinutes;
        return explained ? says!.OffsetMinutes : before.OffsetMinutes; // the zone tells when within the gap the clock changed
    }

    static ProfileOffset At(List<ProfileOffset> profile, DateTime utc) => profile[Math.Max(0, profile.FindLastIndex(part => part.FromUtc <= utc))];

    static List<ProfileOffset> OffsetsOf(IReadOnlyList<ZoneSince> zones)
    {
        var parts = new List<ProfileOffset>();
        for (var i = 0; i < zones.Count; i++)
        {
            var zone = Zones.Find(zones[i].Zone)!;
            var since = zones[i].Since;
            if (i == 0 && since > DateTime.MinValue)
                Cut(zone, DateTime.MinValue, since, false);
            Cut(zone, since, i + 1 < zones.Count ? zones[i + 1].Since : DateTime.MaxValue, Zones.IsPlace(zone));
        }
        return parts;

        void Cut(DateTimeZone zone, DateTime from, DateTime to, bool isSure)
        {
            var (first, last) = (Instant.Max(First, At(from)), Instant.Min(Last, At(to)));
            if (first >= last) // all of it lies where changes are not cut
                parts.Add(new(from, MinutesOf(zone.GetUtcOffset(first < Last ? First : Last)), zone.Id, isSure));
            else
                foreach (var interval in zone.GetZoneIntervals(first, last))
                {
                    var start = interval.HasStart && interval.Start > first ? interval.Start.ToDateTimeUtc() : from;
                    parts.Add(new(start, MinutesOf(interval.WallOffset), zone.Id, isSure));
                }
        }

        static Instant At(DateTime utc) => Instant.FromDateTimeUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc));
    }

    static int MinutesOf(Offset offset) => offset.Seconds / 60;

    public static async Task<LocalClock> ReadAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken) =>
        await FindAsync(connection, participantId, cancellationToken) ?? LocalClock.Unknown;

    /// <returns>Null when none was stored yet.</returns>
    public static async Task<LocalClock?> FindAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var intervals = (await connection.QueryAsync<OffsetInterval>(new CommandDefinition("""
            select from_utc, to_utc, offset_minutes, zone, source, confidence from openaps.utc_offset_timeline where participant_id = @participantId order by from_utc
            """, new { participantId }, cancellationToken: cancellationToken))).ToList();
        return intervals.Count > 0 ? new(intervals) : null;
    }

    public static async Task StoreAsync(NpgsqlConnection connection, long participantId, LocalClock clock, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("delete from openaps.utc_offset_timeline where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken));
        await using var copy = await connection.BeginBinaryImportAsync(
            "copy openaps.utc_offset_timeline (participant_id, from_utc, to_utc, offset_minutes, zone, source, confidence) from stdin (format binary)", cancellationToken);
        foreach (var interval in clock.Intervals)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(participantId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(interval.FromUtc, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(interval.ToUtc, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(interval.OffsetMinutes, NpgsqlDbType.Integer, cancellationToken);
            if (interval.Zone is null)
                await copy.WriteNullAsync(cancellationToken);
            else
                await copy.WriteAsync(interval.Zone, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(interval.Source, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(interval.Confidence, NpgsqlDbType.Text, cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }
}
