using System.Buffers;

namespace ReverseProxy;

/// <summary>Who comes in, and how: known hosts only, by https as soon as they have a certificate, and to nothing that is for operators or for Metabase's own users.</summary>
public sealed class Entrance(RequestDelegate next, ProxyOptions options, Certificates certificates)
{
    /// <summary>Servers differ in how they read these in a path, so that one could lead elsewhere than was checked; no address of an embed has them.</summary>
    static readonly SearchValues<string> Ambiguous = SearchValues.Create(["..", "//", "%", ";", "\\"], StringComparison.Ordinal);

    /// <returns>The host as the settings spell it; null when we do not know it.</returns>
    public static string? KnownHost(ProxyOptions options, string host) =>
        options.Sites.Values.Select(site => site.Host).Append(options.Status.Host).FirstOrDefault(known => known.Length > 0 && known.Equals(host, StringComparison.OrdinalIgnoreCase));

    public Task InvokeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var isForHealth = request.Path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase);
        if (context.Connection.LocalPort == options.HealthPort)
            return isForHealth ? next(context) : NotFound();
        if (isForHealth || KnownHost(options, request.Host.Host) is not { } host)
            return NotFound();

        var covered = certificates.Covers(host);
        if (!request.IsHttps && (covered || !options.Plain))
        {
            response.StatusCode = covered ? StatusCodes.Status308PermanentRedirect : StatusCodes.Status307TemporaryRedirect; // browsers never forget the first
            response.Headers.Location = $"{options.Origin(host)}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}";
            return Task.CompletedTask;
        }
        if (request.IsHttps && covered && options.Hsts > TimeSpan.Zero)
            response.Headers.StrictTransportSecurity = $"max-age={options.Hsts.TotalSeconds:0}";
        if (host == options.Status.Host)
        {
            response.Redirect($"{options.PortalOrigin}/administration/services");
            return Task.CompletedTask;
        }
        return host == options.Charts.Host && request.Path.Value.AsSpan().ContainsAny(Ambiguous) ? NotFound() : next(context);

        Task NotFound()
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
    }
}
