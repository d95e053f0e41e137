using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

[ResponseCache(NoStore = true), IgnoreAntiforgeryToken]
public sealed class ErrorModel : PageModel
{
    public string Title { get; private set; } = "";

    public string Text { get; private set; } = "";

    public void OnGet() => Explain();

    public void OnPost() => Explain();

    void Explain() => (Title, Text) = HttpContext.Features.Get<IExceptionHandlerFeature>() is not null
        ? ("Something went wrong on our side", "Nothing was changed. Please try again; if it happens again, write to the administrators.")
        : Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ("There is no such page", "The address may be old, or not yours to see."),
            StatusCodes.Status410Gone => ("This file is gone", "It was kept long enough, or somebody in it withdrew their consent. Please build it again; delete the copy you have."),
            StatusCodes.Status400BadRequest => ("This form is too old", "Please go back, load the page again and send it once more."),
            _ => ("That did not work", "Please try again."),
        };
}
