using System.Text.Json;
using Dapper;
using Demographics;
using Npgsql;

namespace OpenHumansEtl.Demographics;

/// <summary>How a load of a survey went; no values.</summary>
/// <param name="Read">Rows of the survey.</param>
/// <param name="Matched">Participants who share something and answered.</param>
public sealed record SurveyResult(string Survey, int Read, int Matched, int New, int Updated, int Unchanged, int Removed, IReadOnlyDictionary<string, int> Dropped, IReadOnlyList<string> Missing);

/// <summary>
/// Brings <c>openaps.member_demographics</c> to what a survey says now: of each participant who shares something the newest answer. Repeating it
/// changes nothing. Only when the survey was read to its end, answers that are there no more are removed.
/// </summary>
public sealed class DemographicsLoad(SurveyRows surveys, NpgsqlDataSource db)
{
    public IReadOnlyList<Survey> Configured => surveys.Configured;

    /// <summary>The surveys whose last complete read is long ago, or that were never read.</summary>
    public async Task<IReadOnlyList<Survey>> DueAsync(TimeSpan every, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var fresh = (await connection.QueryAsync<string>(new CommandDefinition("select google_sheets_source from openaps.demographics_load where read_at > now() - @every",
            new { every }, cancellationToken: cancellationToken))).ToHashSet();
        return [.. Configured.Where(survey => !fresh.Contains(survey.Name))];
    }

    /// <exception cref="SurveyUnreadableException">Nothing was changed.</exception>
    public async Task<SurveyResult> RunAsync(Survey survey, CancellationToken cancellationToken)
    {
        var content = await surveys.ReadAsync(survey, cancellationToken); // first: whoever waits for a survey holds no connection
        var drops = new Drops();
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var answers = AnswerSheet.Newest(content.Rows.Select(row => (Written.Time(row(Question.Time)), row)), await Members.ReadAsync(connection, cancellationToken), drops);

        var (counts, kept) = (new Dictionary<Stored, int>(), new List<long>());
        foreach (var (member, answer) in answers)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var stored = await DemographicsTable.StoreAsync(member.ParticipantId, DemographicsTable.Survey, survey.Name, answer, connection, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            counts[stored] = counts.GetValueOrDefault(stored) + 1;
            if (stored != Stored.NotShared)
                kept.Add(member.ParticipantId);
            else
                drops.Add("row: shares nothing"); // since the list of members was read
        }
        // What was imported is a copy of this survey as it was: now the survey itself is here.
        var removed = await DemographicsTable.RemoveOthersAsync(DemographicsTable.Survey, survey.Name, kept, connection, cancellationToken)
            + await DemographicsTable.RemoveOthersAsync(DemographicsTable.Original, survey.Name, [], connection, cancellationToken);
        var result = new SurveyResult(survey.Name, content.Rows.Count, kept.Count, counts.GetValueOrDefault(Stored.New),
            counts.GetValueOrDefault(Stored.Updated), counts.GetValueOrDefault(Stored.Unchanged), removed, drops.Counts, content.Missing);
        await NoteAsync(result, connection, cancellationToken);
        return result;
    }

    static async Task NoteAsync(SurveyResult result, NpgsqlConnection connection, CancellationToken cancellationToken) => await connection.ExecuteAsync(new CommandDefinition("""
        insert into openaps.demographics_load (google_sheets_source, read_at, rows_read, rows_matched, dropped) values (@Survey, now(), @Read, @Matched, @dropped::jsonb)
            on conflict (google_sheets_source) do update
           set read_at = excluded.read_at, rows_read = excluded.rows_read, rows_matched = excluded.rows_matched, dropped = excluded.dropped
        """, new { result.Survey, result.Read, result.Matched, dropped = JsonSerializer.Serialize(result.Dropped) }, cancellationToken: cancellationToken));
}
