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
            var other = app.Services.GetService<DeploymentKey>() is { } key ? await key.ProblemAsync(cancellationToken) : null; // no error: while the key is changed it is so
            IReadOnlyList<string> warnings = [.. app.Services.GetRequiredService<SettingsCheck>().Warnings, .. other is null ? Array.Empty<string>() : [other]];
            return SettingsCheck.Print(output, [], warnings, $"the settings of {ServiceHost.NameOf(app.Environment)} are in order ({app.Environment.EnvironmentName})");
        }
        catch (SettingsException wrong)
        {
            return SettingsCheck.Print(output, wrong.Problems, wrong.Warnings, "");
        }
    }
}
