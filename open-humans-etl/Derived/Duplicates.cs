using Npgsql;
using NpgsqlTypes;

namespace OpenHumansEtl.Derived;

/// <summary>Finds entries that repeat what another uploader sent: the table <c>openaps.duplicate_entry</c>.</summary>
/// <remarks>
/// Two entries are of one reading when they have the same type, lie within 150 s, differ by at most 1 mg/dL and come from different devices. The one whose
/// device has more records on its local day stands; ties go to the first device by name, then to the earlier entry. All rows stay where they are.
/// </remarks>
public sealed class Duplicates
{
    static readonly TimeSpan Near = TimeSpan.FromSeconds(150);
    const decimal Close = 1;

    sealed class Entry(string id, string type, string device, DateTime at, decimal value, int day)
    {
        public string Id => id;
        public string Type => type;
        public string Device => device;
        public DateTime At => at;
        public decimal Value => value;
        public int Day => day;
        public int Records { get; set; }
        public Entry? Canonical { get; set; }
    }

    public async Task RunAsync(NpgsqlConnection connection, long participantId, IReadOnlyList<LocalDay> days, CancellationToken cancellationToken)
    {
        await using (var delete = new NpgsqlCommand("delete from openaps.duplicate_entry where participant_id = $1 and day = any($2)", connection)
        {
            Parameters = { new() { Value = participantId }, new() { Value = days.Select(day => day.Day).ToArray() } },
        })
            await delete.ExecuteNonQueryAsync(cancellationToken);
        var clock = await UtcOffsetTimeline.ReadAsync(connection, participantId, cancellationToken);
        foreach (var run in days.Runs())
        {
            // With the day before and after: an entry near midnight may repeat one across it, and which stands depends on what its device sent on its own day.
            List<LocalDay> around = [clock.Day(run[0].Day.AddDays(-1)), .. run, clock.Day(run[^1].Day.AddDays(1))];
            if (!await HasSeveralDevicesAsync(connection, participantId, around, cancellationToken))
                continue;
            var entries = await ReadAsync(connection, participantId, around, cancellationToken);
            Compare(entries);
            await StoreAsync(connection, participantId, around, entries.Where(entry => entry.Canonical is not null && entry.Day > 0 && entry.Day <= run.Count), cancellationToken);
        }
    }

    static async Task<bool> HasSeveralDevicesAsync(NpgsqlConnection connection, long participantId, List<LocalDay> days, CancellationToken cancellationToken)
    {
        await using var command = Query("""
            select coalesce(min(coalesce(device, '') collate "C") <> max(coalesce(device, '') collate "C"), false)
              from openaps.entries where participant_id = $1 and date >= $2 and date < $3
            """, connection, participantId, days);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    static async Task<List<Entry>> ReadAsync(NpgsqlConnection connection, long participantId, List<LocalDay> days, CancellationToken cancellationToken)
    {
        await using var command = Query($"""
            select e.id, coalesce(lower(e.type), 'sgv'), coalesce(e.device, ''), e.date, {MmolDays.ReadingMgDl}
              from openaps.entries e
              {MmolDays.Join}
             where e.participant_id = $1 and e.date >= $2 and e.date < $3 and coalesce(e.sgv, e.mbg) is not null
             order by e.date, e.id
            """, connection, participantId, days);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<Entry>();
        var day = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            var at = reader.GetDateTime(3);
            while (at >= days[day].ToUtc)
                day++;
            entries.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), at, reader.GetDecimal(4), day));
        }
        return entries;
    }

    /// <param name="entries">By time.</param>
    static void Compare(List<Entry> entries)
    {
        foreach (var same in entries.GroupBy(entry => (entry.Day, entry.Device)))
        {
            var records = same.Count();
            foreach (var entry in same)
                entry.Records = records;
        }
        for (var (i, first) = (0, 0); i < entries.Count; i++)
        {
            while (entries[i].At - entries[first].At > Near)
                first++;
            for (var j = first; j < i; j++)
                if (entries[i] is var one && entries[j] is var other && one.Device != other.Device && one.Type == other.Type && Math.Abs(one.Value - other.Value) <= Close)
                    Judge(one, other);
        }
        foreach (var entry in entries)
            while (entry.Canonical?.Canonical is { } further)
                entry.Canonical = further; // it stands for what repeated it, too; ends, because each stands before the one it replaces
    }

    static void Judge(Entry one, Entry other)
    {
        var (winner, loser) = Stands(one, other) ? (one, other) : (other, one);
        if (loser.Canonical is null || Stands(winner, loser.Canonical))
            loser.Canonical = winner;
    }

    /// <summary>Whether one stands before another; an order of all entries.</summary>
    static bool Stands(Entry one, Entry other)
    {
        var order = other.Records.CompareTo(one.Records);
        if (order == 0)
            order = string.CompareOrdinal(one.Device, other.Device);
        if (order == 0)
            order = one.At.CompareTo(other.At);
        return (order != 0 ? order : string.CompareOrdinal(one.Id, other.Id)) < 0;
    }

    static async Task StoreAsync(NpgsqlConnection connection, long participantId, List<LocalDay> days, IEnumerable<Entry> losers, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("copy openaps.duplicate_entry (participant_id, id, canonical_id, day) from stdin (format binary)", cancellationToken);
        foreach (var loser in losers)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(participantId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(loser.Id, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(loser.Canonical!.Id, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(days[loser.Day].Day, NpgsqlDbType.Date, cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    static NpgsqlCommand Query(string sql, NpgsqlConnection connection, long participantId, List<LocalDay> days) => new(sql, connection)
    {
        CommandTimeout = 0,
        Parameters = { new() { Value = participantId }, new() { Value = days[0].FromUtc }, new() { Value = days[^1].ToUtc } },
    };
}
