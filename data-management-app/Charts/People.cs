using Dapper;
using Npgsql;

namespace DataManagementApp.Charts;

/// <summary>A participant of the grant, with what filters ask of them. Null or empty: nobody has told.</summary>
/// <param name="Loop">closed, open or unknown: of most of their days.</param>
/// <param name="Devices">Groups of what sent their entries and device status.</param>
/// <param name="Months">Collection and first day of each UTC month they have records of.</param>
public sealed record Person(long ParticipantId, bool OpenAps, bool Nsf, string Loop, IReadOnlySet<string> Devices, IReadOnlySet<(string Collection, DateOnly Month)> Months,
    string? Age, string? Diagnosed, string? Country, string? Gender, IReadOnlyList<string> Systems);

/// <summary>Everybody whom a grant covers, and whom of them a filter leaves.</summary>
public sealed class People(IReadOnlyList<Person> all)
{
    const string Participants = """
        select p.participant_id, p.source_entity, d.age_bracket, d.years_since_diagnosed_bracket, d.country, d.gender, d.diy_closed_loop_type,
               (select l.loop_type from research.aid_day l where l.participant_id = p.participant_id group by l.loop_type
                 order by count(*) desc, array_position(array['closed', 'open', 'unknown'], l.loop_type) limit 1) as loop_type
          from research.participant p left join research.member_demographics d using (participant_id)
         order by p.participant_id
        """;

    const string Records = """
        select participant_id, collection, date_trunc('month', day)::date::timestamp as month, string_agg(distinct kind, ',') filter (where collection in ('entries', 'devicestatus')) as devices
          from research.record_day
         group by 1, 2, 3
        """;

    sealed record ParticipantRow(long ParticipantId, int SourceEntity, string? AgeBracket, string? YearsSinceDiagnosedBracket, string? Country, string? Gender, string? DiyClosedLoopType, string? LoopType);

    sealed record RecordRow(long ParticipantId, string Collection, DateTime Month, string? Devices);

    public IReadOnlyList<Person> All => all;

    /// <param name="connection">In a transaction that names the grant.</param>
    public static async Task<People> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var records = (await connection.QueryAsync<RecordRow>(new CommandDefinition(Records, commandTimeout: 120, cancellationToken: cancellationToken))).ToLookup(row => row.ParticipantId);
        var participants = await connection.QueryAsync<ParticipantRow>(new CommandDefinition(Participants, commandTimeout: 120, cancellationToken: cancellationToken));
        return new([.. participants.Select(row => new Person(row.ParticipantId, row.SourceEntity is 0 or 2, row.SourceEntity is 1 or 2, row.LoopType ?? "unknown",
            records[row.ParticipantId].SelectMany(month => month.Devices?.Split(',') ?? []).ToHashSet(), records[row.ParticipantId].Select(month => (month.Collection, DateOnly.FromDateTime(month.Month))).ToHashSet(),
            row.AgeBracket, row.YearsSinceDiagnosedBracket, row.Country, row.Gender,
            row.DiyClosedLoopType?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []))]);
    }

    /// <summary>Whom the filter leaves. Its dates choose records, not people: who came in a month is not told by choosing it or not.</summary>
    /// <returns>Null: fewer than 5, or this choice with wider or neighbouring ones would tell of 1 to 4.</returns>
    public IReadOnlyList<Person>? Choose(ChartFilter filter)
    {
        var conditions = Conditions(filter).ToList();
        var chosen = all.Where(person => conditions.TrueForAll(condition => condition.Holds(person))).ToList();
        if (chosen.Count < SmallCells.Least)
            return null;
        // Every wider choice that leaves some of the conditions away: whoever asks for both can subtract.
        for (var kept = 0; kept < (1 << conditions.Count) - 1; kept++)
            if (SmallCells.IsSmall(all.Count(person => !conditions.Where((_, i) => (kept >> i & 1) == 1).Any(condition => !condition.Holds(person))) - chosen.Count))
                return null;
        // Other values in the place of each condition: whoever asks for all of them can tell what is left.
        foreach (var condition in conditions)
            if (!Shown([.. all.Where(person => conditions.TrueForAll(other => other == condition || other.Holds(person)))], condition.Values).Contains(condition.Value))
                return null;
        var months = Months(chosen, filter, Collections);
        return months is not null && SmallCells.IsSmall(chosen.Count(person => person.Months.Any(month => !months.Contains(month.Month)))) ? null : chosen; // all time less these months
    }

    /// <summary>Values that a filter can have and still show something; ordered as text.</summary>
    public IReadOnlyList<string> Choices(Func<Person, IEnumerable<string?>> values) => [.. Shown(all, values).Order(StringComparer.Ordinal)];

    /// <summary>Of what records may be asked for by month.</summary>
    public static readonly string[] Collections = ["entries", "treatments", "devicestatus"];

    /// <summary>First days of the months within the filter's dates in which each of the collections has records of at least 5 of the chosen, or of none, but not all of none; null when the filter has no dates: all.</summary>
    public static DateOnly[]? Months(IReadOnlyList<Person> chosen, ChartFilter filter, IReadOnlyCollection<string> collections)
    {
        if (filter is { From: null, To: null })
            return null;
        var records = chosen.SelectMany(person => person.Months).Where(record => collections.Contains(record.Collection) && IsWithin(record.Month, filter)).GroupBy(record => record);
        return [.. records.GroupBy(same => same.Key.Month).Where(month => month.All(same => same.Count() >= SmallCells.Least)).Select(month => month.Key).Order()];
    }

    static bool IsWithin(DateOnly month, ChartFilter filter) => !(month < filter.From) && !(month > filter.To);

    /// <summary>Of a filter: what people must have, among what others have.</summary>
    sealed record Condition(string Value, Func<Person, IEnumerable<string?>> Values)
    {
        public bool Holds(Person person) => Values(person).Contains(Value);
    }

    static IEnumerable<Condition> Conditions(ChartFilter filter) => new (string? Value, Func<Person, IEnumerable<string?>> Values)[]
    {
        (filter.Commons, person => [person.OpenAps ? "openaps" : null, person.Nsf ? "nsf" : null]),
        (filter.Loop, person => [person.Loop]),
        (filter.Device, person => person.Devices),
        (filter.Age, person => [person.Age]),
        (filter.Diagnosed, person => [person.Diagnosed]),
        (filter.Country, person => [person.Country]),
    }.Where(one => one.Value is not null).Select(one => new Condition(one.Value!, one.Values));

    /// <summary>Values of which something may be shown beside all of these people and beside each other.</summary>
    static IEnumerable<string> Shown(IReadOnlyList<Person> people, Func<Person, IEnumerable<string?>> values)
    {
        var own = people.Select(person => values(person).OfType<string>().ToHashSet()).ToList();
        if (own.Exists(several => several.Count > 1))
        {
            var names = own.SelectMany(several => several).Distinct().ToList();
            var shown = SmallCells.ShownOverlapping([.. own.Select(several => several.Select(name => names.IndexOf(name)).ToHashSet())], names.Count);
            return names.Where((_, i) => shown[i]);
        }
        var groups = own.GroupBy(one => one.FirstOrDefault()).Select(same => (Value: same.Key, Count: same.Count())).ToList();
        var apart = SmallCells.Shown([.. groups.Select(group => group.Count)]);
        return groups.Where((_, i) => apart[i]).Select(group => group.Value).OfType<string>();
    }
}
