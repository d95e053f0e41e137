using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

[Authorize(Roles = Session.Reviewer)]
public sealed class ReviewModel(Review review, TimeProvider clock) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public int From { get; set; }

    public IReadOnlyList<Application> Applications { get; private set; } = [];

    public int Waiting { get; private set; }

    public PageLinks Links { get; private set; } = null!;

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var read = await review.ListAsync(PageLinks.Skip(From), PageLinks.Read, cancellationToken);
        Waiting = await review.WaitingAsync(cancellationToken);
        (Applications, Links) = ([.. read.Take(PageLinks.Shown)], PageLinks.Of(Request, From, read.Count));
    }
}
