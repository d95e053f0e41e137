using System.ComponentModel.DataAnnotations;
using ServiceDefaults;

namespace DataManagementApp.Mails;

/// <summary>Configuration section <c>Smtp</c>: the server that takes the portal's mails.</summary>
public sealed record SmtpOptions : IValidatableObject
{
    /// <summary>Its name. Default: none; then mails wait, and nobody gets any.</summary>
    public string Host { get; init; } = "";

    /// <summary>587 or 25; a port that begins with TLS (465) is not supported. Default: 587.</summary>
    [Range(1, 65535)]
    public int Port { get; init; } = 587;

    /// <summary>Whether the connection is encrypted (STARTTLS); only a relay on this machine or a private network can do without. Default: true.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>Who signs in there. Default: nobody does.</summary>
    public string User { get; init; } = "";

    [Secret]
    public string Password { get; init; } = "";

    /// <summary>Sender of the mails. Needed as soon as there is a host.</summary>
    public string From { get; init; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Port == 465)
            yield return new("Smtp__Port 465 begins with TLS, which is not supported; use 587 with STARTTLS, or a relay.", [nameof(Port)]);
        if (Host.Length > 0 && Typed.Email(From) is null)
            yield return new("Set Smtp__From: the e-mail address that mails come from.", [nameof(From)]);
        if (User.Length > 0 && !StartTls)
            yield return new("Smtp__User needs Smtp__StartTls: a password is not sent in clear text.", [nameof(StartTls)]);
    }
}
