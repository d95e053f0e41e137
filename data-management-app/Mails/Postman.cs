using System.Net;
using System.Net.Mail;
using System.Text;

namespace DataManagementApp.Mails;

/// <summary>A mail was not taken.</summary>
/// <param name="problem">Why, in words of ours: what a server answers may quote addresses.</param>
/// <param name="isFinal">The recipient's address is refused: trying again changes nothing.</param>
public sealed class UndeliveredException(string problem, bool isFinal) : Exception(problem)
{
    public bool IsFinal => isFinal;
}

/// <summary>Hands one mail to the server that <see cref="SmtpOptions"/> names.</summary>
public sealed class Postman(SmtpOptions options, PortalOptions portal)
{
    const int Patience = 30_000; // milliseconds

    public bool HasServer => options.Host.Length > 0;

    /// <exception cref="UndeliveredException">The server does not answer, or does not take it.</exception>
    public async Task SendAsync(long mailId, string recipient, string subject, string body, CancellationToken cancellationToken)
    {
        using var message = new MailMessage(new MailAddress(options.From, "Diabetes data commons"), new MailAddress(recipient))
        {
            Subject = subject,
            SubjectEncoding = Encoding.UTF8,
            Body = body,
            BodyEncoding = Encoding.UTF8,
            IsBodyHtml = false,
        };
        message.Headers["Message-ID"] = $"<mail-{mailId}@{portal.BaseUrl!.Host}>"; // the same when it is sent twice
        message.Headers["Auto-Submitted"] = "auto-generated"; // no absence notes in return
        using var client = new SmtpClient(options.Host, options.Port) { EnableSsl = options.StartTls, Timeout = Patience, UseDefaultCredentials = false };
        if (options.User.Length > 0)
            client.Credentials = new NetworkCredential(options.User, options.Password);
        try
        {
            await client.SendMailAsync(message, cancellationToken);
        }
        catch (SmtpException problem)
        {
            throw Explain(problem);
        }
    }

    static UndeliveredException Explain(SmtpException problem) => problem switch
    {
        { StatusCode: SmtpStatusCode.GeneralFailure } => new("no connection to the mail server, or it broke off", isFinal: false),
        { StatusCode: SmtpStatusCode.MustIssueStartTlsFirst or SmtpStatusCode.ClientNotPermitted } or { InnerException: System.Security.Authentication.AuthenticationException } =>
            new("the mail server does not accept how we connect or sign in", isFinal: false),
        SmtpFailedRecipientException { StatusCode: var code } when (int)code is >= 500 => new($"the recipient's address was refused ({(int)code})", isFinal: true),
        { StatusCode: var code } => new($"the mail server answered {(int)code}", isFinal: false),
    };
}
