namespace Demographics;

/// <summary>Years in brackets, as the system before this one named them.</summary>
public static class Brackets
{
    const int MostYears = 120;

    public static string Age(int years) => years switch
    {
        <= 5 => "0-5",
        <= 10 => "06-10",
        <= 15 => "11-15",
        <= 20 => "16-20",
        <= 30 => "21-30",
        <= 45 => "31-45",
        <= 60 => "46-60",
        _ => "60+",
    };

    public static string Since(int years) => years switch
    {
        <= 2 => "0-2",
        <= 5 => "03-5",
        <= 10 => "06-10",
        <= 20 => "11-20",
        _ => "20+",
    };

    /// <summary>Whole years from a day to the answer; null when nobody lives that long or the day is still to come.</summary>
    public static int? Years(DateOnly from, DateOnly answered)
    {
        var years = answered.Year - from.Year - ((answered.Month, answered.Day).CompareTo((from.Month, from.Day)) < 0 ? 1 : 0);
        return from <= answered && years <= MostYears ? years : null;
    }
}
