using System.Diagnostics;

namespace DataManagementApp;

/// <summary>Answers that take the same time whoever is asked about, so that a clock does not tell what the words do not.</summary>
public static class EvenTime
{
    /// <summary>More than any of them needs.</summary>
    public static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(400);

    public static async Task<T> SpendAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var result = await work();
        while (Floor - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } left) // a timer may be some milliseconds early
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), cancellationToken);
        return result;
    }
}
