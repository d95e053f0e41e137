using System.Net.Mail;
using System.Text;

namespace Sandbox.Tests;

/// <summary>The server that catches mails, and its pages.</summary>
public sealed class MailTests
{
    [Test]
    public async Task A_mail_is_shown_as_it_was_written_with_its_links_and_nothing_in_it_is_markup()
    {
        await using var sandbox = await SandboxHost.StartAsync(new());
        const string Text = "Grüße,\n\nhttp://127.0.0.1:1/confirm?token=a&b=c\n\nor type ABCD-2345\n.\n.. <script>alert(1)</script>";
        using (var client = new SmtpClient("127.0.0.1", sandbox.Mail.Port))
        using (var message = new MailMessage("from@example.org", "to@example.org", "Bestätigung <b>", Text) { SubjectEncoding = Encoding.UTF8, BodyEncoding = Encoding.UTF8 })
            await client.SendMailAsync(message);

        var mail = await sandbox.Mail.WaitAsync("to@example.org", "Bestätigung");
        Assert.That((mail.Text, mail.Links.Single().Query, mail.Code), Is.EqualTo((Text, "?token=a&b=c", "ABCD-2345")));
        using var browser = new HttpClient { BaseAddress = sandbox.MailUrl };
        Assert.That(await browser.GetStringAsync("/"), Does.Contain("Best&#228;tigung &lt;b&gt;").And.Contain("href=\"/1\""));
        Assert.That(await browser.GetStringAsync("/1"), Does.Contain("<a href=\"http://127.0.0.1:1/confirm?token=a&amp;b=c\"").And.Contain("&lt;script&gt;").And.Not.Contain("<script"));
    }

    [Test]
    public async Task It_refuses_as_it_is_told_to()
    {
        await using var catcher = new MailCatcher(TimeProvider.System);
        catcher.RefuseNext("550 5.1.1 nobody of this name");
        using var client = new SmtpClient("127.0.0.1", catcher.Port);

        Assert.That(() => client.SendMailAsync("from@example.org", "to@example.org", "x", "y"), Throws.InstanceOf<SmtpException>().With.Property("StatusCode").EqualTo(SmtpStatusCode.MailboxUnavailable));
        await client.SendMailAsync("from@example.org", "to@example.org", "x", "y");
        Assert.That(catcher.Mails, Has.Count.EqualTo(1));
    }
}
