using System.Text;
using System.Text.Json;
using Dapper;
using Nightscout;
using Npgsql;
using NpgsqlTypes;
using OpenHumansEtl.Tables;
using Register;

namespace OpenHumansEtl.Derived;

/// <summary>A profile's zone, and from when it is in force.</summary>
/// <param name="Since"><see cref="DateTime.MinValue"/>: since ever.</param>
/// <param name="Zone">Name in the tz database.</param>
public readonly record struct ZoneSince(DateTime Since, string Zone);

/// <summary>The table <c>openaps.profile_zone</c>; every method is part of the caller's transaction.</summary>
static class ProfileZones
{
    /// <summary>Nightscout is younger: an earlier start comes from a clock that was reset (1970, 1980), and the zone is taken to hold since ever.</summary>
    static readonly DateTime Earliest = new(2005, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static async Task<IReadOnlyList<ZoneSince>> ReadAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<ZoneSince>(new CommandDefinition("select since, zone from openaps.profile_zone where participant_id = @participantId order by since",
            new { participantId }, cancellationToken: cancellationToken))];

    /// <summary>Reads the zones of all profiles anew. The typed rows lack them, so they come from the raw lines.</summary>
    public static async Task RefreshAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var documents = (await connection.QueryAsync<(string Id, string Period, DateTime? StartDate, DateTime? CreatedAt)>(new CommandDefinition(
            "select id, period, start_date, created_at from openaps.profile where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken)))
            .ToDictionary(row => (row.Period, RecordCode.Of(participantId, "profile", row.Id)));
        var found = new List<(DateTime Since, DateTime? CreatedAt, string Id, string Zone)>();
        await using (var command = new NpgsqlCommand("select period, data from openaps.raw_segment where participant_id = $1 and collection = 'profile'", connection) { Parameters = { new() { Value = participantId } } })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            while (await reader.ReadAsync(cancellationToken))
                foreach (var (_, line) in RecordLines.Read(new MemoryStream(reader.GetFieldValue<byte[]>(1))))
                    if (documents.TryGetValue((reader.GetString(0), Encoding.ASCII.GetString(line.Span[RecordReader.CodeRange])), out var row) && ZoneOf(line) is { } zone)
                        found.Add((SinceOf(row.StartDate, row.CreatedAt), row.CreatedAt, row.Id, zone));

        var changes = new List<ZoneSince>();
        foreach (var (since, _, _, zone) in found.OrderBy(profile => profile.Since).ThenBy(profile => profile.CreatedAt).ThenBy(profile => profile.Id, StringComparer.Ordinal))
        {
            if (changes.Count > 0 && changes[^1].Since == since)
                changes.RemoveAt(changes.Count - 1); // of two that start together the one made later counts
            if (changes.Count == 0 || changes[^1].Zone != zone)
                changes.Add(new(since, zone));
        }
        await connection.ExecuteAsync(new CommandDefinition("delete from openaps.profile_zone where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken));
        await using var copy = await connection.BeginBinaryImportAsync("copy openaps.profile_zone (participant_id, since, zone) from stdin (format binary)", cancellationToken);
        foreach (var change in changes)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(participantId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(change.Since, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(change.Zone, NpgsqlDbType.Text, cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    static DateTime SinceOf(DateTime? startDate, DateTime? createdAt) =>
        startDate >= Earliest ? startDate.Value : createdAt >= Earliest ? createdAt.Value : DateTime.MinValue;

    /// <summary>The default profile's zone, the only one there is, or that of documents without store. Null when that is empty or unknown.</summary>
    static string? ZoneOf(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.TryGetProperty("store", out var store) && store.ValueKind == JsonValueKind.Object)
        {
            if (root.TryGetProperty("defaultProfile", out var name) && name.ValueKind == JsonValueKind.String && store.TryGetProperty(name.GetString()!, out var chosen))
                return TextOf(chosen);
            var zones = store.EnumerateObject().Select(entry => TextOf(entry.Value)).Distinct().ToList();
            if (zones is [{ } only])
                return only;
        }
        return TextOf(root);
    }

    static string? TextOf(JsonElement profile) =>
        profile.ValueKind == JsonValueKind.Object && profile.TryGetProperty("timezone", out var zone) && zone.ValueKind == JsonValueKind.String ? Zones.Find(zone.GetString())?.Id : null;
}
