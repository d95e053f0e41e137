using DataManagementApp.Exports;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace DataManagementApp.Pages;

[AllowAnonymous, ResponseCache(NoStore = true), IgnoreAntiforgeryToken]
public sealed class ErrorModel : PageModel
{
    public string Title { get; private set; } = "";

    public string Text { get; private set; } = "";

    /// <summary>The next step, where it is not the start page.</summary>
    public (string Text, string Address) Button { get; private set; } = ("Back to the start", "/");

    public void OnGet() => Explain();

    public void OnPost() => Explain();

    void Explain()
    {
        if (HttpContext.Items[typeof(GoneExport)] is GoneExport gone)
            (Title, Text, Button) = (gone.Title, gone.Detail, (gone.Button ?? "Your files", gone.Link ?? "/exports"));
        else
            (Title, Text) = Other();
    }

    (string, string) Other() => HttpContext.Features.Get<IExceptionHandlerFeature>() is not null
        ? ("Something went wrong on our side", "Nothing was changed. Please try again; if it happens again, write to the administrators.")
        : Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ("There is no such page", "The address may be old, or not yours to see."),
            StatusCodes.Status400BadRequest => ("This form is too old", "Please go back, load the page again and send it once more."),
            StatusCodes.Status429TooManyRequests => ("Too many tries", "So many forms came from your network within a minute that we take no more for now. Please wait a minute, go back, and send it once more."),
            _ => ("That did not work", "Please try again."),
        };
}
