using System.Text;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nightscout;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class MyDataModel(OwnAccount own, CopyStatus status, Deliveries deliveries, Messages messages, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.MyData");

    /// <summary>Null when Open Humans does not answer, or does not know us any more.</summary>
    public AccountContent? Account { get; private set; }

    public bool SignInAgain { get; private set; }

    public CopyState State { get; private set; } = new();

    public CopyMessage Message { get; private set; } = CopyMessages.Outcomes["waiting"];

    public IReadOnlyList<CopiedCollection> Collections { get; private set; } = [];

    public IReadOnlyList<Delivery> Received { get; private set; } = [];

    public OwnMessages Messages { get; private set; } = null!;

    public CoverageCalendar Coverage { get; private set; } = null!;

    public When When { get; private set; } = null!;

    /// <summary>A device's clock that puts readings more than a day into the future, else a server's that is off by more than five minutes; null: neither.</summary>
    public string? ClockNote => Collections.FirstOrDefault(row => row.Collection == Collection.Entries.Name)?.LastAt is { } last && last > Now.AddDays(1) ? T["Clock.Future", $"{last:yyyy-MM-dd}"]
        : State.ClockSkew is { } skew && skew.Duration() > TimeSpan.FromMinutes(5) ? T[skew > TimeSpan.Zero ? "Clock.Ahead" : "Clock.Behind", When.Span(skew.Duration())] : null;

    public string SharedWith => Account?.Consent switch
    {
        { IsNotChosen: true } => T["Shared.NotChosen"],
        null or { SharesNothing: true } => T["Shared.Nobody"],
        { } consent => ConsentText.Names(SharedProjects.From(consent.OpenAps, consent.Nsf)),
    };

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var participant = OwnAccount.IdOf(User);
        try
        {
            Account = await own.ReadAsync(participant, cancellationToken);
        }
        catch (Exception problem) when (problem is SignInAgainException or OpenHumansRefusedException)
        {
            SignInAgain = true;
        }
        catch (OpenHumansException)
        {
            // the page says so, and shows what we know ourselves
        }
        await FillAsync(participant, cancellationToken);
        Received = await deliveries.OfAsync(participant, cancellationToken);
        Messages = await messages.OfAsync(participant, cancellationToken);
        Message = CopyMessages.For(State, SignInAgain, Account is null ? null : Account.Address is not null, IsImporting, Now);
        if (State.Running || Message == CopyMessages.Outcomes["waiting"])
            Response.Headers["Refresh"] = "10"; // there is something to see soon
    }

    public async Task<IActionResult> OnGetCoverageAsync(CancellationToken cancellationToken)
    {
        await FillAsync(OwnAccount.IdOf(User), cancellationToken);
        return File(Encoding.UTF8.GetBytes(Coverage.Csv()), "text/csv; charset=utf-8", $"coverage_{Coverage.Days[0].Day:yyyy-MM-dd}_{Coverage.Days[^1].Day:yyyy-MM-dd}.csv");
    }

    /// <summary>The message with its times in place.</summary>
    public IHtmlContent MessageText
    {
        get
        {
            var html = new HtmlContentBuilder();
            foreach (var part in Message.Text.Split('{', '}'))
                _ = part switch
                {
                    "since" => CopyMessages.Since(Message, State) is { } since ? html.AppendHtml(When.Ago(since)) : html.Append(T["AWhileAgo"]),
                    "shared" => html.Append(Account is { Consent.SharesNothing: false } ? T["StaysShared"] : ""),
                    "due" => State.DueAt is { } due ? html.AppendHtml(When.Ahead(due)) : html.Append(T["Soon"]),
                    _ => html.Append(part),
                };
            return html;
        }
    }

    public IHtmlContent NextCopy => this switch
    {
        { SignInAgain: true } or { State.Suspended: true } => Words(T["Next.SignIn"]),
        { Account.Address: null, State.PausedAt: null } when Account is not null => Words(T["Next.NoAddress"]),
        { State.Running: true } => Words(T["Next.Now"]),
        { State.PausedAt: not null } => Words(T["Next.Resume"]),
        { State.Changed: true } => Words(T["Next.Minute"]),
        _ when State.WaitsForParticipant(Now) => Words(T["Next.Address"]),
        { State.DueAt: { } due } => When.Ahead(due),
        _ => Words(T["Next.Minute"]),
    };

    /// <summary>How far back the first import is; null before it began.</summary>
    public string? History => Collections.Where(row => !row.ImportedAll && row.ImportedFrom is not null).Max(row => row.ImportedFrom) switch
    {
        _ when Collections.Count == 0 => null,
        _ when !IsImporting => T["History.All"],
        { } day when day > DateOnly.MinValue => T["History.SoFar", $"{day:d MMM yyyy}"],
        _ => T["History.Begun"],
    };

    /// <summary>There is a file of records in their account.</summary>
    public bool HasCopies => Collections.Any(row => row.Files > 0);

    public static string Kind(string collection) => collection switch
    {
        "entries" => T["Kind.Entries"],
        "treatments" => T["Kind.Treatments"],
        "devicestatus" => T["Kind.DeviceStatus"],
        "profile" => T["Kind.Profile"],
        _ => collection,
    };

    public static string Commons(Delivery delivery) => delivery switch
    {
        { OpenAps: true, Nsf: true } => T["Commons.Both"],
        { OpenAps: true } => ConsentText.OpenAps.Name,
        _ => ConsentText.Nightscout.Name,
    };

    public static string Size(long bytes) => bytes < 1024 * 1024 ? $"{Math.Max(1, bytes / 1024):N0} KB" : $"{bytes / 1024.0 / 1024.0:N1} MB";

    public static string Files(long number) => number == 1 ? T["File.One"] : T["File.Many", $"{number:N0}"];

    public static string Records(long number) => number == 1 ? T["Record.One"] : T["Record.Many", $"{number:N0}"];

    bool IsImporting => Collection.All.Any(collection => Collections.All(row => row.Collection != collection.Name || !row.ImportedAll));

    static readonly string[] Order = [.. Collection.All.Select(collection => collection.Name)];

    DateTime Now => clock.GetUtcNow().UtcDateTime;

    async Task FillAsync(long participant, CancellationToken cancellationToken)
    {
        State = await status.StateAsync(participant, cancellationToken);
        Collections = [.. (await status.CollectionsAsync(participant, cancellationToken)).OrderBy(row => Array.IndexOf(Order, row.Collection))];
        When = new(Now, State.TimeZone);
        var today = State.Today(Now);
        var entries = Collections.FirstOrDefault(row => row.Collection == Collection.Entries.Name);
        Coverage = new(today, await status.DaysAsync(participant, CoverageCalendar.FirstDay(today), cancellationToken),
            entries is { ImportedAll: true } ? DateOnly.MinValue : entries?.ImportedFrom, await status.BeginsAsync(participant, cancellationToken));
    }

    static HtmlContentBuilder Words(string text)
    {
        var html = new HtmlContentBuilder();
        html.Append(text);
        return html;
    }
}
