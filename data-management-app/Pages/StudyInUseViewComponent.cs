using DataManagementApp.Access;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Mvc;

namespace DataManagementApp.Pages;

/// <summary>Names the study that somebody works in, and says once that the one before has ended.</summary>
public sealed class StudyInUseViewComponent(Studies studies) : ViewComponent
{
    public async Task<IViewComponentResult> InvokeAsync() => View(await studies.InUseAsync(Session.UserId(UserClaimsPrincipal), HttpContext.RequestAborted));
}
