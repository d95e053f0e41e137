using Dapper;
using Demographics;
using Npgsql;

namespace Db.ImportOriginal;

/// <summary>Takes over the original's survey answers, cleaned as open-humans-etl cleans them, of who shares something; until the survey itself is read here.</summary>
static class DemographicsImport
{
    /// <summary>Reason of <see cref="AnswerSheet"/> that passes by itself.</summary>
    const string Waits = "row: consent not known yet";

    static readonly Dictionary<Question, string> Columns = new()
    {
        [Question.Time] = "ts",
        [Question.Member] = "project_member_id", // a number there: leading zeros are gone
        [Question.Born] = "date_of_birth",
        [Question.Gender] = "gender",
        [Question.Ethnicity] = "ethnicity",
        [Question.Country] = "country",
        [Question.Diagnosed] = "first_diagnosed_date",
        [Question.FirstPump] = "first_insulin_pump_date",
        [Question.FirstMonitor] = "first_glucose_monitor_date",
        [Question.FirstLoop] = "first_diy_closed_loop_date",
        [Question.LoopType] = "diy_closed_loop_type",
        [Question.LoopUser] = "who_uses_the_closed_loop_system",
        [Question.Weight] = "weight",
        [Question.Height] = "height",
        [Question.InsulinPerDay] = "insulin_units_per_day",
        [Question.BasalPerDay] = "basal_insulin_units_per_day",
        [Question.CarbsPerDay] = "carb_grams_per_day",
        [Question.A1c] = "last_lab_reported_a1c",
        [Question.A1cDate] = "last_lab_reported_a1c_date",
    };

    /// <returns>The counts, and how many answers wait for their participant's consent to be read.</returns>
    public static async Task<(Tally Tally, int Waiting)> RunAsync(IReadOnlyList<IReadOnlyDictionary<string, string?>>? answers, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tally = new Tally("survey answers", OriginalDatabase.AnswersTable) { Read = answers?.Count };
        var drops = new Drops();
        var readHere = (await connection.QueryAsync<string>(new CommandDefinition("select google_sheets_source from openaps.demographics_load", cancellationToken: cancellationToken))).ToHashSet();
        foreach (var survey in (answers ?? []).GroupBy(row => row.GetValueOrDefault("google_sheets_source") is "nightscout" ? Survey.Nightscout : Survey.OpenAps)) // older ones have the first survey only
            if (readHere.Contains(survey.Key.Name))
                tally.LeftOut($"the {survey.Key.Name} survey itself is read here", survey.Count());
            else
                await StoreAsync(survey.Key, survey, tally, drops, connection, cancellationToken);
        foreach (var (reason, count) in drops.Counts)
            tally.LeftOut(reason, count);
        return (tally, drops.Counts.GetValueOrDefault(Waits));
    }

    static async Task StoreAsync(Survey survey, IEnumerable<IReadOnlyDictionary<string, string?>> rows, Tally tally, Drops drops, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var members = await Members.ReadAsync(connection, cancellationToken);
        var kept = new List<long>();
        foreach (var (member, answer) in AnswerSheet.Newest(rows.Select(row => (Written.Time(row.GetValueOrDefault("ts")), Text(row))), members, drops))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var stored = await DemographicsTable.StoreAsync(member.ParticipantId, DemographicsTable.Original, survey.Name, answer, connection, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            if (stored == Stored.NotShared)
                drops.Add("row: shares nothing");
            else
                kept.Add(member.ParticipantId);
            tally.Done(stored switch { Stored.New => "new", Stored.Updated => "updated", _ => "unchanged" }, stored == Stored.NotShared ? 0 : 1);
        }
        tally.Done("removed: not in the original any more, or not shared", await DemographicsTable.RemoveOthersAsync(DemographicsTable.Original, survey.Name, kept, connection, cancellationToken));
    }

    static Func<Question, string?> Text(IReadOnlyDictionary<string, string?> row) => question => row.GetValueOrDefault(Columns[question]);
}
