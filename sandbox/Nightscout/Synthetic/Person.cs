namespace Sandbox;

/// <param name="Glucose">mg/dL, 39 and 401 stand for low and high.</param>
/// <param name="Delta">mg/dL since five minutes before.</param>
/// <param name="Trend">Dexcom's 1 (double up) to 7 (double down).</param>
sealed record Reading(DateTimeOffset At, int Glucose, int Delta, string Direction, int Trend);

/// <summary>Somebody with diabetes who does not exist. Everything is a formula of the time, so that any moment costs the same.</summary>
sealed class Person(int seed)
{
    /// <summary>Settings: U/h, g/U, mg/dL per U, mg/dL, hours.</summary>
    public const double Basal = 0.8, CarbRatio = 10, Sensitivity = 45, Target = 105, InsulinHours = 5;

    static readonly string[] Names = ["Ann", "Ben", "Cleo", "Dag", "Efe", "Fay", "Gus", "Hana"];
    static readonly string[] Directions = ["DoubleUp", "SingleUp", "FortyFiveUp", "Flat", "FortyFiveDown", "SingleDown", "DoubleDown"];
    static readonly int[] RiseAtLeast = [18, 11, 6, -5, -10, -17, int.MinValue];
    static readonly TimeSpan Beat = TimeSpan.FromMinutes(5);
    static readonly TimeSpan WarmUp = TimeSpan.FromHours(2);

    /// <summary>The days worked out last, a slot for each sixteenth day: a moment needs three, and threads swap whole references.</summary>
    readonly OwnDay?[] _days = new OwnDay?[16];

    public int Seed => seed;
    public string Name => Names[Math.Abs(seed % Names.Length)];
    public string FullName => $"{Name} Invented";

    /// <summary>Local time minus UTC: people live in several places.</summary>
    public TimeSpan Offset { get; } = TimeSpan.FromHours(Math.Abs(seed % 5) * 4 - 8);

    public Dice Roll(string purpose, DateTimeOffset at) => Dice.Of(seed, purpose, at.ToUnixTimeSeconds());

    /// <summary>What happens on a UTC day.</summary>
    public IEnumerable<LifeEvent> Events(DateOnly day) =>
        new[] { day.AddDays(-1), day, day.AddDays(1) }.SelectMany(EventsOf).Where(item => DateOnly.FromDateTime(item.At.UtcDateTime) == day);

    /// <summary>The sensor's readings of a UTC day, five minutes apart, with gaps: lost signal, a new sensor warming up.</summary>
    public IEnumerable<Reading> Readings(DateOnly day)
    {
        var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddSeconds(Math.Abs(seed * 37 % 300));
        for (var i = 0; i < 288; i++, at += Beat)
            if (HasSignal(at))
                yield return Read(at);
    }

    public Reading Read(DateTimeOffset at)
    {
        var glucose = (int)Glucose(at);
        var delta = glucose - (int)Glucose(at - Beat);
        var trend = Array.FindIndex(RiseAtLeast, rise => delta >= rise);
        return new(at, glucose, delta, Directions[trend], trend + 1);
    }

    /// <summary>Units still to act.</summary>
    public double InsulinOnBoard(DateTimeOffset at) => Math.Round(
        Recent(at).Sum(item => item.Insulin * Math.Pow(Left(at - item.At, InsulinHours * 60), 2)) + 0.4 * Wave("basal-iob", at, 90), 2);

    /// <summary>Grams still to be absorbed.</summary>
    public double CarbsOnBoard(DateTimeOffset at) => Math.Round(Recent(at).Sum(item => item.Carbs * Left(at - item.At, 180)), 1);

    /// <summary>U/h that a loop would set now.</summary>
    public double LoopRate(DateTimeOffset at) => Math.Round(Math.Clamp(Basal + (Glucose(at) - Target) / 90, 0, 4.5) / 0.05) * 0.05;

    /// <summary>Where a loop thinks that glucose goes, five minutes apart: towards its target, bent by carbs or by insulin.</summary>
    public int[] Predict(DateTimeOffset at, double bend, int count = 48)
    {
        var now = Glucose(at);
        return [.. Enumerable.Range(0, count).Select(i =>
            (int)Math.Clamp(Target + (now - Target) * Math.Exp(-i / 20.0) + bend * Bump(i * 5, 70), 39, 401))];
    }

    bool HasSignal(DateTimeOffset at) => !Dice.Of(seed, "lost", at.ToUnixTimeSeconds() / 1800).Chance(0.02)
        && !Recent(at).Any(item => item.Kind == LifeEventKind.SensorStart && at >= item.At && at - item.At < WarmUp);

    double Glucose(DateTimeOffset at)
    {
        var hour = (at + Offset).TimeOfDay.TotalHours;
        var glucose = 118 + 10 * Math.Sin((hour - 2) * Math.PI / 12) + 16 * Wave("slow", at, 60) + 5 * Wave("fast", at, 12);
        foreach (var item in Recent(at))
            glucose += Effect(item, (at - item.At).TotalMinutes);
        return Math.Clamp(glucose, 39, 401);
    }

    static double Effect(LifeEvent item, double minutes) => item.Kind switch
    {
        LifeEventKind.Meal => item.Carbs * (2.1 * Bump(minutes, 55) - 0.5 * Bump(minutes, 150)),
        LifeEventKind.Correction => -item.Insulin * 22 * Bump(minutes, 110),
        LifeEventKind.LowTreatment => -62 * Math.Exp(-Math.Pow((minutes + 8) / 32, 2)), // glucose falls first, then it is treated
        LifeEventKind.Exercise => -32 * Bump(minutes, 70),
        _ => 0,
    };

    /// <summary>Rises to 1 at <paramref name="peak"/> minutes and fades.</summary>
    static double Bump(double minutes, double peak) => minutes <= 0 ? 0 : minutes / peak * Math.Exp(1 - minutes / peak);

    static double Left(TimeSpan since, double minutes) => since < TimeSpan.Zero ? 0 : Math.Max(0, 1 - since.TotalMinutes / minutes);

    /// <summary>Smooth noise in [-1, 1], with a new direction every <paramref name="minutes"/>.</summary>
    double Wave(string purpose, DateTimeOffset at, int minutes)
    {
        var position = at.ToUnixTimeMilliseconds() / (minutes * 60_000.0);
        var knot = (long)Math.Floor(position);
        var (before, after) = (Dice.Of(seed, purpose, knot).Between(-1, 1), Dice.Of(seed, purpose, knot + 1).Between(-1, 1));
        var part = (1 - Math.Cos((position - knot) * Math.PI)) / 2;
        return before + (after - before) * part;
    }

    IEnumerable<LifeEvent> Recent(DateTimeOffset at)
    {
        var today = DateOnly.FromDateTime(at.ToOffset(Offset).DateTime);
        return EventsOf(today.AddDays(-1)).Concat(EventsOf(today)).Concat(EventsOf(today.AddDays(1)));
    }

    IReadOnlyList<LifeEvent> EventsOf(DateOnly day)
    {
        var slot = day.DayNumber % _days.Length;
        var kept = _days[slot];
        if (kept is null || kept.Day != day)
            _days[slot] = kept = new(day, LifeEvents.Of(seed, day, Offset));
        return kept.Events;
    }

    sealed record OwnDay(DateOnly Day, IReadOnlyList<LifeEvent> Events);
}
