using Dapper;
using Npgsql;

namespace DataManagementApp.Charts;

/// <summary>A participant of the grant, with what filters ask of them. Null or empty: nobody has told.</summary>
/// <param name="Loop">closed, open or unknown: of most of their days.</param>
/// <param name="Devices">Groups of what sent their entries and device status.</param>
/// <param name="Months">First days of the UTC months they have records of.</param>
public sealed record Person(long ParticipantId, bool OpenAps, bool Nsf, string Loop, IReadOnlySet<string> Devices, IReadOnlySet<DateOnly> Months,
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
        select participant_id, date_trunc('month', day)::date::timestamp as month, string_agg(distinct kind, ',') filter (where collection in ('entries', 'devicestatus')) as devices
          from research.record_day
         group by 1, 2
        """;

    sealed record ParticipantRow(long ParticipantId, int SourceEntity, string? AgeBracket, string? YearsSinceDiagnosedBracket, string? Country, string? Gender, string? DiyClosedLoopType, string? LoopType);

    sealed record RecordRow(long ParticipantId, DateTime Month, string? Devices);

    public IReadOnlyList<Person> All => all;

    /// <param name="connection">In a transaction that names the grant.</param>
    public static async Task<People> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var records = (await connection.QueryAsync<RecordRow>(new CommandDefinition(Records, commandTimeout: 120, cancellationToken: cancellationToken))).ToLookup(row => row.ParticipantId);
        var participants = await connection.QueryAsync<ParticipantRow>(new CommandDefinition(Participants, commandTimeout: 120, cancellationToken: cancellationToken));
        return new([.. participants.Select(row => new Person(row.ParticipantId, row.SourceEntity is 0 or 2, row.SourceEntity is 1 or 2, row.LoopType ?? "unknown",
            records[row.ParticipantId].SelectMany(month => month.Devices?.Split(',') ?? []).ToHashSet(), records[row.ParticipantId].Select(month => DateOnly.FromDateTime(month.Month)).ToHashSet(),
            row.AgeBracket, row.YearsSinceDiagnosedBracket, row.Country, row.Gender,
            row.DiyClosedLoopType?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []))]);
    }

    /// <summary>Whom the filter leaves.</summary>
    /// <returns>Null: fewer than 5, or so many that a wider choice less this one would tell of 1 to 4.</returns>
    public IReadOnlyList<Person>? Choose(ChartFilter filter)
    {
        var conditions = Conditions(filter).ToList();
        var chosen = all.Where(person => conditions.TrueForAll(condition => condition(person))).ToList();
        if (chosen.Count < SmallCells.Least)
            return null;
        // Every wider choice that leaves some of the conditions away: whoever asks for both can subtract.
        for (var kept = 0; kept < (1 << conditions.Count) - 1; kept++)
            if (SmallCells.IsSmall(all.Count(person => !conditions.Where((_, i) => (kept >> i & 1) == 1).Any(condition => !condition(person))) - chosen.Count))
                return null;
        return HidesOutside(chosen, filter) ? null : chosen;
    }

    /// <summary>Values that a filter can have and still show something; ordered as text.</summary>
    public IReadOnlyList<string> Choices(Func<Person, IEnumerable<string?>> values) =>
        [.. all.SelectMany(person => values(person).OfType<string>().Distinct()).GroupBy(value => value).Where(same => same.Count() >= SmallCells.Least && !SmallCells.IsSmall(all.Count - same.Count()))
            .Select(same => same.Key).Order(StringComparer.Ordinal)];

    /// <summary>First days of the months within the filter's dates that at least 5 of the chosen have records of; null when the filter has no dates: all.</summary>
    public static DateOnly[]? Months(IReadOnlyList<Person> chosen, ChartFilter filter) => filter is { From: null, To: null } ? null
        : [.. chosen.SelectMany(person => person.Months).Where(month => IsWithin(month, filter)).GroupBy(month => month).Where(same => same.Count() >= SmallCells.Least).Select(same => same.Key).Order()];

    static bool IsWithin(DateOnly month, ChartFilter filter) => !(month < filter.From) && !(month > filter.To);

    static IEnumerable<Predicate<Person>> Conditions(ChartFilter filter)
    {
        if (filter.Commons is { } commons)
            yield return person => commons == "openaps" ? person.OpenAps : person.Nsf;
        if (filter.Loop is { } loop)
            yield return person => person.Loop == loop;
        if (filter.Device is { } device)
            yield return person => person.Devices.Contains(device);
        if (filter.Age is { } age)
            yield return person => person.Age == age;
        if (filter.Diagnosed is { } diagnosed)
            yield return person => person.Diagnosed == diagnosed;
        if (filter.Country is { } country)
            yield return person => person.Country == country;
        if (filter.From is not null || filter.To is not null)
            yield return person => person.Months.Any(month => IsWithin(month, filter));
    }

    /// <summary>What all time shows less what the dates leave would be of 1 to 4 people.</summary>
    static bool HidesOutside(List<Person> chosen, ChartFilter filter) =>
        (filter.From is not null || filter.To is not null) && SmallCells.IsSmall(chosen.Count(person => person.Months.Any(month => !IsWithin(month, filter))));
}
