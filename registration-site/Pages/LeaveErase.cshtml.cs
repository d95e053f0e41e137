using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

/// <summary>Erases the participant; the files in their account first, if they wish, as long as we may.</summary>
[Authorize]
public sealed class LeaveEraseModel(Erasure erasure, OwnFiles files, Participants participants) : PageModel
{
    [BindProperty]
    public bool DeleteFiles { get; set; }

    /// <summary>Null: Open Humans does not say.</summary>
    public OwnFileCount? Files { get; private set; }

    public string? Problem { get; private set; }

    public bool SignInAgain { get; private set; }

    public string FilesInWords => Files switch
    {
        null => "We cannot see at the moment how many they are.",
        { Files: 0 } => "There are none at present.",
        var some => $"{MyDataModel.Count(some.Files, "file")}{(some.Bytes > 0 ? $", about {MyDataModel.Size(some.Bytes)}" : "")}, with the small ones that hold your address and your choice.",
    };

    public Task OnGetAsync(CancellationToken cancellationToken) => CountAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(OwnAccount.IdOf(User), cancellationToken);
        try
        {
            if (DeleteFiles)
                await files.DeleteAllAsync(participant.ParticipantId, cancellationToken);
        }
        catch (FilesNotDeletedException unfinished)
        {
            SignInAgain = unfinished.InnerException is SignInAgainException;
            Problem = $"{MyDataModel.Count(unfinished.Deleted, "file")} of your Open Humans account {(unfinished.Deleted == 1 ? "is" : "are")} deleted, then "
                + (SignInAgain ? "Open Humans did not know our permission any more. Sign in again, and come back to this page, or erase without deleting files." : "Open Humans had a problem. Please try again in a few minutes: it goes on with the rest.")
                + " The copying is paused meanwhile, so that no new file appears.";
            await CountAsync(cancellationToken);
            return Page();
        }
        var receipt = await erasure.BeginAsync(participant.ProjectMemberId, "participant", null, cancellationToken);
        await HttpContext.SignOutAsync();
        return receipt is { } number ? RedirectToPage("/Gone", new { receipt = number }) : RedirectToPage("/Index");
    }

    async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            Files = await files.CountAsync(OwnAccount.IdOf(User), cancellationToken);
        }
        catch (Exception problem) when (problem is OpenHumansException or SignInAgainException)
        {
            SignInAgain |= problem is SignInAgainException or OpenHumansRefusedException; // the page says that we cannot see
        }
    }
}
