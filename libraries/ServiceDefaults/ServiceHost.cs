using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ServiceDefaults;

/// <summary>Runs a service and says in words why one does not start.</summary>
public static class ServiceHost
{
    /// <summary>Watching for changed settings watches every folder below the current one, and nothing here reads settings twice.</summary>
    const string NoReload = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Where containers find secrets: a file per setting, named like the environment variable. What is there counts.</summary>
    public const string SecretFiles = "/run/secrets";

    /// <summary>A builder named after the service's own assembly, also when a test's process hosts it.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args, Type service)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = [.. args, NoReload], ApplicationName = service.Assembly.GetName().Name });
        builder.Configuration.AddKeyPerFile(SecretFiles, optional: true);
        return builder;
    }

    /// <summary>As its folder and its container are called: nightscout-ingester.</summary>
    public static string NameOf(IHostEnvironment service) => string.Concat(service.ApplicationName.Select((letter, at) => at > 0 && char.IsUpper(letter) ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    /// <returns>Exit code: 0, or 2 when a setting or the database's schema is wrong.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        try
        {
            var app = build();
            foreach (var warning in app.Services.GetRequiredService<SettingsCheck>().Warnings)
                app.Logger.LogWarning("Settings: {Warning:l}", warning);
            await app.RunAsync();
            return 0;
        }
        catch (Exception problem) when (Explain(problem) is { } text)
        {
            await Console.Error.WriteLineAsync($"Not started: {text}");
            return 2;
        }
    }

    /// <returns>What to change, or null when the failure is not about settings.</returns>
    public static string? Explain(Exception problem) => problem switch
    {
        SettingsException { Problems.Count: > 1 } settings => string.Concat(settings.Problems.Select(one => $"\n  - {one}")),
        SettingsException or SchemaMismatchException => problem.Message,
        AggregateException several => string.Join(" ", several.InnerExceptions.Select(Explain).Where(text => text is not null)) is { Length: > 0 } text ? text : null,
        _ => null,
    };
}
