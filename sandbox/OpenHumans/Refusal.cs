using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Ends a request with an error in one of the shapes of contract §8.</summary>
sealed class Refusal(IResult answer) : Exception
{
    public IResult Answer { get; } = answer;

    public static Refusal BadRequest(JsonObject body) => new(Answers.Json(body, 400));

    /// <summary>A field's error in its usual shape: a list of messages.</summary>
    public static Refusal Field(string name, string message) => BadRequest(new() { [name] = new JsonArray(message) });

    public static Refusal InvalidMember() => BadRequest(new() { ["project_member_id"] = "project_member_id is invalid" });

    /// <summary>For what the real server trips over (contract §9 trap 25).</summary>
    public static Refusal ServerError() => new(Answers.ServerError);

    public static Refusal Unauthorized(string detail) => new(new ChallengeAnswer(detail));

    sealed record ChallengeAnswer(string Detail) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.WWWAuthenticate = Detail == "Invalid token."
                ? "Bearer realm=\"api\",error=\"invalid_token\",error_description=\"The access token is invalid.\""
                : "Bearer realm=\"api\"";
            return Answers.Detail(Detail, 401).ExecuteAsync(httpContext);
        }
    }
}
