using System.Text.RegularExpressions;
using Yarp.ReverseProxy.Transforms;

namespace ReverseProxy;

/// <summary>Metabase lets every site frame its embeds and has no setting for that; here only the portal may.</summary>
static partial class Embeds
{
    public static ResponseTransform FramedOnlyBy(string origin) => new FramedOnly($"frame-ancestors {origin}");

    sealed class FramedOnly(string directive) : ResponseTransform
    {
        public override ValueTask ApplyAsync(ResponseTransformContext context)
        {
            var headers = context.HttpContext.Response.Headers;
            var policy = headers.ContentSecurityPolicy.ToString();
            headers.ContentSecurityPolicy = FrameAncestors().IsMatch(policy) ? FrameAncestors().Replace(policy, directive) : policy.Length > 0 ? $"{policy}; {directive}" : directive;
            return ValueTask.CompletedTask;
        }
    }

    [GeneratedRegex("frame-ancestors[^;,]*", RegexOptions.IgnoreCase)]
    private static partial Regex FrameAncestors();
}
