using System.ComponentModel.DataAnnotations;
using DataManagementApp.Access;
using DataManagementApp.Accounts;
using DataManagementApp.Administration;
using Look;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages.Administration;

/// <summary>Everybody with an account and what they did, and the form to invite somebody.</summary>
[Authorize(Roles = Session.Administrator)]
public sealed class UsersModel(People people, TimeProvider clock) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string? Q { get; set; }

    [BindProperty(SupportsGet = true)]
    public int From { get; set; }

    [BindProperty, Required(ErrorMessage = ApplicationForm.Required)]
    public string? Email { get; set; }

    [BindProperty, Required(ErrorMessage = ApplicationForm.Required), StringLength(200, ErrorMessage = ApplicationForm.TooLong)]
    public string? Name { get; set; }

    [BindProperty, Required(ErrorMessage = "Please choose one."), RegularExpression("researcher|reviewer|administrator", ErrorMessage = "There is no such role.")]
    public string? Role { get; set; }

    [BindProperty]
    public bool OpenAps { get; set; }

    [BindProperty]
    public bool Nsf { get; set; }

    [BindProperty]
    public int Months { get; set; } = 12;

    [BindProperty, StringLength(500, ErrorMessage = ApplicationForm.TooLong)]
    public string? Study { get; set; }

    public IReadOnlyList<Person> People { get; private set; } = [];

    public PageLinks Links { get; private set; } = null!;

    public When When { get; } = new(clock.GetUtcNow().UtcDateTime);

    public Task OnGetAsync(CancellationToken cancellationToken)
    {
        ModelState.Clear();
        return FillAsync(cancellationToken);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (Typed.Email(Email) is null && ModelState[nameof(Email)]?.Errors.Count is null or 0)
            ModelState.AddModelError(nameof(Email), "That is not an e-mail address we can write to.");
        if ((OpenAps || Nsf) && (Typed.Line(Study).Length == 0 || !Review.Terms.Contains(Months)))
            ModelState.AddModelError(nameof(Study), "Please say what the access is for.");
        if (ModelState.IsValid)
        {
            if (await people.InviteAsync(new(Typed.Email(Email)!, Typed.Line(Name), Role!, OpenAps, Nsf, Months, Typed.Line(Study)), Session.UserId(User), cancellationToken) is { } id)
            {
                TempData["Done"] = "The invitation is on its way.";
                return RedirectToPage("/Administration/User", new { id });
            }
            ModelState.AddModelError(nameof(Email), "There is an active account with this address.");
        }
        await FillAsync(cancellationToken);
        return Page();
    }

    /// <summary>What is not as usual; null: nothing.</summary>
    public static string? State(Person person) => person switch
    {
        { Deactivated: true } => "deactivated",
        { HasPassword: false } => "no password yet",
        { Locked: true } => "locked for a while",
        _ => null,
    };

    async Task FillAsync(CancellationToken cancellationToken)
    {
        var read = await people.ListAsync(Typed.Line(Q) is { Length: > 0 } text ? text : null, PageLinks.Skip(From), PageLinks.Read, cancellationToken);
        (People, Links) = ([.. read.Take(PageLinks.Shown)], PageLinks.Of(Request, From, read.Count));
    }
}
