using System.ComponentModel.DataAnnotations;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ServiceDefaults;

/// <summary>Configuration section <c>Postgres</c>.</summary>
public sealed record PostgresOptions
{
    /// <summary>Connection setting of the service's own role: <c>Host=…;Database=…;Username=…;Password=…</c>.</summary>
    [Secret]
    [Required(ErrorMessage = "Set Postgres__Connection, for instance: Host=localhost;Database=openaps;Username=…;Password=…")]
    public string Connection { get; init; } = "";

    /// <summary>Most connections this process opens; whoever holds one waits for no second one, so that few are enough. Those of all services must sum below the server's <c>max_connections</c>. Default: 20.</summary>
    [Range(1, 1000)]
    public int MaxPoolSize { get; init; } = 20;
}

public static class Postgres
{
    /// <summary>One <see cref="NpgsqlDataSource"/> for the service, a health check on it, and the check that this build suits the schema.</summary>
    public static WebApplicationBuilder AddPostgres(this WebApplicationBuilder builder)
    {
        builder.AddValidated<PostgresOptions>("Postgres");
        builder.Services.AddSingleton(services => Open(services.GetRequiredService<PostgresOptions>()));
        builder.Services.AddHostedService<SchemaGate>();
        builder.Services.AddHostedService<ConnectionWatch>();
        builder.Services.AddHostedService<InstanceBeat>();
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database", timeout: TimeSpan.FromSeconds(5));
        return builder;
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
            catch (NpgsqlException)
            {
                return HealthCheckResult.Unhealthy();
            }
        }
    }
}
