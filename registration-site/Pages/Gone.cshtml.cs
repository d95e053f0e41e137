using Look;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

/// <summary>How far an erasure is, for whoever has the receipt's number, which is random; holds nothing personal.</summary>
public sealed class GoneModel(Erasure erasure, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Gone");

    public ErasureReceipt Receipt { get; private set; } = null!;

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public IEnumerable<(string What, DateTime? At)> Parts =>
    [
        (T["Part.Choices"], Receipt.AskedAt),
        (T["Part.Copying"], Receipt.CopyingAt),
        (T["Part.Collections"], Receipt.WarehouseAt),
        (T["Part.Files"], Receipt.PortalAt),
    ];

    public async Task<IActionResult> OnGetAsync(Guid receipt, CancellationToken cancellationToken)
    {
        if (await erasure.FindAsync(receipt, cancellationToken) is not { } found)
            return NotFound();
        Receipt = found;
        if (found.CompletedAt is null)
            Response.Headers["Refresh"] = "10";
        return Page();
    }
}
