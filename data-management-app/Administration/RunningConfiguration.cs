using System.Collections;
using System.Reflection;
using DataManagementApp.Charts;
using DataManagementApp.Mails;
using ServiceDefaults;

namespace DataManagementApp.Administration;

/// <param name="Name">As it is set: <c>Portal__BaseUrl</c>.</param>
/// <param name="Value">As it runs, its default if it is not set; of a secret only whether there is one.</param>
public sealed record Setting(string Name, string Value, bool IsSecret);

/// <summary>The settings this process runs with.</summary>
public static class RunningConfiguration
{
    public static IReadOnlyList<Setting> Of(IServiceProvider services) =>
    [
        .. Of("Portal", services.GetRequiredService<PortalOptions>()), .. Of("Smtp", services.GetRequiredService<SmtpOptions>()),
        .. Of("Alerts", services.GetRequiredService<Alerts.AlertOptions>()), .. Of("Metabase", services.GetRequiredService<MetabaseOptions>()),
        .. Of("Postgres", services.GetRequiredService<PostgresOptions>()), .. Of("Secrets", services.GetRequiredService<SecretsOptions>()),
        new("DOTNET_ENVIRONMENT", services.GetRequiredService<IHostEnvironment>().EnvironmentName, IsSecret: false),
    ];

    public static IEnumerable<Setting> Of(string section, object options) =>
        from property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where property.CanWrite
        let secret = property.GetCustomAttribute<SecretAttribute>() is not null
        select new Setting($"{section}__{property.Name}", secret ? Hidden(property.GetValue(options)) : Text(property.GetValue(options)), secret);

    static string Hidden(object? value) => value is null or "" or ICollection { Count: 0 } ? "not set" : "set, not shown";

    static string Text(object? value) => value switch
    {
        null or "" => "not set",
        IReadOnlyDictionary<string, Uri> { Count: 0 } => "none",
        IReadOnlyDictionary<string, Uri> addresses => string.Join(", ", addresses.Select(address => $"{address.Key}: {Address(address.Value)}")),
        Uri address => Address(address),
        bool flag => flag ? "true" : "false",
        _ => $"{value}",
    };

    /// <summary>Without what may stand before the host: a password.</summary>
    static string Address(Uri address) => address.IsAbsoluteUri ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : address.OriginalString;
}
