using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ServiceDefaults;

/// <summary>The command <c>config check</c>, the same in every service: what its start would say of the settings, and nothing is started.</summary>
public static class ConfigCommand
{
    /// <param name="build">Wires the service.</param>
    public static Command New(Func<WebApplication> build)
    {
        var check = new Command("check", "Names every setting that is missing, malformed or unsafe, and those that nothing reads; never a value. Exit code 1 when the service would not start.");
        check.SetAction((_, cancellationToken) => CheckAsync(build, Console.Out, cancellationToken));
        return new("config", "What is to be said of the settings.") { check };
    }

    public static async Task<int> CheckAsync(Func<WebApplication> build, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = build();
            foreach (var warning in app.Services.GetRequiredService<SettingsCheck>().Warnings)
                await output.WriteLineAsync($"warning  {warning}");
            if (app.Services.GetService<DeploymentKey>() is { } key && await key.ProblemAsync(cancellationToken) is { } other) // no error: while the key is changed it is so
                await output.WriteLineAsync($"warning  {other}");
            await output.WriteLineAsync($"ok       the settings of {ServiceHost.NameOf(app.Environment)} are in order ({app.Environment.EnvironmentName})");
            return 0;
        }
        catch (SettingsException wrong)
        {
            foreach (var problem in wrong.Problems)
                await output.WriteLineAsync($"error    {problem}");
            foreach (var warning in wrong.Warnings)
                await output.WriteLineAsync($"warning  {warning}");
            return 1;
        }
    }
}
