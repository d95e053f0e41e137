using System.CommandLine;
using System.Net;

namespace Sandbox;

/// <summary><c>mails</c>: the mail catcher alone, reachable from other machines, so for a container's private network only.</summary>
static class MailsCommand
{
    public static Command New()
    {
        var smtpPort = new Option<int>("--smtp-port") { DefaultValueFactory = _ => 2525 };
        var port = new Option<int>("--port") { Description = "Of the page that shows them", DefaultValueFactory = _ => 8025 };
        var command = new Command("mails", "Takes every mail, delivers none, and shows them on a page.") { smtpPort, port };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var catcher = new MailCatcher(TimeProvider.System, IPAddress.Any, arguments.GetValue(smtpPort));
            var (app, _) = await WebServer.StartAsync(arguments.GetValue(port), app => MailPages.Map(app, catcher), cancellationToken, IPAddress.Any);
            await using (app)
                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        return command;
    }
}
