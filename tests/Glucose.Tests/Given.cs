namespace Glucose.Tests;

static class Given
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>One reading every so many minutes from <see cref="Start"/>; NaN is a missing one.</summary>
    public static GlucoseSeries Every(double minutes, params double[] mgDl) => GlucoseSeries.From(Readings(minutes, mgDl));

    public static IEnumerable<Reading> Readings(double minutes, IEnumerable<double> mgDl) =>
        mgDl.Select((value, place) => new Reading(Start.AddMinutes(minutes * place), value));

    /// <summary>The same value for a length of time, every five minutes.</summary>
    public static GlucoseSeries Steady(double mgDl, TimeSpan length) =>
        Every(5, [.. Enumerable.Repeat(mgDl, (int)(length / TimeSpan.FromMinutes(5)))]);

    public static TimeZoneInfo Zone(string name) => TimeZoneInfo.FindSystemTimeZoneById(name);
}
