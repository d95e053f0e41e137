using System.CommandLine;

namespace Sandbox.Demo;

/// <summary>The command behind <c>./demo</c>.</summary>
public static class DemoCommand
{
    public static Command New()
    {
        var check = new Option<bool>("--check") { Description = "Compare every record on the whole way, print one JSON line, and stop" };
        var sabotage = new Option<string?>("--sabotage") { Description = "With --check: alter one value after this step, which must then be found" };
        sabotage.AcceptOnlyFromAmong(Sabotaging.Steps);
        var nightscout = ServeCommand.UrlOption("--nightscout", "Enrol one more participant, whose Nightscout this is");
        var token = new Option<string?>("--token") { Description = "Of that site, when it is protected" };
        var days = new Option<int>("--days") { Description = "Days of synthetic data a site has", DefaultValueFactory = _ => 7 };
        var uploaders = new Option<int>("--uploaders") { Description = "How many of the six synthetic participants take part", DefaultValueFactory = _ => 6 };
        var configuration = new Option<string>("--configuration") { Hidden = true, DefaultValueFactory = _ => "release" };
        var postgres = new Option<string?>("--postgres") { Hidden = true };
        var build = new Option<string>("--build") { Hidden = true, DefaultValueFactory = _ => "." };
        var against = ServeCommand.UrlOption("--against", "With --check: the registration site of an installation that runs in containers with these stand-ins (docs/operations.md)");
        var invitation = ServeCommand.UrlOption("--invitation", "", hidden: true);
        var dashboards = new Option<bool>("--dashboards") { Hidden = true };
        var folder = new Option<string>("--folder") { Required = true, Hidden = true };

        var command = new Command("demo", "Shows the whole way on this machine.") { check, sabotage, nightscout, token, days, uploaders, against, invitation, dashboards, configuration, postgres, build, folder };
        command.Validators.Add(result =>
        {
            if (result.GetValue(sabotage) is not null && !result.GetValue(check))
                result.AddError("--sabotage needs --check.");
            if (result.GetValue(against) is not null && (!result.GetValue(check) || result.GetValue(invitation) is null))
                result.AddError("--against needs --check, and ./demo.");
            if (result.GetValue(token) is not null && result.GetValue(nightscout) is null)
                result.AddError("--token needs --nightscout.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var demo = new Demo(new()
                {
                    Postgres = parsed.GetValue(postgres) ?? Setting("Postgres__Connection"),
                    Build = parsed.GetRequiredValue(build),
                    Folder = parsed.GetRequiredValue(folder),
                    Nightscout = parsed.GetValue(nightscout),
                    Token = parsed.GetValue(token),
                    Days = parsed.GetValue(days),
                    Uploaders = parsed.GetValue(uploaders),
                    Configuration = parsed.GetRequiredValue(configuration),
                    Sabotage = parsed.GetValue(sabotage),
                    Installation = parsed.GetValue(against) is { } site ? InstallationOf(site, parsed.GetValue(invitation)!, parsed.GetValue(dashboards)) : null,
                }, Console.Out);
                if (parsed.GetValue(check))
                    return (await demo.CheckAsync(cancellationToken)).Mismatches.Count == 0 ? 0 : 1;
                await demo.RunAsync(cancellationToken);
                return 0;
            }
            catch (DemoException problem)
            {
                Console.Error.WriteLine($"demo: {problem.Message}");
                return 1;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return 130;
            }
        });
        return command;
    }

    /// <summary>As the container of infrastructure/docker/sandbox.yml is told it.</summary>
    static Installation InstallationOf(Uri registrationSite, Uri invitation, bool hasDashboards) => new(registrationSite, new(invitation.GetLeftPart(UriPartial.Authority)), invitation,
        new("reverse-proxy", 8443), new Uri(Setting("OpenHumans__BaseUrl")).Host, Setting("OpenHumans__ClientId"), Setting("OpenHumans__ClientSecret"),
        Environment.GetEnvironmentVariable("Registration__WebhookSecret") is { Length: > 0 } secret ? secret : null, hasDashboards);

    static string Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new DemoException($"The setting {name} is missing.");
}
