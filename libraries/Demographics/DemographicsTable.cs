using Dapper;
using Npgsql;
using Register;
using ServiceDefaults;

namespace Demographics;

public enum Stored
{
    New, Updated, Unchanged,
    /// <summary>The participant shares nothing (any more): nothing was stored.</summary>
    NotShared,
}

/// <summary>Writes <c>openaps.member_demographics</c>: per participant, source and survey one answer.</summary>
public static class DemographicsTable
{
    public const string Survey = "survey", Original = "original";

    const string Upsert = """
        insert into openaps.member_demographics as have (participant_id, source, google_sheets_source, ts, gender, ethnicity, country, country_code, diy_closed_loop_type,
               who_uses_the_closed_loop_system, cleaned_height_cm, cleaned_weight_kg, age_bracket, years_since_diagnosed_bracket, years_since_first_insulin_pump_bracket,
               years_since_first_glucose_monitor_bracket, years_since_first_diy_closed_loop_bracket, insulin_units_per_day, basal_insulin_units_per_day, carb_grams_per_day,
               last_lab_reported_a1c, last_lab_reported_a1c_date)
        values (@participantId, @source, @survey, @Ts, @Gender, @Ethnicity, @country, @code, @LoopType, @LoopUser, @HeightCm, @WeightKg, @AgeBracket, @SinceDiagnosed, @SincePump,
               @SinceMonitor, @SinceLoop, @InsulinPerDay, @BasalPerDay, @CarbsPerDay, @A1c, @a1cDate)
            on conflict on constraint member_demographics_key do update
           set ts = excluded.ts, gender = excluded.gender, ethnicity = excluded.ethnicity, country = excluded.country, country_code = excluded.country_code,
               diy_closed_loop_type = excluded.diy_closed_loop_type, who_uses_the_closed_loop_system = excluded.who_uses_the_closed_loop_system,
               cleaned_height_cm = excluded.cleaned_height_cm, cleaned_weight_kg = excluded.cleaned_weight_kg, age_bracket = excluded.age_bracket,
               years_since_diagnosed_bracket = excluded.years_since_diagnosed_bracket, years_since_first_insulin_pump_bracket = excluded.years_since_first_insulin_pump_bracket,
               years_since_first_glucose_monitor_bracket = excluded.years_since_first_glucose_monitor_bracket,
               years_since_first_diy_closed_loop_bracket = excluded.years_since_first_diy_closed_loop_bracket, insulin_units_per_day = excluded.insulin_units_per_day,
               basal_insulin_units_per_day = excluded.basal_insulin_units_per_day, carb_grams_per_day = excluded.carb_grams_per_day,
               last_lab_reported_a1c = excluded.last_lab_reported_a1c, last_lab_reported_a1c_date = excluded.last_lab_reported_a1c_date, inserted_ts = now()
         where (have.ts, have.gender, have.ethnicity, have.country, have.country_code, have.diy_closed_loop_type, have.who_uses_the_closed_loop_system, have.cleaned_height_cm,
               have.cleaned_weight_kg, have.age_bracket, have.years_since_diagnosed_bracket, have.years_since_first_insulin_pump_bracket,
               have.years_since_first_glucose_monitor_bracket, have.years_since_first_diy_closed_loop_bracket, have.insulin_units_per_day, have.basal_insulin_units_per_day,
               have.carb_grams_per_day, have.last_lab_reported_a1c, have.last_lab_reported_a1c_date)
            is distinct from (excluded.ts, excluded.gender, excluded.ethnicity, excluded.country, excluded.country_code, excluded.diy_closed_loop_type,
               excluded.who_uses_the_closed_loop_system, excluded.cleaned_height_cm, excluded.cleaned_weight_kg, excluded.age_bracket, excluded.years_since_diagnosed_bracket,
               excluded.years_since_first_insulin_pump_bracket, excluded.years_since_first_glucose_monitor_bracket, excluded.years_since_first_diy_closed_loop_bracket,
               excluded.insulin_units_per_day, excluded.basal_insulin_units_per_day, excluded.carb_grams_per_day, excluded.last_lab_reported_a1c, excluded.last_lab_reported_a1c_date)
        returning xmax = 0
        """;

    /// <summary>In the caller's transaction, under the lock that a withdrawal takes: nothing is left behind of who shares nothing.</summary>
    public static async Task<Stored> StoreAsync(long participantId, string source, string survey, Answer answer, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Warehouse(participantId), cancellationToken);
        if ((await ConsentLedger.CurrentAsync(participantId, connection, cancellationToken)).SharesNothing)
            return Stored.NotShared;
        return await connection.ExecuteScalarAsync<bool?>(new CommandDefinition(Upsert, new
        {
            participantId,
            source,
            survey,
            answer.Ts,
            answer.Gender,
            answer.Ethnicity,
            country = answer.Country?.Name,
            code = answer.Country?.Code,
            answer.LoopType,
            answer.LoopUser,
            answer.HeightCm,
            answer.WeightKg,
            answer.AgeBracket,
            answer.SinceDiagnosed,
            answer.SincePump,
            answer.SinceMonitor,
            answer.SinceLoop,
            answer.InsulinPerDay,
            answer.BasalPerDay,
            answer.CarbsPerDay,
            answer.A1c,
            a1cDate = answer.A1cDate?.ToDateTime(default),
        }, cancellationToken: cancellationToken)) switch
        {
            true => Stored.New,
            false => Stored.Updated,
            null => Stored.Unchanged,
        };
    }

    /// <summary>Removes every answer of a source to a survey but those of these participants.</summary>
    public static Task<int> RemoveOthersAsync(string source, string survey, IReadOnlyCollection<long> participants, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            delete from openaps.member_demographics where source = @source and google_sheets_source = @survey and participant_id <> all(@participants)
            """, new { source, survey, participants = participants.ToArray() }, cancellationToken: cancellationToken));
}
