using System.Net;
using System.Threading.RateLimiting;
using Nightscout;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>
/// Trying an address makes this server connect somewhere: a person needs that a few times, not hundreds. Counted per member, per address of
/// the browser and per host that is tried, whoever tries it, in this process.
/// </summary>
public sealed class AddressTries : IDisposable
{
    public const int PerMember = 30, PerBrowser = 60, PerHost = 40;

    static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    readonly PartitionedRateLimiter<Try> _limits = PartitionedRateLimiter.CreateChained( // in this order: who is stopped by the first takes nothing from the others
        Limit(PerMember, attempt => $"{attempt.Member}"), Limit(PerBrowser, attempt => From(attempt.Browser)), Limit(PerHost, attempt => attempt.Host));

    /// <param name="browser">Null or not public: a proxy's that does not say for whom it asks; then not counted.</param>
    /// <returns>False: not now.</returns>
    public bool Take(long member, IPAddress? browser, string host)
    {
        using var lease = _limits.AttemptAcquire(new(member, browser, host));
        return lease.IsAcquired;
    }

    public void Dispose() => _limits.Dispose();

    sealed record Try(long Member, IPAddress? Browser, string Host);

    static PartitionedRateLimiter<Try> Limit(int tries, Func<Try, string?> key) => PartitionedRateLimiter.Create<Try, string>(attempt => key(attempt) is { } counted
        ? RateLimitPartition.GetFixedWindowLimiter(counted, _ => new() { PermitLimit = tries, Window = Window })
        : RateLimitPartition.GetNoLimiter(""));

    static string? From(IPAddress? browser) => browser switch
    {
        { IsIPv4MappedToIPv6: true } => From(browser.MapToIPv4()),
        null => null,
        _ when !PublicInternet.IsPublic(browser) => null,
        _ => Network.Of(browser),
    };
}
