using System.ComponentModel.DataAnnotations;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ServiceDefaults;

/// <summary>Configuration section <c>Postgres</c>.</summary>
public sealed record PostgresOptions : IValidatableObject
{
    /// <summary>Connection setting of the service's own role: <c>Host=…;Database=…;Username=…;Password=…</c>.</summary>
    [Secret]
    [Required(ErrorMessage = "Set Postgres__Connection, for instance: Host=localhost;Database=openaps;Username=…;Password=…")]
    public string Connection { get; init; } = "";

    /// <summary>Most connections this process opens; whoever holds one waits for no second one, so that few are enough. Those of all services must sum below the server's <c>max_connections</c>. Default: 20.</summary>
    [Range(1, 1000)]
    public int MaxPoolSize { get; init; } = 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Connection.Length > 0 && Postgres.Parse(Connection) is not { Host.Length: > 0 })
            yield return new("Postgres__Connection is not of the form Host=…;Database=…;Username=…;Password=…; a value with a semicolon stands in quotes.", [nameof(Connection)]);
    }
}

public static class Postgres
{
    /// <summary>One <see cref="NpgsqlDataSource"/> for the service, a health check on it, and the check that this build suits the schema.</summary>
    public static WebApplicationBuilder AddPostgres(this WebApplicationBuilder builder)
    {
        var options = builder.AddValidated<PostgresOptions>("Postgres");
        if (builder.Environment.IsProduction())
            CheckForProduction(SettingsCheck.Of(builder), options, $"RolePasswords__{ServiceHost.NameOf(builder.Environment).Replace('-', '_')}");
        builder.Services.AddSingleton(services => Open(services.GetRequiredService<PostgresOptions>()));
        builder.Services.AddHostedService<SchemaGate>();
        builder.Services.AddSingleton<ConnectionWatch>().AddHostedService(services => services.GetRequiredService<ConnectionWatch>());
        builder.Services.AddHostedService<InstanceBeat>();
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database", timeout: TimeSpan.FromSeconds(5));
        return builder;
    }

    /// <summary>What production refuses of a connection, and what is perhaps not meant.</summary>
    /// <param name="setting">That of <c>.env.example</c> which Docker Compose takes the password from.</param>
    public static void CheckForProduction(SettingsCheck check, PostgresOptions options, string setting)
    {
        if (Parse(options.Connection) is not { Host: { Length: > 0 } hosts } connection)
            return; // told already
        if (string.IsNullOrEmpty(connection.Database))
            check.Refuse("Postgres__Connection has no Database.");
        if (string.IsNullOrEmpty(connection.Username))
            check.Refuse("Postgres__Connection has no Username.");
        var needsPassword = string.IsNullOrEmpty(connection.Passfile) && string.IsNullOrEmpty(connection.SslCertificate) && hosts[0] is not ('/' or '@'); // a socket: the server knows the user
        if (needsPassword && string.IsNullOrEmpty(connection.Password))
            check.Refuse($"Postgres__Connection has no Password: set {setting}, of which Docker Compose makes it (openssl rand -hex 24).");
        if (options.Connection.Contains("change-me", StringComparison.Ordinal))
            check.Refuse($"Postgres__Connection has the password of the example. Give the role one of its own: {setting} (openssl rand -hex 24).");
        if (connection.SslMode < SslMode.Require && !hosts.Split(',').All(host => Network.IsInside(host.Trim())))
            check.Warn("Postgres__Connection leads to a database elsewhere and does not demand encryption: add SslMode=Require (Docker Compose: DATABASE_OPTIONS).");
    }

    public static NpgsqlDataSource Open(PostgresOptions options)
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true; // without it a snake_case row does not fill a record
        var connection = new NpgsqlConnectionStringBuilder(options.Connection)
        {
            MaxPoolSize = options.MaxPoolSize,
            Timezone = "UTC",
            IncludeErrorDetail = false, // details quote values of the row
            GssEncryptionMode = GssEncryptionMode.Disable, // no Kerberos: asking for it says in each container's log that its library is missing
            WriteBufferSize = 64 * 1024, // COPY in fewer pieces
        };
        connection.Options ??= "-c jit=off"; // it compiles for seconds what runs for milliseconds
        return NpgsqlDataSource.Create(connection);
    }

    /// <returns>Why the database cannot be used, and what to do; without anything of the connection.</returns>
    static string Explain(NpgsqlException problem) => problem switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } => "the database refuses the user or password of Postgres__Connection; run the migrator with the RolePasswords__… that the services have",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => "there is no database of the name in Postgres__Connection",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => "the database has no connection left; raise its max_connections, or lower Postgres__MaxPoolSize",
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => "the database is starting or stopping; if that lasts, see its log",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "the database's disk is full; make room",
        PostgresException { SqlState: var state } => $"the database answers with error {state}; see its log",
        { InnerException: TimeoutException } => "the database does not answer in time; see whether it is overloaded, or all connections of this process (Postgres__MaxPoolSize) are in use",
        _ => "the database does not answer; see whether it runs, and whether Postgres__Connection names its host and port",
    };

    /// <returns>Null: it is empty, or no connection setting; why is not told, because it quotes the text.</returns>
    public static NpgsqlConnectionStringBuilder? Parse(string? connection)
    {
        try
        {
            return string.IsNullOrEmpty(connection) ? null : new(connection);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    sealed class DatabaseHealth(NpgsqlDataSource db) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = db.CreateCommand("select 1");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException problem)
            {
                return HealthCheckResult.Unhealthy(Explain(problem));
            }
        }
    }
}
