using System.Diagnostics.Metrics;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ServiceDefaults;

/// <summary>A metric that is the present state of a table.</summary>
/// <param name="Unit">As OpenTelemetry writes it: <c>{participant}</c>, <c>s</c>, <c>By</c>.</param>
/// <param name="Label">Attribute by which it is split; null: it is one number.</param>
public sealed record Gauge(string Name, string Unit, string Description, string? Label = null);

public static class TableGauges
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    /// <summary>Keeps gauges at what a query says of the service's own tables; where nothing is sent, nothing is asked.</summary>
    /// <param name="sql">Gives rows (name, label, value float8); label null where a gauge has none.</param>
    public static void AddGauges(this WebApplicationBuilder builder, string sql, params Gauge[] gauges)
    {
        if (builder.HasTelemetry())
            builder.Services.AddHostedService(services => new Reader(services.GetRequiredService<NpgsqlDataSource>(), sql, gauges));
    }

    sealed class Reader(NpgsqlDataSource db, string sql, Gauge[] gauges) : BackgroundService
    {
        sealed record Number(string Name, string? Label, double Value);

        readonly Meter _meter = new(Telemetry.Name);

        volatile IReadOnlyList<Number> _numbers = [];

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            foreach (var gauge in gauges)
                _meter.CreateObservableGauge(gauge.Name, () => _numbers.Where(number => number.Name == gauge.Name)
                    .Select(number => gauge.Label is null ? new Measurement<double>(number.Value) : new(number.Value, new KeyValuePair<string, object?>(gauge.Label, number.Label))), gauge.Unit, gauge.Description);
            using var timer = new PeriodicTimer(Every);
            do
                _numbers = await ReadAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }

        /// <returns>Nothing when the database does not answer: a gap is true, the number before would not be.</returns>
        async Task<IReadOnlyList<Number>> ReadAsync(CancellationToken cancellationToken)
        {
            try
            {
                await using var connection = await db.OpenConnectionAsync(cancellationToken);
                return [.. await connection.QueryAsync<Number>(new CommandDefinition(sql, cancellationToken: cancellationToken))];
            }
            catch (NpgsqlException)
            {
                return [];
            }
        }

        public override void Dispose()
        {
            _meter.Dispose();
            base.Dispose();
        }
    }
}
