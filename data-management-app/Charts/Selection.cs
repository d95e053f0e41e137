using Dapper;
using Npgsql;

namespace DataManagementApp.Charts;

/// <summary>The participants and months that charts are made of, in a transaction that names their grant.</summary>
/// <param name="Months">Null: all time.</param>
/// <param name="Commons">openaps and nsf, as far as the grant and the filter leave them.</param>
public sealed record Selection(NpgsqlConnection Connection, IReadOnlyList<Person> People, DateOnly[]? Months, GlucoseUnit Unit, IReadOnlyList<string> Commons, CancellationToken CancellationToken)
{
    /// <param name="sql">With <c>@people</c> and <c>@months</c>.</param>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql) =>
        [.. await Connection.QueryAsync<T>(new CommandDefinition(sql, new { people = People.Select(person => person.ParticipantId).ToArray(), months = Months }, commandTimeout: 120, cancellationToken: CancellationToken))];
}
