using Microsoft.Extensions.Configuration;
using ServiceDefaults;

namespace Db;

/// <summary>What <c>config check</c> says of the migrator's own settings. No database is asked.</summary>
public static class MigratorSettings
{
    /// <summary>Those that Docker Compose starts services with.</summary>
    static readonly string[] Roles = ["registration_site", "nightscout_ingester", "open_humans_etl", "data_management_app"];

    /// <param name="configuration">Without <c>ASPNETCORE_ENVIRONMENT</c> it is production, as for the services.</param>
    public static SettingsCheck Check(IConfiguration configuration)
    {
        var check = new SettingsCheck();
        var inProduction = (configuration["ASPNETCORE_ENVIRONMENT"] ?? "Production").Equals("Production", StringComparison.OrdinalIgnoreCase);
        var options = check.Read<PostgresOptions>(configuration, "Postgres");
        if (inProduction)
            Postgres.CheckForProduction(check, options, "DATABASE_OWNER_PASSWORD");
        foreach (var role in Roles.Where(role => string.IsNullOrEmpty(configuration[$"RolePasswords:{role}"])))
            check.Warn($"RolePasswords__{role} is empty: the role's password is left alone; Docker Compose needs it: openssl rand -hex 24.");
        foreach (var (role, password) in configuration.GetSection("RolePasswords").AsEnumerable(makePathsRelative: true))
            if (inProduction && password?.Contains("change-me", StringComparison.Ordinal) == true)
                check.Refuse($"RolePasswords__{role} is the password of the example. Give the role one of its own: openssl rand -hex 24.");
        if (configuration["Original:Connection"] is { Length: > 0 } original && Postgres.Parse(original) is not { Host.Length: > 0 })
            check.Refuse("Original__Connection is not of the form Host=…;Database=…;Username=…;Password=…; a value with a semicolon stands in quotes.");
        return check;
    }
}
