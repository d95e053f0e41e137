using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

[Authorize]
public sealed class MyDataModel(OwnAccount own, CopyStatus status, TimeProvider clock) : PageModel
{
    /// <summary>Null when Open Humans does not answer, or does not know us any more.</summary>
    public AccountContent? Account { get; private set; }

    public bool SignInAgain { get; private set; }

    public (string Text, string? Next) State { get; private set; }

    public IReadOnlyList<CopiedCollection> Collections { get; private set; } = [];

    public string SharedWith => Account?.Consent switch
    {
        { OpenAps: true, Nsf: true } => "the OpenAPS Data Commons and the Nightscout Data Commons",
        { OpenAps: true } => "the OpenAPS Data Commons",
        { Nsf: true } => "the Nightscout Data Commons",
        { Page: null, File: null } => "nobody, because you have not chosen yet",
        _ => "nobody; the data is only in your own account",
    };

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var participant = OwnAccount.IdOf(User);
        try
        {
            Account = await own.ReadAsync(participant, cancellationToken);
        }
        catch (SignInAgainException)
        {
            SignInAgain = true;
        }
        catch (OpenHumansException)
        {
            // the page says so, and shows what we know ourselves
        }
        Collections = await status.CollectionsAsync(participant, cancellationToken);
        State = Describe(await status.StateAsync(participant, cancellationToken), clock.GetUtcNow().UtcDateTime);
    }

    public static string Kind(string collection) => collection switch
    {
        "entries" => "Glucose readings",
        "treatments" => "Treatments",
        "devicestatus" => "Loop and device status",
        "profile" => "Profiles",
        _ => collection,
    };

    public static string Size(long bytes) => bytes < 1024 * 1024 ? $"{Math.Max(1, bytes / 1024):N0} KB" : $"{bytes / 1024.0 / 1024.0:N1} MB";

    /// <summary>What happened, whose turn it is, and what comes next.</summary>
    static (string, string?) Describe(CopyState? state, DateTime now) => state?.Outcome switch
    {
        null or "waiting" => ("The first copy starts within a minute.", null),
        "suspended" or "sign in again" => ("Stopped until you sign in with Open Humans again.", null),
        _ when state is { Changed: true } => ("With what you changed, the next copy starts within a minute.", null),
        "success" => ($"Up to date: last copied {Ago(state.SucceededAt, now)}.", $"The next copy is {Ahead(state.DueAt, now)}."),
        "no address" => ("Stopped: there is no address of a Nightscout site in your Open Humans account.", "Give the address again when you want to go on."),
        "address unusable" => ("Stopped: the address in your Open Humans account cannot be used.", "Please give it again."),
        "site refused" => ("Stopped: your Nightscout does not let us in.", "Please give a token that may read it."),
        "site moved" => ("Stopped: your Nightscout sends us on to another address.", "Please give the new address."),
        "not nightscout" => ("Stopped: at your address there is no Nightscout any more.", "Please check the address."),
        "site unreachable" => ($"Your Nightscout stopped answering {Ago(state.FailedSince, now)}.", $"We try again {Ahead(state.DueAt, now)}. Please see whether it opens in your browser."),
        "site temporary" => ($"Your Nightscout began to have a problem {Ago(state.FailedSince, now)}.", $"We try again {Ahead(state.DueAt, now)}."),
        _ => ("There is a problem on our side or with Open Humans; you need not do anything.", $"We try again {Ahead(state.DueAt, now)}."),
    };

    static string Ago(DateTime? time, DateTime now) => time is not { } at ? "a moment ago" : (now - at) switch
    {
        { TotalMinutes: < 2 } => "a moment ago",
        { TotalMinutes: < 90 } span => $"{span.TotalMinutes:0} minutes ago",
        { TotalHours: < 36 } span => $"{span.TotalHours:0} hours ago",
        _ => $"on {at:d MMM yyyy}",
    };

    static string Ahead(DateTime at, DateTime now) => (at - now) switch
    {
        { TotalMinutes: < 2 } => "due now",
        { TotalMinutes: < 90 } span => $"in about {span.TotalMinutes:0} minutes",
        { TotalHours: < 36 } span => $"in about {span.TotalHours:0} hours",
        _ => $"on {at:d MMM yyyy}",
    };
}
