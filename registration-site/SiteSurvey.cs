using System.Globalization;
using Dapper;
using Demographics;
using Npgsql;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>The participant shares with nobody: answers are for research only, so none are kept.</summary>
public sealed class NotSharedException() : Exception("The participant shares nothing.");

/// <summary>What a form says.</summary>
/// <param name="Wrong">Fields that cannot be so, with what is wrong: Unknown, Number, Twice, Inches, Contradiction, Age, Basal or NoA1c.</param>
public sealed record ReadAnswer(Answer Answer, IReadOnlyDictionary<string, string> Wrong);

/// <summary>The questions of the two surveys, asked on the site. Years are asked in brackets at once: no date of birth or diagnosis is ever sent here.</summary>
public sealed class SiteSurvey(NpgsqlDataSource db)
{
    /// <summary>Of the questions and their choices; who changes those changes it.</summary>
    public const string Version = "2026-11-22.2";

    static readonly string[] Ages = ["0-5", "06-10", "11-15", "16-20", "21-30", "31-45", "46-60", "60+"], Since = ["0-2", "03-5", "06-10", "11-20", "20+"];

    /// <summary>Questions with one answer, by field.</summary>
    public static IReadOnlyDictionary<string, string[]> One { get; } = new Dictionary<string, string[]>
    {
        ["LoopUser"] = ["self", "child", "partner", "other"],
        ["Gender"] = ["female", "male", "non-binary", "transgender", "other", "prefer not to say"],
        ["AgeBracket"] = Ages,
        ["SinceDiagnosed"] = Since,
        ["SincePump"] = Since,
        ["SinceMonitor"] = Since,
        ["SinceLoop"] = Since,
    };

    /// <summary>Questions with several.</summary>
    public static IReadOnlyDictionary<string, string[]> Several { get; } = new Dictionary<string, string[]>
    {
        ["Ethnicity"] = ["american indian", "asian", "black", "hispanic", "middle eastern", "pacific islander", "white", "mixed", "other", "prefer not to say"],
        ["LoopType"] = ["AndroidAPS", "FreeAPS", "iAPS", "Loop", "OpenAPS", "Trio", "other", "none"],
    };

    /// <summary>Answers that leave no room for another.</summary>
    static readonly string[] Alone = ["prefer not to say", "none"];

    /// <summary>Numbers with their units, the one that is kept first; bounds are in that.</summary>
    public static IReadOnlyDictionary<string, (string[] Units, decimal From, decimal To)> Numbers { get; } = new Dictionary<string, (string[], decimal, decimal)>
    {
        ["Height"] = (["cm"], 40, 250),
        ["Weight"] = (["kg", "lb"], 2, 400),
        ["InsulinPerDay"] = (["U/day"], 0, 500),
        ["BasalPerDay"] = (["U/day"], 0, 300),
        ["CarbsPerDay"] = (["g/day"], 0, 1000),
        ["A1c"] = (["%", "mmol/mol"], 3.5m, 20),
    };

    /// <summary>What a number may be, in the unit that was chosen.</summary>
    public static (decimal From, decimal To, string Unit) Bounds(string name, string? unit)
    {
        var (units, from, to) = Numbers[name];
        return unit switch
        {
            "lb" => (from / KgOfPound, to / KgOfPound, unit),
            "mmol/mol" => ((from - A1cOffset) / A1cFactor, (to - A1cOffset) / A1cFactor, unit),
            _ => (from, to, units[0]),
        };
    }

    const decimal KgOfPound = 0.45359237m, CmOfInch = 2.54m, A1cFactor = 0.09148m, A1cOffset = 2.152m;

    /// <param name="field">Text of a field; of one with several answers joined by comma; null: left out.</param>
    public static ReadAnswer Read(Func<string, string?> field, DateTime now)
    {
        var wrong = new Dictionary<string, string>();
        var answer = new Answer(now)
        {
            Gender = Words("Gender", One),
            Ethnicity = Words("Ethnicity", Several),
            Country = Understood("Country", Countries.Find(Text("Country"))),
            LoopType = Words("LoopType", Several),
            LoopUser = Words("LoopUser", One),
            HeightCm = Height(),
            WeightKg = Number("Weight"),
            AgeBracket = Words("AgeBracket", One),
            SinceDiagnosed = Words("SinceDiagnosed", One),
            SincePump = Words("SincePump", One),
            SinceMonitor = Words("SinceMonitor", One),
            SinceLoop = Words("SinceLoop", One),
            InsulinPerDay = Number("InsulinPerDay"),
            BasalPerDay = Number("BasalPerDay"),
            CarbsPerDay = Number("CarbsPerDay"),
            A1c = Number("A1c"),
            A1cDate = Day(),
        };
        foreach (var (name, since) in new[] { ("SinceDiagnosed", answer.SinceDiagnosed), ("SincePump", answer.SincePump), ("SinceMonitor", answer.SinceMonitor), ("SinceLoop", answer.SinceLoop) })
            if (since is not null && answer.AgeBracket is { } age && LeastYears(since) > MostYears(age))
                wrong[name] = "Age";
        if (answer.BasalPerDay > answer.InsulinPerDay)
            wrong["BasalPerDay"] = "Basal";
        if (answer.A1cDate is not null && Text("A1c") is null)
            wrong["A1c"] = "NoA1c";
        return new(answer, wrong);

        string? Text(string name) => field(name)?.Trim() is { Length: > 0 } text ? text : null;

        T? Understood<T>(string name, T? value, string problem = "Unknown")
        {
            if (value is null && Text(name) is not null)
                wrong[name] = problem;
            return value;
        }

        string? Words(string name, IReadOnlyDictionary<string, string[]> choices)
        {
            if (Text(name)?.Split(',', StringSplitOptions.TrimEntries) is not { } given || !given.All(choices[name].Contains))
                return Understood<string>(name, null);
            return given.Length > 1 && given.Intersect(Alone).Any() ? Understood<string>(name, null, "Contradiction") : string.Join(", ", choices[name].Intersect(given));
        }

        decimal? Number(string name)
        {
            var unit = Text($"{name}Unit") ?? Numbers[name].Units[0];
            var value = Written.Number(Text(name)) switch
            {
                { } pounds when unit == "lb" => pounds * KgOfPound,
                { } ifcc when unit == "mmol/mol" => A1cFactor * ifcc + A1cOffset,
                var same => same,
            };
            return Understood(name, Numbers[name].Units.Contains(unit) ? Possible(name, value) : null, "Number");
        }

        decimal? Height()
        {
            if (Text("HeightFeet") is null && Text("HeightInches") is null)
                return Number("Height");
            var (feet, inches) = (Written.Number(Text("HeightFeet") ?? "0"), Written.Number(Text("HeightInches") ?? "0"));
            var height = Possible("Height", (feet * 12 + inches) * CmOfInch);
            // What was stored before stands in one of the two: where the other was filled in, that one is the correction.
            if (Text("Height") is { } cm && Text("HeightWas") is var was && Written.Number(cm) != Written.Number(was))
                return height is not null && height == Written.Number(was) ? Number("Height") : Understood<decimal?>("Height", null, "Twice");
            if (height is null || Text("HeightFeet") is not null && inches >= 12)
                wrong["HeightFeet"] = height is null ? "Number" : "Inches";
            return height;
        }

        static decimal? Possible(string name, decimal? value) => value >= Numbers[name].From && value <= Numbers[name].To ? Math.Round(value.Value, 1, MidpointRounding.AwayFromZero) : null;

        DateOnly? Day() => Understood("A1cDate", DateOnly.TryParseExact(Text("A1cDate"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day <= DateOnly.FromDateTime(now) && day.Year >= 1980 ? day : (DateOnly?)null);
    }

    /// <summary>A height as it was most likely given: one that whole or half inches make, and no whole number of cm, in feet and inches; null: in cm.</summary>
    public static (string Feet, string Inches)? InFeet(decimal cm)
    {
        var halves = Math.Round(cm / CmOfInch * 2);
        return cm % 1 != 0 && Math.Round(halves * CmOfInch / 2, 1, MidpointRounding.AwayFromZero) == cm
            ? ($"{Math.Floor(halves / 24)}", (halves % 24 / 2).ToString("0.#", CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>What a bracket holds at least; "20+" is more than 20.</summary>
    static int LeastYears(string bracket) => bracket[^1] == '+' ? int.Parse(bracket[..^1], CultureInfo.InvariantCulture) + 1 : int.Parse(bracket[..bracket.IndexOf('-')], CultureInfo.InvariantCulture);

    static int MostYears(string bracket) => bracket[^1] == '+' ? int.MaxValue : int.Parse(bracket[(bracket.IndexOf('-') + 1)..], CultureInfo.InvariantCulture);

    /// <summary>The stored answer as texts of the form's fields, in the units that are kept; null: there is none.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> FindAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var row = (IDictionary<string, object?>?)await connection.QuerySingleOrDefaultAsync(new CommandDefinition("""
            select gender as "Gender", ethnicity as "Ethnicity", country as "Country", diy_closed_loop_type as "LoopType", who_uses_the_closed_loop_system as "LoopUser", cleaned_height_cm as "Height",
                   cleaned_weight_kg as "Weight", age_bracket as "AgeBracket", years_since_diagnosed_bracket as "SinceDiagnosed", years_since_first_insulin_pump_bracket as "SincePump",
                   years_since_first_glucose_monitor_bracket as "SinceMonitor", years_since_first_diy_closed_loop_bracket as "SinceLoop", insulin_units_per_day as "InsulinPerDay",
                   basal_insulin_units_per_day as "BasalPerDay", carb_grams_per_day as "CarbsPerDay", last_lab_reported_a1c as "A1c", to_char(last_lab_reported_a1c_date, 'YYYY-MM-DD') as "A1cDate"
              from openaps.site_survey where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken));
        return row?.Where(field => field.Value is not null).ToDictionary(field => field.Key, field => Convert.ToString(field.Value, CultureInfo.InvariantCulture)!);
    }

    /// <summary>Replaces the answer, under the lock that a withdrawal takes: nothing is left behind of who shares nothing.</summary>
    /// <exception cref="NotSharedException">They share nothing (any more).</exception>
    public async Task StoreAsync(long participantId, Answer answer, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Warehouse(participantId), cancellationToken);
        if ((await ConsentLedger.CurrentAsync(participantId, connection, cancellationToken)).SharesNothing)
            throw new NotSharedException();
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from openaps.site_survey where participant_id = @participantId;
            insert into openaps.site_survey (participant_id, source, ts, survey_version, gender, ethnicity, country, country_code, diy_closed_loop_type, who_uses_the_closed_loop_system,
                   cleaned_height_cm, cleaned_weight_kg, age_bracket, years_since_diagnosed_bracket, years_since_first_insulin_pump_bracket, years_since_first_glucose_monitor_bracket,
                   years_since_first_diy_closed_loop_bracket, insulin_units_per_day, basal_insulin_units_per_day, carb_grams_per_day, last_lab_reported_a1c, last_lab_reported_a1c_date)
            values (@participantId, 'site', @Ts, @Version, @Gender, @Ethnicity, @country, @code, @LoopType, @LoopUser, @HeightCm, @WeightKg, @AgeBracket, @SinceDiagnosed, @SincePump, @SinceMonitor,
                   @SinceLoop, @InsulinPerDay, @BasalPerDay, @CarbsPerDay, @A1c, @a1cDate)
            """, new
        {
            participantId,
            answer.Ts,
            Version,
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
        }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Removes what was answered on the site. Safe to repeat.</summary>
    public async Task RemoveAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("delete from openaps.site_survey where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken));
    }
}
