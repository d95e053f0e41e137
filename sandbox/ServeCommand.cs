using System.CommandLine;

namespace Sandbox;

/// <summary><c>serve</c>: the stand-ins with one site and one member per uploader, until Ctrl-C.</summary>
static class ServeCommand
{
    public static Command New()
    {
        var openHumansPort = new Option<int>("--open-humans-port") { Description = "0: a free one", DefaultValueFactory = _ => 7001 };
        var nightscoutPort = new Option<int>("--nightscout-port") { Description = "0: a free one", DefaultValueFactory = _ => 7002 };
        var redirectUri = UrlOption("--redirect-uri", "The project's registered redirect URL", required: true);
        var clientId = new Option<string>("--client-id") { Required = true };
        var clientSecret = new Option<string>("--client-secret") { Required = true };
        var webhookSecret = new Option<string?>("--webhook-secret") { Description = "Signs the webhook; 16 to 64 characters" };
        var webhookUrl = UrlOption("--webhook-url", "Where a member's leaving is told");
        var days = new Option<int>("--days") { Description = "Days of data on each site", DefaultValueFactory = _ => 14 };

        var command = new Command("serve", "Starts the stand-ins and prints what is there.") { openHumansPort, nightscoutPort, redirectUri, clientId,
            clientSecret, webhookSecret, webhookUrl, days };
        command.SetAction((arguments, cancellationToken) => ServeAsync(new()
        {
            OpenHumansPort = arguments.GetValue(openHumansPort),
            NightscoutPort = arguments.GetValue(nightscoutPort),
            OpenHumans = new()
            {
                RedirectUri = arguments.GetValue(redirectUri)!,
                ClientId = arguments.GetRequiredValue(clientId),
                ClientSecret = arguments.GetRequiredValue(clientSecret),
                WebhookSecret = arguments.GetValue(webhookSecret),
                WebhookUrl = arguments.GetValue(webhookUrl),
            },
        }, arguments.GetValue(days), cancellationToken));
        return command;
    }

    public static Option<Uri?> UrlOption(string name, string description, bool required = false, bool hidden = false) => new(name)
    {
        Description = description,
        Required = required,
        Hidden = hidden,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                return url;
            result.AddError($"{name} wants an address that starts with http:// or https://.");
            return null;
        },
    };

    static async Task ServeAsync(SandboxOptions options, int days, CancellationToken cancellationToken)
    {
        await using var sandbox = await SandboxHost.StartAsync(options, cancellationToken);
        Console.WriteLine($"Open Humans  {sandbox.OpenHumansUrl}");
        Console.WriteLine($"Nightscout   {sandbox.NightscoutUrl}");
        Console.WriteLine($"Mails        {sandbox.MailUrl}   (SMTP on 127.0.0.1:{sandbox.Mail.Port})");
        Console.WriteLine();
        Console.WriteLine($"{"member",-10} {"site",-44} token");
        foreach (var (index, uploader) in Enum.GetValues<Uploader>().Index())
        {
            var site = sandbox.Sites.Add(Synthetic.Site(uploader, index + 1, days, options.Time.GetUtcNow()));
            var token = site.AddToken();
            site.Options = site.Options with { DefaultRole = index % 2 == 0 ? "readable" : "denied" }; // every second needs its token
            Console.WriteLine($"{sandbox.OpenHumans.AddMember().Id,-10} {sandbox.Sites.UrlOf(site),-44} {token}{(index % 2 == 0 ? "" : " (needed)")}");
        }
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("Stopped.");
        }
    }
}
