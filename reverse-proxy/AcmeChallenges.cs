namespace ReverseProxy;

/// <summary>
/// Answers whoever issues certificates (RFC 8555 §8.3) with what certbot left in the shared folder: for every host, by http and https, before
/// anything else looks at the request.
/// </summary>
public sealed class AcmeChallenges(RequestDelegate next, ProxyOptions options)
{
    const int LongestToken = 256, LongestAnswer = 4096;

    static readonly PathString Folder = "/.well-known/acme-challenge";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(Folder, StringComparison.Ordinal, out var token))
            await next(context);
        else if (Read(token.Value!) is not { } answer)
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        else
        {
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = answer.Length;
            if (!HttpMethods.IsHead(context.Request.Method))
                await context.Response.Body.WriteAsync(answer, context.RequestAborted);
        }
    }

    /// <param name="path">With the slash before the token.</param>
    byte[]? Read(string path)
    {
        if (path.Length is < 2 or > LongestToken || !path.AsSpan(1).ContainsOnlyTokenCharacters())
            return null;
        try
        {
            var file = new FileInfo(Path.Combine(options.Webroot, ".well-known", "acme-challenge", path[1..]));
            return file is { Exists: true, Length: <= LongestAnswer } ? File.ReadAllBytes(file.FullName) : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

static class TokenCharacters
{
    /// <summary>Those of base64url; no dot and no slash, so that a token leads to no other file.</summary>
    static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool ContainsOnlyTokenCharacters(this ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Allowed);
}
