namespace RegistrationSite;

/// <summary>Who reads the page: what they said last, when they chose what to share.</summary>
/// <param name="IsGuardian">A parent or guardian: the data is their child's.</param>
public sealed record Reader(bool IsGuardian);

public static class ReaderExtensions
{
    /// <summary>False also of who has not said it, or is not signed in.</summary>
    public static bool IsGuardian(this HttpContext context) => context.Features.Get<Reader>()?.IsGuardian == true;
}
