using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using DataManagementApp.Api;
using Microsoft.AspNetCore.RateLimiting;
using ServiceDefaults;

namespace DataManagementApp;

/// <summary>How often somebody may ask within a minute, counted in this process.</summary>
public static class Limits
{
    /// <summary>Of forms for who is not signed in: what is sent from one address.</summary>
    public const string Forms = "forms";

    /// <summary>Of the HTTP API: by token.</summary>
    public const string Api = "api";

    /// <summary>Several programs of one institute; and whoever tries many tokens has no more than this.</summary>
    const int TokensPerAddress = 10;

    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static IServiceCollection AddLimits(this IServiceCollection services, PortalOptions options) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = (rejected, _) => RefuseAsync(rejected);
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => IsApi(context) ? Window(Address(context), options.CallsPerMinute * TokensPerAddress) : NoLimit());
        limiter.AddPolicy(Forms, context => HttpMethods.IsPost(context.Request.Method) ? Window(Address(context), options.FormsPerMinute) : NoLimit());
        limiter.AddPolicy(Api, context => Window(context.Request.Headers.Authorization.ToString() is { Length: > 0 } token ? Hash(token) : Address(context), options.CallsPerMinute));
    });

    /// <summary>Programs read a problem, people the page of errors.</summary>
    static async ValueTask RefuseAsync(OnRejectedContext rejected)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? (int)Math.Ceiling(after.TotalSeconds) : (int)Minute.TotalSeconds;
        rejected.HttpContext.Response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
        if (IsApi(rejected.HttpContext))
            await Problems.Of(StatusCodes.Status429TooManyRequests, "Too many calls", $"Please wait {wait} seconds, as the header Retry-After says; to read much, ask for an export.").ExecuteAsync(rejected.HttpContext);
    }

    static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments("/api/v1");

    static RateLimitPartition<string> Window(string who, int most) => RateLimitPartition.GetFixedWindowLimiter(who, _ => new() { PermitLimit = most, Window = Minute });

    static RateLimitPartition<string> NoLimit() => RateLimitPartition.GetNoLimiter("");

    static string Address(HttpContext context) => context.Connection.RemoteIpAddress is { } address ? Network.Of(address) : "";

    static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
