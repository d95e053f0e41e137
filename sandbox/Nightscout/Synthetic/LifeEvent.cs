namespace Sandbox;

enum LifeEventKind
{
    Meal,
    Correction,
    LowTreatment,
    Exercise,
    SiteChange,
    SensorStart,
    FingerStick,
    Note,
}

/// <param name="Carbs">Grams.</param>
/// <param name="Insulin">Units.</param>
/// <param name="Minutes">How long it lasts.</param>
sealed record LifeEvent(LifeEventKind Kind, DateTimeOffset At, double Carbs = 0, double Insulin = 0, int Minutes = 0, string Text = "");

/// <summary>Makes up what a person does on a day.</summary>
static class LifeEvents
{
    static readonly string[] Notes =
    [
        "Call Dr. Fictional, 555-0142, about the new ratio", "Birthday at Gran Invented's", "Pod failed at 12 Nowhere Lane & was changed",
        "flight NA0042 to Nowhere", "sick day 🤒", "asked Coach Madeup for a break",
    ];

    /// <param name="day">By the person's own calendar.</param>
    public static IReadOnlyList<LifeEvent> Of(int seed, DateOnly day, TimeSpan offset)
    {
        var dice = Dice.Of(seed, "day", day.DayNumber);
        var midnight = new DateTimeOffset(day, TimeOnly.MinValue, offset);
        DateTimeOffset At(double hour, double spread) => midnight.AddSeconds(Math.Round(3600 * (hour + (dice = dice.Next).Between(-spread, spread))));

        var events = new List<LifeEvent>
        {
            Meal(At(7.2, 0.7), dice.Between(20, 55), ref dice),
            Meal(At(12.5, 0.6), dice.Between(30, 75), ref dice),
            Meal(At(18.6, 0.8), dice.Between(40, 95), ref dice),
        };
        if ((dice = dice.Next).Chance(0.6))
            events.Add(Meal(At(15.8, 0.5), dice.Between(8, 25), ref dice));
        if ((dice = dice.Next).Chance(0.5))
            events.Add(new(LifeEventKind.Correction, At(21.3, 0.8), Insulin: Math.Round(dice.Between(0.4, 2.2), 1)));
        if ((dice = dice.Next).Chance(0.25))
            events.Add(new(LifeEventKind.LowTreatment, At(3.6, 1.4), Carbs: Math.Round(dice.Between(8, 20))));
        if ((dice = dice.Next).Chance(0.3))
            events.Add(new(LifeEventKind.Exercise, At(17, 0.4), Minutes: 30 + 15 * (int)dice.Between(0, 3), Text: "Running with Coach Madeup"));
        if ((dice = dice.Next).Chance(0.3))
            events.Add(new(LifeEventKind.FingerStick, At(9.5, 2)));
        if ((dice = dice.Next).Chance(0.15))
            events.Add(new(LifeEventKind.Note, At(14, 3), Text: dice.Next.Pick(Notes)));
        if (IsEvery(3, seed, day))
            events.Add(new(LifeEventKind.SiteChange, At(20.2, 0.5)));
        if (IsEvery(10, seed, day))
            events.Add(new(LifeEventKind.SensorStart, At(10.2, 0.5)));
        return [.. events.OrderBy(item => item.At)];
    }

    static LifeEvent Meal(DateTimeOffset at, double carbs, ref Dice dice)
    {
        dice = dice.Next;
        return new(LifeEventKind.Meal, at, Math.Round(carbs), Math.Round(carbs / 10 * dice.Between(0.8, 1.15), 1));
    }

    static bool IsEvery(int days, int seed, DateOnly day) => (day.DayNumber + seed) % days == 0;
}
