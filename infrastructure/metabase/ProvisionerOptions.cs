using System.ComponentModel.DataAnnotations;
using Npgsql;
using ServiceDefaults;

namespace MetabaseProvisioner;

/// <summary>Configuration section <c>Metabase</c>, of which the portal reads the same names.</summary>
public sealed record ProvisionerOptions : IValidatableObject
{
    /// <summary>Metabase as it is reached from here.</summary>
    public Uri? InternalUrl { get; init; }

    /// <summary>Metabase's administrator, who is made on a fresh one.</summary>
    public string AdminEmail { get; init; } = "";

    /// <summary>Their password: six characters or more with a digit, and no common one.</summary>
    [Secret]
    public string AdminPassword { get; init; } = "";

    /// <summary>The commons' database as Metabase reaches it, with the role metabase_reader: Host=…;Port=…;Database=…;Username=metabase_reader;Password=…</summary>
    [Secret]
    public string Database { get; init; } = "";

    /// <summary>MB_EMBEDDING_SECRET_KEY of Metabase and the portal's key: 64 hexadecimal digits.</summary>
    [Secret]
    public string EmbeddingSecretKey { get; init; } = "";

    /// <summary>Where the numbers of the dashboards are written for the portal.</summary>
    public string DashboardsFile { get; init; } = "";

    /// <summary>Name of a fresh Metabase. Default: Data commons.</summary>
    public string SiteName { get; init; } = "Data commons";

    /// <summary>How long Metabase may take to start, and to read the tables. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Metabase__Patience must be between a second and a day.")]
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often it is asked meanwhile. Default: 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00", ErrorMessage = "Metabase__Poll must be between 0.01 seconds and a minute.")]
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What must be in no line that is printed.</summary>
    public IEnumerable<string> Secrets => new[] { AdminPassword, EmbeddingSecretKey.Trim(), Database, Connection?.Password }.OfType<string>().Where(secret => secret.Length > 0);

    /// <summary>Null: the setting cannot be read.</summary>
    public NpgsqlConnectionStringBuilder? Connection
    {
        get
        {
            try
            {
                return new(Database);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (InternalUrl is null)
            yield return new("Set Metabase__InternalUrl: the address of Metabase from here, for instance http://metabase:3000.", [nameof(InternalUrl)]);
        if (!new EmailAddressAttribute().IsValid(AdminEmail) || AdminEmail.Length == 0)
            yield return new("Set Metabase__AdminEmail: the e-mail of Metabase's administrator.");
        if (AdminPassword.Length < 6 || !AdminPassword.Any(char.IsAsciiDigit))
            yield return new("Set Metabase__AdminPassword: six characters or more, with a digit; for instance openssl rand -hex 24.");
        if (EmbeddingSecretKey.Trim() is not { Length: 64 } key || !key.All(char.IsAsciiHexDigit))
            yield return new("Metabase__EmbeddingSecretKey has to be 64 hexadecimal digits, the same as the portal's: openssl rand -hex 32.");
        if (Connection is not { Host.Length: > 0, Database.Length: > 0, Username.Length: > 0, Password.Length: > 0 })
            yield return new("Set Metabase__Database: Host=…;Database=…;Username=metabase_reader;Password=…");
        if (DashboardsFile.Length == 0)
            yield return new("Set Metabase__DashboardsFile: where the numbers of the dashboards are written, and the portal reads them.");
    }
}
