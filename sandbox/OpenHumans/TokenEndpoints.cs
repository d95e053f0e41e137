using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Gives, swaps and revokes tokens, with the errors of contract §1 in the order the real server finds them.</summary>
sealed class TokenEndpoints(OpenHumansState state)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.Map("/oauth2/token/", request => AnswerAsync(request, Grant));
        app.Map("/oauth2/revoke_token/", request => AnswerAsync(request, Revoke));
    }

    static async Task AnswerAsync(HttpContext context, Func<HttpRequest, IFormCollection, IResult> handle)
    {
        var answer = Results.StatusCode(405);
        if (HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.Pragma = "no-cache";
            try
            {
                var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync() : FormCollection.Empty; // JSON is not read
                if (context.Request.QueryString.HasValue)
                    throw Error("invalid_request", "URL query parameters are not allowed");
                answer = handle(context.Request, form);
            }
            catch (Refusal refusal)
            {
                answer = refusal.Answer;
            }
        }
        await answer.ExecuteAsync(context);
    }

    IResult Grant(HttpRequest request, IFormCollection form) => form["grant_type"].ToString() switch
    {
        "authorization_code" => FromCode(request, form),
        "refresh_token" => FromRefreshToken(request, form),
        _ => throw Error("unsupported_grant_type"),
    };

    IResult FromCode(HttpRequest request, IFormCollection form)
    {
        if (form["code"] is not [{ Length: > 0 } code])
            throw Error("invalid_request", "Missing code parameter.");
        CheckClient(request, form);
        var granted = state.Codes.Find(code) ?? throw InvalidGrant();
        CheckProof(granted, form["code_verifier"]);
        var redirectUri = form["redirect_uri"] is [{ Length: > 0 } given] ? given : state.Options.RedirectUri.OriginalString;
        if (redirectUri != granted.RedirectUri)
            throw Error("invalid_request", "Mismatching redirect URI.");
        if (!state.Codes.Use(code))
            throw InvalidGrant();
        return Answer(state.FindMember(granted.MemberId)!.AuthorizeFor(granted.Scope));
    }

    void CheckProof(AuthorizationCode granted, string? verifier)
    {
        if (granted.Challenge == "")
            return;
        if (string.IsNullOrEmpty(verifier))
            throw Error("invalid_request", "Code verifier required.");
        if (!granted.IsProvenBy(verifier))
            throw InvalidGrant();
    }

    IResult FromRefreshToken(HttpRequest request, IFormCollection form)
    {
        if (form["refresh_token"] is not [{ Length: > 0 } token])
            throw Error("invalid_request", "Missing refresh token parameter.");
        CheckClient(request, form);
        var granted = state.Tokens.ScopeOf(token) ?? throw InvalidGrant();
        var scope = form["scope"] is [{ Length: > 0 } asked] ? asked : null;
        if (scope is not null && !scope.Split(' ').All(granted.Split(' ').Contains))
            throw Error("invalid_scope");
        return Answer(state.Tokens.Refresh(token, scope) ?? throw InvalidGrant());
    }

    /// <summary>Does not end the membership and tells nobody.</summary>
    IResult Revoke(HttpRequest request, IFormCollection form)
    {
        if (form["token"] is not [{ Length: > 0 } token])
            throw Error("invalid_request", "Missing token parameter.");
        CheckClient(request, form);
        state.Tokens.Revoke(token);
        return Results.StatusCode(200);
    }

    void CheckClient(HttpRequest request, IFormCollection form)
    {
        var expected = (state.Options.ClientId, state.Options.ClientSecret);
        if (BasicCredentials(request) == expected || (form["client_id"].ToString(), form["client_secret"].ToString()) == expected)
            return;
        request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_client\"";
        throw Error("invalid_client", status: 401);
    }

    /// <summary>Both parts are percent- and plus-decoded after base64 (contract §1).</summary>
    static (string, string)? BasicCredentials(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var bytes = new byte[header.Length];
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || !Convert.TryFromBase64String(header[6..].Trim(), bytes, out var length))
            return null;
        return Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var id, var secret]
            ? (WebUtility.UrlDecode(id), WebUtility.UrlDecode(secret)) : null;
    }

    static IResult Answer(TokenPair pair) => Answers.Json(new JsonObject
    {
        ["access_token"] = pair.AccessToken,
        ["expires_in"] = (int)Tokens.AccessLife.TotalSeconds,
        ["token_type"] = "Bearer",
        ["scope"] = pair.Scope,
        ["refresh_token"] = pair.RefreshToken,
    });

    Refusal InvalidGrant() => Error("invalid_grant", status: state.Options.InvalidGrantIs401 ? 401 : 400);

    static Refusal Error(string error, string? description = null, int status = 400)
    {
        var body = new JsonObject { ["error"] = error };
        if (description is not null)
            body["error_description"] = description;
        return new(Answers.Json(body, status));
    }
}
