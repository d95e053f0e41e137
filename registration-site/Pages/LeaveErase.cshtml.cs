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
    static readonly Texts T = Texts.Of("Pages.LeaveErase");

    [BindProperty]
    public bool DeleteFiles { get; set; }

    /// <summary>Files that were deleted when trying before.</summary>
    [BindProperty]
    public int DeletedBefore { get; set; }

    /// <summary>Null: Open Humans does not say.</summary>
    public OwnFileCount? Files { get; private set; }

    public string? Problem { get; private set; }

    public bool SignInAgain { get; private set; }

    public string FilesInWords => Files switch
    {
        null => T["Files.Unknown"],
        { Files: 0 } => T["Files.None"],
        { Bytes: > 0 } some => T["Files.Size", MyDataModel.Files(some.Files), MyDataModel.Size(some.Bytes)],
        var some => T["Files", MyDataModel.Files(some.Files)],
    };

    public Task OnGetAsync(CancellationToken cancellationToken) => CountAsync(cancellationToken);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(OwnAccount.IdOf(User), cancellationToken);
        try
        {
            if (DeleteFiles)
                DeletedBefore += await files.DeleteAllAsync(participant.ParticipantId, cancellationToken);
        }
        catch (FilesNotDeletedException unfinished)
        {
            DeletedBefore += unfinished.Deleted;
            SignInAgain = unfinished.InnerException is SignInAgainException;
            Problem = string.Join(' ',
                unfinished.Deleted switch { 0 => T["Deleted.None"], 1 => T["Deleted.One"], var deleted => T["Deleted", $"{deleted:N0}"] },
                SignInAgain ? T["SignInAgain"] : T["TryAgain"],
                T["Paused"]);
            await CountAsync(cancellationToken);
            return Page();
        }
        var receipt = await erasure.BeginAsync(participant.ProjectMemberId, "participant", null, new(DeletedBefore, !DeleteFiles), cancellationToken);
        await HttpContext.SignOutAsync();
        return receipt is { } number ? RedirectToPage("/Gone", new { receipt = number, deleted = DeletedBefore, left = !DeleteFiles }) : RedirectToPage("/Index");
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
