using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

/// <summary>What was sent to the participant through Open Humans, and whether they want it.</summary>
[Authorize]
public sealed class MessagesModel(Messages messages, CopyStatus status, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Messages");

    public OwnMessages Messages { get; private set; } = null!;

    public When When { get; private set; } = null!;

    /// <param name="cause">Of <c>register.message</c>.</param>
    public static string About(string cause) => T[cause];

    /// <param name="outcome">Of <c>register.message</c>.</param>
    public static string HowItWent(string outcome) => T[outcome == "sending" ? "no answer" : outcome];

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var participant = OwnAccount.IdOf(User);
        Messages = await messages.OfAsync(participant, cancellationToken);
        When = new(clock.GetUtcNow().UtcDateTime, (await status.StateAsync(participant, cancellationToken)).TimeZone);
    }

    public async Task<IActionResult> OnPostAsync(bool on, CancellationToken cancellationToken)
    {
        await messages.SwitchAsync(OwnAccount.IdOf(User), on, cancellationToken);
        TempData["Done"] = T[on ? "SwitchedOn" : "SwitchedOff"];
        return RedirectToPage();
    }
}
