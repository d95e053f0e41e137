using System.Globalization;

namespace Register;

/// <summary>What a data file on Open Humans covers: a UTC day, a month, or all records without a usable time.</summary>
/// <param name="Name"><c>yyyy-mm-dd</c>, <c>yyyy-mm</c>, <c>undated</c>, or <c>whole</c> for a whole-history file of the system this one replaces.</param>
public readonly record struct Period(string Name)
{
    /// <summary>Days of a month are joined into one file when its last day is this many days ago.</summary>
    const int OpenDays = 35;

    /// <summary>Stands for the day of a record without a usable time.</summary>
    public static readonly DateOnly NoDay = DateOnly.MinValue;

    public static readonly Period Undated = new("undated");

    public static readonly Period Whole = new("whole");

    /// <summary>The period whose file holds the records of a day: the day itself, or its month when that is closed.</summary>
    public static Period Of(DateOnly day, DateOnly today) =>
        day == NoDay ? Undated : IsClosed(day, today) ? new($"{day:yyyy-MM}") : new($"{day:yyyy-MM-dd}");

    public static bool IsClosed(DateOnly dayOfMonth, DateOnly today) =>
        new DateOnly(dayOfMonth.Year, dayOfMonth.Month, DateTime.DaysInMonth(dayOfMonth.Year, dayOfMonth.Month)).DayNumber + OpenDays < today.DayNumber;

    /// <returns>Null when the name is none of the four kinds.</returns>
    public static Period? Named(string name) =>
        name is "undated" or "whole" || TryDay(name, out _) || TryDay($"{name}-01", out _) && name.Length == 7 ? new(name) : null;

    public bool IsDay => Name.Length == 10;

    public bool IsMonth => Name.Length == 7 && this != Undated;

    /// <summary>First and last day; null when the period has no days.</summary>
    public (DateOnly First, DateOnly Last)? Days =>
        IsDay && TryDay(Name, out var day) ? (day, day)
        : IsMonth && TryDay($"{Name}-01", out var first) ? (first, new(first.Year, first.Month, DateTime.DaysInMonth(first.Year, first.Month)))
        : null;

    /// <summary>Whether everything the other covers is covered by this.</summary>
    public bool Contains(Period other) =>
        this == other || this == Whole || Days is var (first, last) && other.Days is var (otherFirst, otherLast) && first <= otherFirst && otherLast <= last;

    public bool Contains(DateOnly day) => day == NoDay ? this == Undated || this == Whole : this == Whole || Days is var (first, last) && first <= day && day <= last;

    public override string ToString() => Name;

    static bool TryDay(string text, out DateOnly day) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
}
