using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults;

/// <summary>Unhealthy while nothing can be written to a folder, degraded while its disk has less room than work there needs.</summary>
/// <param name="setting">Which names the folder.</param>
/// <param name="least">Bytes.</param>
sealed class DiskHealth(string folder, string setting, long least) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            Directory.CreateDirectory(folder);
            File.Create(Path.Combine(folder, $".health-{Guid.NewGuid():N}"), bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            return Task.FromResult(free >= least ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded($"{free / 1_000_000:N0} MB are free where {setting} leads, {least / 1_000_000:N0} MB are wanted; make room there"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy($"the folder of {setting} cannot be written to; see its rights, and those of what is mounted there"));
        }
    }
}

public static class DiskHealthExtensions
{
    /// <summary>Half a gigabyte: some of the largest files of a participant.</summary>
    public const long Little = 500_000_000;

    /// <param name="setting">Which names the folder: <c>Ingest__WorkFolder</c>.</param>
    /// <param name="least">Bytes that are wanted there.</param>
    public static WebApplicationBuilder AddDiskHealth(this WebApplicationBuilder builder, string folder, string setting, long least = Little)
    {
        builder.Services.AddHealthChecks().AddCheck("disk", new DiskHealth(folder, setting, least));
        return builder;
    }
}
