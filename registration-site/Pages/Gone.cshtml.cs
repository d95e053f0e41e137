using Look;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

/// <summary>How far an erasure is, for whoever has the receipt's number, which is random; holds nothing personal.</summary>
public sealed class GoneModel(Erasure erasure, TimeProvider clock) : PageModel
{
    public ErasureReceipt Receipt { get; private set; } = null!;

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public IEnumerable<(string What, DateTime? At)> Parts =>
    [
        ("Your choices, tokens and member number", Receipt.AskedAt),
        ("The record of the copying, and your report", Receipt.CopyingAt),
        ("Your data in the research collections", Receipt.WarehouseAt),
        ("Files for researchers that held it", Receipt.PortalAt),
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
