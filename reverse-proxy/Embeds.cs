using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Yarp.ReverseProxy.Transforms;

namespace ReverseProxy;

/// <summary>What is changed of Metabase's answers: it lets every site frame its embeds and has no setting for that, and tells everybody the token of its set-up until there is an administrator.</summary>
static partial class Embeds
{
    public static ResponseTransform FramedOnlyBy(string origin) => new FramedOnly($"frame-ancestors {origin}");

    /// <summary>Of <c>/api/session/properties</c>, which the page of an embed reads. The answer must come without compression.</summary>
    public static ResponseTransform WithoutSetupToken { get; } = new NoToken();

    sealed class NoToken : ResponseTransform
    {
        public override async ValueTask ApplyAsync(ResponseTransformContext context)
        {
            if (context.ProxyResponse is not { IsSuccessStatusCode: true } answer)
                return;
            context.SuppressResponseBody = true;
            var response = context.HttpContext.Response;
            try
            {
                var properties = (await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync(context.CancellationToken), cancellationToken: context.CancellationToken) ?? throw new JsonException()).AsObject();
                properties["setup-token"] = null;
                var text = JsonSerializer.SerializeToUtf8Bytes(properties);
                response.ContentLength = text.Length;
                await response.Body.WriteAsync(text, context.CancellationToken);
            }
            catch (Exception problem) when (problem is JsonException or InvalidOperationException) // not understood: not passed on
            {
                (response.StatusCode, response.ContentLength) = (StatusCodes.Status502BadGateway, 0);
            }
        }
    }

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
