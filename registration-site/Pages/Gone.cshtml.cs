using Look;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RegistrationSite.Pages;

/// <summary>How far an erasure is, for whoever has the receipt's number, which is random; holds nothing personal.</summary>
public sealed class GoneModel(Erasure erasure, TimeProvider clock) : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Gone");

    public ErasureReceipt Receipt { get; private set; } = null!;

    /// <summary>Files of theirs on Open Humans that were deleted before; it stands in the page's address only, as all that names them is gone. Null: not known.</summary>
    [BindProperty(SupportsGet = true)]
    public int? Deleted { get; set; }

    /// <summary>Files stayed there, as they wished.</summary>
    [BindProperty(SupportsGet = true)]
    public bool Left { get; set; }

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public IEnumerable<(string What, DateTime? At)> Parts =>
    [
        (T["Part.Choices"], Receipt.AskedAt),
        (T["Part.Copying"], Receipt.CopyingAt),
        (T["Part.Collections"], Receipt.WarehouseAt),
        (T["Part.Files"], Receipt.PortalAt),
    ];

    /// <summary>What became of the files; null: not known.</summary>
    public IHtmlContent? Files => (Deleted, Left) switch
    {
        (null or < 0, _) => null,
        (0, true) => T.Html("Files.Left"),
        (0, false) => T.Html("Files.None"),
        ({ } number, true) => T.Html("Files.Some", MyDataModel.Files(number), When.Ago(Receipt.AskedAt)),
        ({ } number, false) => T.Html("Files.Deleted", MyDataModel.Files(number), When.Ago(Receipt.AskedAt)),
    };

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
