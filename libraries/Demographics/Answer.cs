namespace Demographics;

/// <summary>One answer sheet, cleaned: columns of <c>openaps.member_demographics</c> with their units there. Holds no date of birth or diagnosis.</summary>
public sealed record Answer(DateTime Ts)
{
    public string? Gender { get; init; }
    public string? Ethnicity { get; init; }
    public Country? Country { get; init; }
    public string? LoopType { get; init; }
    public string? LoopUser { get; init; }
    public decimal? HeightCm { get; init; }
    public decimal? WeightKg { get; init; }
    public string? AgeBracket { get; init; }
    public string? SinceDiagnosed { get; init; }
    public string? SincePump { get; init; }
    public string? SinceMonitor { get; init; }
    public string? SinceLoop { get; init; }
    public decimal? InsulinPerDay { get; init; }
    public decimal? BasalPerDay { get; init; }
    public decimal? CarbsPerDay { get; init; }
    public decimal? A1c { get; init; }
    public DateOnly? A1cDate { get; init; }

    /// <summary>Makes it of the texts of a row; what is not understood or not plausible is left out and counted.</summary>
    public static Answer Clean(DateTime answeredAt, Func<Question, string?> text, Drops drops)
    {
        var answered = DateOnly.FromDateTime(answeredAt);
        var born = drops.Understood(Written.Born(text(Question.Born), answered), text(Question.Born), "birth");
        var height = Body.Height(text(Question.Height));
        drops.Understood(height, text(Question.Height), "height");
        var a1c = A1cPercent(Number(Question.A1c, "A1C", text, drops), drops);
        return new(answeredAt)
        {
            Gender = drops.Understood(Words.Gender(text(Question.Gender)), text(Question.Gender), "gender"),
            Ethnicity = drops.Understood(Words.Ethnicity(text(Question.Ethnicity)), text(Question.Ethnicity), "ethnicity"),
            Country = drops.Understood(Countries.Find(text(Question.Country)), text(Question.Country), "country"),
            LoopType = drops.Understood(Words.Loop(text(Question.LoopType)), text(Question.LoopType), "loop type"),
            LoopUser = drops.Understood(Words.User(text(Question.LoopUser)), text(Question.LoopUser), "loop user"),
            HeightCm = Tenths(drops.Plausible(height?.Cm, 40, 250, "height")),
            WeightKg = Tenths(drops.Plausible(drops.Understood(Body.Weight(text(Question.Weight), height?.Metric), text(Question.Weight), "weight"), 2, 400, "weight")),
            AgeBracket = Years(born, answered, "birth", drops) is { } age ? Brackets.Age(age) : null,
            SinceDiagnosed = Since(Question.Diagnosed, "diagnosis", born, answered, text, drops),
            SincePump = Since(Question.FirstPump, "first pump", born, answered, text, drops),
            SinceMonitor = Since(Question.FirstMonitor, "first glucose monitor", born, answered, text, drops),
            SinceLoop = Since(Question.FirstLoop, "first loop", born, answered, text, drops),
            InsulinPerDay = drops.Plausible(Number(Question.InsulinPerDay, "insulin per day", text, drops), 0, 500, "insulin per day"),
            BasalPerDay = drops.Plausible(Number(Question.BasalPerDay, "basal insulin per day", text, drops), 0, 300, "basal insulin per day"),
            CarbsPerDay = drops.Plausible(Number(Question.CarbsPerDay, "carbs per day", text, drops), 0, 1000, "carbs per day"),
            A1c = a1c,
            A1cDate = a1c is null ? null : Day(Question.A1cDate, "A1C date", answered, text, drops) is { } day && Years(day, answered, "A1C date", drops) is not null ? day : null,
        };
    }

    static decimal? Number(Question question, string what, Func<Question, string?> text, Drops drops) => drops.Understood(Written.Number(text(question)), text(question), what);

    static DateOnly? Day(Question question, string what, DateOnly answered, Func<Question, string?> text, Drops drops) =>
        drops.Understood(Written.Date(text(question), answered), text(question), what);

    static string? Since(Question question, string what, DateOnly? born, DateOnly answered, Func<Question, string?> text, Drops drops)
    {
        var day = Day(question, what, answered, text, drops);
        if (day?.Year < born?.Year)
        {
            drops.Add($"{what}: not plausible");
            return null;
        }
        return Years(day, answered, what, drops) is { } years ? Brackets.Since(years) : null;
    }

    static int? Years(DateOnly? from, DateOnly answered, string what, Drops drops)
    {
        if (from is not { } day)
            return null;
        var years = Brackets.Years(day, answered);
        if (years is null)
            drops.Add($"{what}: not plausible");
        return years;
    }

    /// <summary>Laboratories outside the United States report mmol/mol (IFCC): 20 and more is that, for nobody has an A1C of 20 %.</summary>
    static decimal? A1cPercent(decimal? value, Drops drops) =>
        Tenths(drops.Plausible(value >= 20 ? 0.09148m * value + 2.152m : value, 3.5m, 20, "A1C"));

    static decimal? Tenths(decimal? value) => value is { } number ? Math.Round(number, 1, MidpointRounding.AwayFromZero) : null;
}
