using System.Runtime.CompilerServices;
using DataManagementApp.Accounts;

namespace DataManagementApp.Exports;

/// <param name="State">In words.</param>
/// <param name="Percent">Of the rows expected, at most 99 until it is ready; null: nothing can be said yet.</param>
/// <param name="IsOpen">It waits or is being built; when that ends there is more to see than this tells.</param>
public sealed record ExportEvent(long Id, string State, string Rows, string Size, int? Percent, string? Left, bool IsOpen)
{
    public static ExportEvent Of(ExportRow export, DateTimeOffset now) => new(export.ExportId,
        export.State switch { "queued" when export.Problem is { } problem => $"waiting: {problem}", "queued" => export.Attempts > 0 ? "waiting to go on" : "waiting", "building" => "being built", var state => state },
        export.Rows.ToString("N0"), Bytes(export.Bytes ?? (export.IsOpen ? export.ContentBytes : null)),
        export is { State: "building", ExpectedRows: > 0 and var expected } ? (int)Math.Min(99, 100 * export.Rows / expected) : null,
        export.Left(now) is { } left ? Words(left) : null, export.IsOpen);

    public static string Bytes(long? bytes) => bytes switch
    {
        null => "",
        < 1024 * 1024 => $"{(bytes + 1023) / 1024:N0} KB",
        < 1024 * 1024 * 1024 => $"{bytes / 1048576.0:N1} MB",
        _ => $"{bytes / 1073741824.0:N2} GB",
    };

    /// <summary>About how long.</summary>
    public static string Words(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => "a few seconds",
        < 90 => $"about {Math.Ceiling(time.TotalSeconds / 10) * 10:0} seconds",
        < 90 * 60 => $"about {time.TotalMinutes:0} minutes",
        _ => $"about {time.TotalHours:0} hours",
    };
}

/// <summary>Tells an open page how far its user's exports are, as server-sent events: each when it has changed.</summary>
public sealed class ExportEvents(ExportQueue queue, TimeProvider clock)
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Then the browser asks again, and whether its session still holds is looked at anew.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    public static IResult Handle(long[]? open, HttpContext context, ExportEvents events) =>
        Results.ServerSentEvents(events.OfAsync(Session.UserId(context.User), open ?? [], context.RequestAborted), eventType: "export");

    /// <param name="open">Exports that the page shows as open: when one of them has ended before the first look, that is told, too.</param>
    public async IAsyncEnumerable<ExportEvent> OfAsync(long userId, IReadOnlyList<long> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (told, end) = (new Dictionary<long, ExportEvent>(), clock.GetUtcNow() + Longest);
        while (clock.GetUtcNow() < end)
        {
            foreach (var export in await queue.OfUserAsync(userId, cancellationToken))
                if (ExportEvent.Of(export, clock.GetUtcNow()) is var now && told.GetValueOrDefault(now.Id) != now && (now.IsOpen || told.ContainsKey(now.Id) || open.Contains(now.Id)))
                {
                    told[now.Id] = now;
                    yield return now;
                }
            await Task.Delay(Look, clock, cancellationToken);
        }
    }
}
