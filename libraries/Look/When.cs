using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace Look;

/// <summary>Times as people say them ("20 minutes ago"), with the exact one on hover and focus.</summary>
/// <param name="now">UTC.</param>
/// <param name="zone">The reader's, for exact times and days; null: UTC.</param>
public sealed class When(DateTime now, TimeZoneInfo? zone = null)
{
    /// <param name="bare">Where no preposition fits before a day, as in a table.</param>
    public IHtmlContent Ago(DateTime time, bool bare = false) => Html(time, (now - time) switch
    {
        { TotalMinutes: < 2 } => "a moment ago",
        { TotalMinutes: < 90 } span => $"{span.TotalMinutes:0} minutes ago",
        { TotalHours: < 36 } span => $"{span.TotalHours:0} hours ago",
        { TotalDays: < 14 } span => $"{span.TotalDays:0} days ago",
        _ => bare ? Day(time) : $"on {Day(time)}",
    });

    public IHtmlContent Ahead(DateTime time) => Html(time, (time - now) switch
    {
        { TotalMinutes: < 2 } => "within a minute or two",
        { TotalMinutes: < 90 } span => $"in about {span.TotalMinutes:0} minutes",
        { TotalHours: < 36 } span => $"in about {span.TotalHours:0} hours",
        { TotalDays: < 14 } span => $"in about {span.TotalDays:0} days",
        _ => $"on {Local(time):d MMM yyyy}",
    });

    /// <summary>How long something takes or lasts: "3 days".</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => $"{span.TotalMilliseconds:0} ms",
        { TotalSeconds: < 90 } => $"{span.TotalSeconds:0.#} s",
        { TotalMinutes: < 90 } => $"{span.TotalMinutes:0} minutes",
        { TotalHours: < 36 } => $"{span.TotalHours:0} hours",
        _ => $"{span.TotalDays:0} days",
    };

    /// <summary>On the reader's clock.</summary>
    public string Day(DateTime time) => $"{Local(time):d MMM yyyy}";

    DateTime Local(DateTime time) => zone is null ? time : TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(time, DateTimeKind.Utc), zone);

    HtmlString Html(DateTime time, string words)
    {
        var exact = HtmlEncoder.Default.Encode($"{Local(time):d MMM yyyy, HH:mm}, {zone?.Id.Replace('_', ' ') ?? "UTC"}");
        return new($"<time datetime=\"{time:yyyy-MM-dd'T'HH:mm:ss'Z'}\" data-exact=\"{exact}\" tabindex=\"0\">{words}</time>");
    }
}
