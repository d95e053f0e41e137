using Codebook;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

[Authorize]
public sealed class MetadataModel(Metadata metadata, Grants grants) : PageModel
{
    /// <summary>Words that every column and field shown holds.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Q { get; set; }

    public bool HasAccess { get; private set; }

    public DataDictionary Dictionary { get; private set; } = null!;

    public IHtmlContent Tables { get; private set; } = null!;

    public bool IsFiltered => !string.IsNullOrWhiteSpace(Q);

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var grant = await grants.CurrentAsync(Session.UserId(User), cancellationToken);
        HasAccess = grant is not null;
        Dictionary = (await metadata.ReadAsync(grant, cancellationToken)).Matching(Q);
        using var html = new StringWriter();
        DictionaryHtml.WriteTables(html, Dictionary);
        Tables = new HtmlString(html.ToString());
    }
}
