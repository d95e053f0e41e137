using Dapper;
using Npgsql;

namespace DataManagementApp.Charts;

/// <summary>The participants and months that charts are made of, in a transaction that names their grant.</summary>
/// <param name="Commons">openaps and nsf, as far as the grant and the filter leave them.</param>
public sealed record Selection(NpgsqlConnection Connection, IReadOnlyList<Person> People, ChartFilter Filter, GlucoseUnit Unit, IReadOnlyList<string> Commons, CancellationToken CancellationToken)
{
    /// <summary>Those of the filter in which these collections may be told of; null: all time.</summary>
    public DateOnly[]? Months(params string[] collections) => Charts.People.Months(People, Filter, collections);

    /// <param name="sql">With <c>@people</c> and <c>@months</c>.</param>
    /// <param name="collections">What it tells of.</param>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, params string[] collections) =>
        [.. await Connection.QueryAsync<T>(new CommandDefinition(sql, new { people = People.Select(person => person.ParticipantId).ToArray(), months = Months(collections) }, commandTimeout: 120, cancellationToken: CancellationToken))];
}
