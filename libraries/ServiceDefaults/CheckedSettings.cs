using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults;

/// <summary>How a service reads its settings while it is wired.</summary>
public static class CheckedSettings
{
    /// <summary>Binds a configuration section to a record of options; what is wrong with it stops the start, together with everything else that is.</summary>
    /// <returns>The bound options, for use while wiring; defaults where a value is wrong.</returns>
    public static T AddValidated<T>(this WebApplicationBuilder builder, string section) where T : class, new()
    {
        var options = SettingsCheck.Of(builder).Read<T>(builder.Configuration, section);
        builder.Services.AddSingleton(options);
        return options;
    }

    /// <summary>A setting that production refuses.</summary>
    /// <param name="problem">Which, why, and what to do.</param>
    public static void RefuseInProduction(this WebApplicationBuilder builder, bool isUnsafe, string problem)
    {
        if (isUnsafe && builder.Environment.IsProduction())
            SettingsCheck.Of(builder).Refuse(problem);
    }

    /// <summary>A setting that is allowed in production and perhaps not meant.</summary>
    public static void WarnInProduction(this WebApplicationBuilder builder, bool isOdd, string warning)
    {
        if (isOdd && builder.Environment.IsProduction())
            SettingsCheck.Of(builder).Warn(warning);
    }

    /// <summary>An address by which browsers or people come: others than of this machine need https in production.</summary>
    public static bool IsInClear(Uri? address) => address is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false };

    /// <summary>A host that people come to and that is still the one of <c>.env.example</c>.</summary>
    /// <param name="setting">Its name.</param>
    public static void WarnOfExample(this WebApplicationBuilder builder, string setting, string? host) =>
        builder.WarnInProduction($".{host}".EndsWith(".example.org", StringComparison.OrdinalIgnoreCase) || $".{host}".EndsWith(".example.com", StringComparison.OrdinalIgnoreCase), $"{setting} is the example's address. Give your own.");

    /// <exception cref="SettingsException">With everything that is wrong, before anything is started.</exception>
    public static WebApplication BuildChecked(this WebApplicationBuilder builder)
    {
        var check = SettingsCheck.Of(builder);
        check.LookForUnknown(builder.Configuration);
        return check.Problems.Count == 0 ? builder.Build() : throw new SettingsException(check.Problems, check.Warnings);
    }
}
