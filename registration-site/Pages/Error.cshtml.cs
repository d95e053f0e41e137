using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OpenHumans;
using Register;

namespace RegistrationSite.Pages;

[ResponseCache(NoStore = true), IgnoreAntiforgeryToken]
public sealed class ErrorModel : PageModel
{
    static readonly Texts T = Texts.Of("Pages.Error");

    public string Title { get; private set; } = "";

    public string Text { get; private set; } = "";

    public void OnGet() => Explain();

    public void OnPost() => Explain();

    void Explain()
    {
        var what = HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error switch
        {
            SignInAgainException => "SignInAgain",
            OpenHumansException => "OpenHumans",
            { } => "Ours",
            null => Response.StatusCode switch
            {
                StatusCodes.Status404NotFound => "NotFound",
                StatusCodes.Status400BadRequest => "TooOld",
                StatusCodes.Status429TooManyRequests => "TooMany",
                _ => "Other",
            },
        };
        (Title, Text) = (T[$"{what}.Title"], T[what]);
    }
}
