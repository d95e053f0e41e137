using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

public sealed class IndexModel : PageModel
{
    public IActionResult OnGet() => RedirectToPage(User.Identity?.IsAuthenticated == true ? "/Exports" : "/SignIn");
}
