using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Npgsql;

namespace DataManagementApp.Pages.Administration;

/// <summary>How the loading into the warehouse goes; a participant can be made due at once.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class LoadingModel(NpgsqlDataSource db, Retries retries, TimeProvider clock) : PageModel
{
    const string Nobody = "nobody", Participant = "the participant", Operator = "you: see the log of open-humans-etl";

    /// <summary>Outcomes as the loader names them, in words, and who has to do something.</summary>
    public static IReadOnlyDictionary<string, (string Text, string Turn)> Outcomes { get; } = new Dictionary<string, (string, string)>
    {
        ["waiting"] = ("not loaded yet", Nobody),
        ["Loaded"] = ("loaded", Nobody),
        ["NotShared"] = ("shares nothing", Nobody),
        ["ConsentFileMissing"] = ("the consent file is gone", Participant),
        ["ConsentChanged"] = ("consent changed meanwhile", Nobody),
        ["Suspended"] = ("suspended", Participant),
        ["Erased"] = ("erased", Nobody),
        ["SignInAgain"] = ("has to sign in again", Participant),
        ["FileDamaged"] = ("a file is damaged", "nobody, if the next copy repairs it; else you"),
        ["OpenHumansTemporary"] = ("Open Humans did not answer", "Open Humans; we try again"),
        ["LeaseLost"] = ("went to another replica", Nobody),
        ["Stopped"] = ("stopped", Nobody),
        ["Unexpected"] = ("a fault of ours", Operator),
    };

    public LoadsReport Report { get; private set; } = null!;

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public async Task OnGetAsync(CancellationToken cancellationToken) => Report = await LoadsReport.ReadAsync(db, cancellationToken);

    public async Task<IActionResult> OnPostAsync(long participantId, CancellationToken cancellationToken)
    {
        if (await retries.LoadAsync(participantId, Session.UserId(User), cancellationToken))
            TempData["Done"] = $"Participant {participantId} is loaded with the next beat.";
        else
            TempData["NotDone"] = $"Participant {participantId} is being loaded just now, or is gone.";
        return RedirectToPage();
    }

    public static (string Text, string Turn) Words(string outcome) => Outcomes.GetValueOrDefault(outcome, (outcome, "–"));
}
