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
        var nightscout = new Option<Uri?>("--nightscout")
        {
            Description = "Enrol one more participant, whose Nightscout this is",
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                    return url;
                result.AddError("--nightscout wants an address that starts with http:// or https://.");
                return null;
            },
        };
        var token = new Option<string?>("--token") { Description = "Of that site, when it is protected" };
        var days = new Option<int>("--days") { Description = "Days of synthetic data a site has", DefaultValueFactory = _ => 7 };
        var uploaders = new Option<int>("--uploaders") { Description = "How many of the six synthetic participants take part", DefaultValueFactory = _ => 6 };
        var configuration = new Option<string>("--configuration") { Hidden = true, DefaultValueFactory = _ => "release" };
        var postgres = new Option<string>("--postgres") { Required = true, Hidden = true };
        var build = new Option<string>("--build") { Required = true, Hidden = true };
        var folder = new Option<string>("--folder") { Required = true, Hidden = true };

        var command = new Command("demo", "Shows the whole way on this machine.") { check, sabotage, nightscout, token, days, uploaders, configuration, postgres, build, folder };
        command.Validators.Add(result =>
        {
            if (result.GetValue(sabotage) is not null && !result.GetValue(check))
                result.AddError("--sabotage needs --check.");
            if (result.GetValue(token) is not null && result.GetValue(nightscout) is null)
                result.AddError("--token needs --nightscout.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var demo = new Demo(new()
            {
                Postgres = parsed.GetRequiredValue(postgres),
                Build = parsed.GetRequiredValue(build),
                Folder = parsed.GetRequiredValue(folder),
                Nightscout = parsed.GetValue(nightscout),
                Token = parsed.GetValue(token),
                Days = parsed.GetValue(days),
                Uploaders = parsed.GetValue(uploaders),
                Configuration = parsed.GetRequiredValue(configuration),
                Sabotage = parsed.GetValue(sabotage),
            }, Console.Out);
            try
            {
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
}
