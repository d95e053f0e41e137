using System.ComponentModel.DataAnnotations;

namespace DataManagementApp.Access;

/// <summary>What is typed into the form of an application.</summary>
public sealed class ApplicationForm
{
    public const string Required = "Please fill this in.", TooLong = "Please keep this shorter.";

    [Required(ErrorMessage = Required), StringLength(200, ErrorMessage = TooLong)]
    public string? Name { get; set; }

    /// <summary>Of who is signed in: their account's, whatever is sent.</summary>
    [Required(ErrorMessage = "Please give your e-mail address.")]
    public string? Email { get; set; }

    [Required(ErrorMessage = Required), StringLength(60, ErrorMessage = TooLong)]
    public string? Phone { get; set; }

    [Required(ErrorMessage = Required), StringLength(300, ErrorMessage = TooLong)]
    public string? Organisation { get; set; }

    [Required(ErrorMessage = "Please choose one."), RegularExpression("yes|no|unsure", ErrorMessage = "Please choose one.")]
    public string? Irb { get; set; }

    [StringLength(300, ErrorMessage = TooLong)]
    public string? Sponsor { get; set; }

    public bool OpenAps { get; set; }

    public bool Nsf { get; set; }

    [Required(ErrorMessage = Required), StringLength(500, ErrorMessage = TooLong)]
    public string? Study { get; set; }

    [Required(ErrorMessage = Required), StringLength(8000, ErrorMessage = TooLong)]
    public string? Description { get; set; }
}

/// <summary>An application as it is stored. Times are UTC.</summary>
/// <param name="Irb">yes, no or unsure.</param>
/// <param name="Projects">As in <c>openaps.source_entities</c>.</param>
/// <param name="Study">Null: imported from the system before this one.</param>
/// <param name="RenewsGrantId">The grant that is to last longer; null: a new one is asked for.</param>
/// <param name="Reason">Why it was refused.</param>
public sealed record Application(
    long SeqId, string Name, string Email, string? Phone, string? Organisation, string Irb, string? Sponsor, int Projects, string? Study, string Description, string? TermsVersion, DateTime? TermsAccepted,
    long? UserId, long? RenewsGrantId, DateTime? ConfirmedAt, bool Processed, bool Granted, DateTime? ProcessedDate, string? Reason, long? GrantId)
{
    public const string Columns = """
        seq_id, researcher_name as name, email, phone_number as phone, organisation, irb_approval as irb, sponsor_organisation as sponsor, project_requests as projects, study,
        request_description as description, terms_version, terms_accepted, user_id, renews_grant_id, confirmed_at, application_processed as processed, application_granted as granted, processed_date,
        reason, grant_id
        """;

    public bool OpenAps => Projects is 0 or 2;

    public bool Nsf => Projects is 1 or 2;

    public string State => !Processed ? "waiting" : Granted ? "approved" : "refused";
}

/// <param name="ReviewerId">Null: the applicant wrote it.</param>
public sealed record ThreadMessage(long? ReviewerId, string? ReviewerName, DateTime At, string Text);
