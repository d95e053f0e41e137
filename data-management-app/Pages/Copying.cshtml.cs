using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Npgsql;

namespace DataManagementApp.Pages;

[Authorize(Roles = Session.Administrator)]
public sealed class CopyingModel(NpgsqlDataSource db, Retries retries, TimeProvider clock) : PageModel
{
    /// <summary>Only those whose last run ended so.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Outcome { get; set; }

    public CopyingReport Report { get; private set; } = null!;

    public When When { get; private set; } = null!;

    /// <summary>Who has to do something, by outcome as the ingester names it.</summary>
    public static IReadOnlyDictionary<string, string> Turns { get; } = new Dictionary<string, string>
    {
        ["waiting"] = Nobody,
        ["success"] = Nobody,
        ["suspended"] = Participant,
        ["sign in again"] = Participant,
        ["no address"] = Participant,
        ["address unusable"] = Participant,
        ["site refused"] = Participant,
        ["part refused"] = Participant,
        ["site moved"] = Participant,
        ["site changed"] = Participant,
        ["site unreachable"] = Either,
        ["not nightscout"] = Either,
        ["site temporary"] = Either,
        ["site busy"] = Nobody,
        ["open humans temporary"] = "Open Humans; we try again",
        ["lease lost"] = Nobody,
        ["stopped"] = Nobody,
        ["unexpected"] = "you: see the log of nightscout-ingester",
    };

    const string Nobody = "nobody";
    const string Participant = "the participant";
    const string Either = "the participant, if it lasts; we try again";

    /// <summary>How many fail so, whether they are listed or not.</summary>
    public int Matching => Outcome is null ? Report.Queue.Failing : Report.Outcomes.FirstOrDefault(row => row.Outcome == Outcome)?.Participants ?? 0;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Outcome = Typed.Line(Outcome) is { Length: > 0 } outcome ? outcome : null;
        Report = await CopyingReport.ReadAsync(db, Outcome, cancellationToken);
        When = new(clock.GetUtcNow().UtcDateTime);
    }

    /// <summary>Makes a participant due at once.</summary>
    public async Task<IActionResult> OnPostAsync(long participantId, CancellationToken cancellationToken)
    {
        if (await retries.CopyAsync(participantId, Session.UserId(User), cancellationToken))
            TempData["Done"] = $"Participant {participantId} is copied with the next beat.";
        else
            TempData["NotDone"] = $"Participant {participantId} is being copied just now, or is gone.";
        return RedirectToPage(new { Outcome });
    }

    /// <summary>No run is planned until the participant changes something.</summary>
    public bool WaitsForParticipant(FailingRow row) => IsNever(row.DueAt, clock.GetUtcNow().UtcDateTime);

    public static bool IsNever(DateTime due, DateTime now) => due > now.AddDays(365);

    public static string Size(long bytes) => bytes switch
    {
        0 => "0",
        < 1024 * 1024 => $"{Math.Max(1, bytes / 1024):N0} KB",
        < 1024L * 1024 * 1024 => $"{bytes / 1048576.0:N1} MB",
        _ => $"{bytes / 1073741824.0:N1} GB",
    };

    public static string Seconds(double? seconds) => seconds is { } value ? When.Span(TimeSpan.FromSeconds(value)) : "–";
}
