using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

[ResponseCache(NoStore = true), IgnoreAntiforgeryToken]
public sealed class ErrorModel : PageModel
{
    public string Title { get; private set; } = "";

    public string Text { get; private set; } = "";

    public void OnGet() => Explain();

    public void OnPost() => Explain();

    void Explain() => (Title, Text) = HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error switch
    {
        SignInAgainException => ("Please sign in with Open Humans again", "Open Humans does not know our permission any more. Sign in again and everything goes on as before."),
        OpenHumansException => ("Open Humans does not answer", "We need Open Humans for this page. Please try again in a few minutes."),
        { } => ("Something went wrong on our side", "Nothing of yours was changed. Please try again; if it happens again, write to us."),
        null => Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ("There is no such page", "The address may be old or mistyped."),
            StatusCodes.Status400BadRequest => ("This form is too old", "Please go back, load the page again and send it once more."),
            StatusCodes.Status429TooManyRequests => ("Too many tries", "Please wait ten minutes and try again."),
            _ => ("That did not work", "Please try again."),
        },
    };
}
