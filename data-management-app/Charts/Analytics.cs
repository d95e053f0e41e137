using System.Collections.Concurrent;
using Codebook;
using Dapper;
using DataManagementApp.Accounts;
using Microsoft.Extensions.Caching.Memory;
using Npgsql;

namespace DataManagementApp.Charts;

/// <summary>A page of charts.</summary>
/// <param name="Name">Part of its address.</param>
public sealed record Topic(string Name, string Title, string About, Func<Selection, Task<IReadOnlyList<Chart>>> Make)
{
    public static IReadOnlyList<Topic> All { get; } =
    [
        new("cohort", "Cohort metrics", "Time in ranges and what else is computed of each participant's glucose.", CohortCharts.MakeAsync),
        new("entries", "Entries", "Glucose readings: when they come, how high they are, what sends them.", EntriesCharts.MakeAsync),
        new("treatments", "Treatments", "Insulin, carbohydrates, and what delivers them.", TreatmentCharts.MakeAsync),
        new("demographics", "Demographics", "What participants answered of themselves.", selection => Task.FromResult(DemographicsCharts.Make(selection))),
    ];

    public static Topic? Find(string? name) => All.FirstOrDefault(topic => topic.Name == name);
}

/// <summary>Charts of what a grant covers, kept for some minutes by grant, filter and unit.</summary>
/// <remarks>What is kept is good only for the very participants and commons it was made of: who withdraws is in no answer that is asked for afterwards.</remarks>
public sealed class Analytics(NpgsqlDataSource db, Grants grants) : IDisposable
{
    static readonly TimeSpan Keep = TimeSpan.FromMinutes(5);

    readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = 500 });
    readonly ConcurrentDictionary<string, Lazy<Task<object>>> _making = new();

    public static string TooFew { get; } = $"This choice is of {SmallCells.Words} participants, or would tell of so few together with others. Nothing is shown of it, because a person could be found out: please choose more widely.";

    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public async Task<People> PeopleAsync(Grant grant, CancellationToken cancellationToken) =>
        (People)await KeptAsync(grant, "people", async connection => await People.ReadAsync(connection, default), cancellationToken);

    /// <summary>The charts of a page.</summary>
    public async Task<ChartSet> ReadAsync(Grant grant, Topic topic, ChartFilter filter, GlucoseUnit unit, CancellationToken cancellationToken)
    {
        if (filter.Problem is { } problem)
            return ChartSet.None(problem);
        if (filter.Commons == "openaps" && !grant.OpenAps || filter.Commons == "nsf" && !grant.Nsf)
            return ChartSet.None("Your access does not cover this commons.");
        var people = await PeopleAsync(grant, cancellationToken);
        if (people.Choose(Visible(grant, filter)) is not { } chosen)
            return ChartSet.None(TooFew);
        var commons = new[] { grant.OpenAps ? "openaps" : null, grant.Nsf ? "nsf" : null }.OfType<string>().Where(name => filter.Commons is null || filter.Commons == name).ToList();
        return (ChartSet)await KeptAsync(grant, $"{topic.Name} {unit.Value} {filter.Query()}", async connection =>
            new ChartSet(chosen.Count, null, [.. (await topic.Make(new(connection, chosen, filter, unit, commons, default))).Select(chart => chart.Published)]), cancellationToken);
    }

    /// <summary>What the database says of each column of schema research, as <c>view.column</c>.</summary>
    public async Task<IReadOnlyDictionary<string, string>> MeaningsAsync(CancellationToken cancellationToken) => (await _kept.GetOrCreateAsync("meanings", async entry =>
    {
        entry.SetSize(1).SetAbsoluteExpiration(Keep);
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var dictionary = await DataDictionary.ReadAsync(connection, FieldSources.Built, observed: [], cancellationToken);
        return dictionary.Tables.SelectMany(table => table.Columns.Select(column => (Name: $"{table.Name}.{column.Name}", column.Description))).ToDictionary(column => column.Name, column => column.Description);
    }))!;

    public void Dispose() => _kept.Dispose();

    /// <summary>A grant of one commons cannot tell by a filter for it who shares with the other one as well.</summary>
    static ChartFilter Visible(Grant grant, ChartFilter filter) => grant is { OpenAps: true, Nsf: true } ? filter : filter with { Commons = null };

    async Task<object> KeptAsync(Grant grant, string what, Func<NpgsqlConnection, Task<object>> make, CancellationToken cancellationToken)
    {
        var key = $"{grant.GrantId} {await CoveredAsync(grant, cancellationToken)} {what}";
        if (_kept.TryGetValue(key, out var kept))
            return kept!;
        // Whoever asks for the same meanwhile waits for the one answer; it is made to its end, also when the first one goes away.
        var making = _making.GetOrAdd(key, _ => new(() => Task.Run(async () =>
        {
            try
            {
                await using var connection = await db.OpenConnectionAsync();
                await using var transaction = await grants.OpenAsync(grant, connection, default);
                return _kept.Set(key, await make(connection), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Keep });
            }
            finally
            {
                _making.TryRemove(key, out var _);
            }
        })));
        return await making.Value.WaitAsync(cancellationToken);
    }

    /// <summary>Stands for the participants that the grant covers now, and the commons they share with.</summary>
    async Task<long> CoveredAsync(Grant grant, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await grants.OpenAsync(grant, connection, cancellationToken);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            select coalesce(hashtextextended(string_agg(participant_id || ':' || source_entity, ',' order by participant_id), 0), 0) from research.participant
            """, cancellationToken: cancellationToken));
    }
}
