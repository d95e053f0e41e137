using DataManagementApp.Accounts;
using DataManagementApp.Api;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

/// <summary>A frozen version of the data: what it holds, how it is cited, what is new, how to get it.</summary>
[Authorize]
public sealed class ReleaseModel(Releases releases, Grants grants) : PageModel
{
    /// <summary>Files listed on the page; the manifest has all.</summary>
    public const int Longest = 200;

    public Release Release { get; private set; } = null!;

    public IReadOnlyList<ReleaseFile> Files { get; private set; } = [];

    public ReleaseDifference? Difference { get; private set; }

    public async Task<IActionResult> OnGetAsync(int number, CancellationToken cancellationToken)
    {
        if (await releases.FindAsync(number, cancellationToken) is not { IsReady: true } release || !release.MayBeReadWith(await grants.InUseAsync(User, cancellationToken)))
            return NotFound();
        Release = release;
        Files = await releases.FilesAsync(release, cancellationToken);
        Difference = await releases.DifferenceAsync(release, cancellationToken);
        return Page();
    }
}
