using DataManagementApp.Access;

namespace DataManagementApp.Pages;

/// <summary>The messages of an application, as one of the two sides sees them.</summary>
/// <param name="Action">Where the form goes.</param>
/// <param name="Token">Of the applicant's link; null: who is signed in.</param>
/// <param name="Id">Of the application, for an applicant who is signed in.</param>
/// <param name="Typed">What could not be sent.</param>
/// <param name="Problem">Why not.</param>
public sealed record ThreadView(IReadOnlyList<ThreadMessage> Messages, string ApplicantName, bool ForReviewers, bool IsOpen, string Action, string? Token, long? Id, string? Typed, string? Problem)
{
    public const int Longest = 4000;

    /// <returns>Null: the text can be sent.</returns>
    public static string? Check(string? text) => DataManagementApp.Typed.Lines(text).Length switch
    {
        0 => "Please write something.",
        > Longest => "Please keep it below 4,000 letters.",
        _ => null,
    };
}
