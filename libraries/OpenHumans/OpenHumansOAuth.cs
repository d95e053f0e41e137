using System.Text;

namespace OpenHumans;

/// <summary>Tokens of one authorization. A refresh kills both of the pair it came from, at once (contract §1).</summary>
public sealed record TokenPair(string AccessToken, string RefreshToken, DateTimeOffset ExpiresAt);

/// <summary>OAuth2 at Open Humans: authorization code with PKCE, and refresh. Never retried: a code and a refresh token work once.</summary>
public sealed class OpenHumansOAuth(HttpClient http, OpenHumansOptions options, TimeProvider clock)
{
    readonly IOpenHumansApi _api = OpenHumansCalls.Api(http, options);

    /// <summary>Where to send the browser. <paramref name="redirectUri"/> must be the registered one, to the letter.</summary>
    public Uri AuthorizeUri(string state, string codeChallenge, Uri redirectUri) => new(options.BaseUrl,
        $"/direct-sharing/projects/oauth2/authorize/?response_type=code&client_id={Uri.EscapeDataString(options.ClientId)}"
        + $"&redirect_uri={Uri.EscapeDataString(redirectUri.AbsoluteUri)}&state={Uri.EscapeDataString(state)}"
        + $"&code_challenge={Uri.EscapeDataString(codeChallenge)}&code_challenge_method=S256");

    /// <exception cref="OpenHumansRefusedException">The code is unknown, used or older than 30 minutes.</exception>
    /// <exception cref="OpenHumansSettingsException">Client id or secret is wrong.</exception>
    /// <exception cref="OpenHumansTemporaryException">No usable answer.</exception>
    public Task<TokenPair> ExchangeCodeAsync(string code, string codeVerifier, Uri redirectUri, CancellationToken cancellationToken) => TokensAsync("code exchange", new()
    {
        ["grant_type"] = "authorization_code",
        ["code"] = code,
        ["code_verifier"] = codeVerifier,
        ["redirect_uri"] = redirectUri.AbsoluteUri,
    }, cancellationToken);

    /// <exception cref="OpenHumansRefusedException">The refresh token was used before, or the person left the project.</exception>
    /// <exception cref="OpenHumansSettingsException">Client id or secret is wrong.</exception>
    /// <exception cref="OpenHumansTemporaryException">No usable answer; whether the pair was replaced is unknown.</exception>
    public Task<TokenPair> RefreshAsync(string refreshToken, CancellationToken cancellationToken) => TokensAsync("token refresh", new()
    {
        ["grant_type"] = "refresh_token",
        ["refresh_token"] = refreshToken,
    }, cancellationToken);

    async Task<TokenPair> TokensAsync(string operation, Dictionary<string, string> form, CancellationToken cancellationToken)
    {
        var credentials = $"{Uri.EscapeDataString(options.ClientId)}:{Uri.EscapeDataString(options.ClientSecret)}";
        var asked = clock.GetUtcNow();
        var answer = await OpenHumansCalls.AnswerAsync(budget => _api.TokensAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)), form, budget), operation, cancellationToken);
        return new(answer.AccessToken, answer.RefreshToken, asked.AddSeconds(answer.ExpiresIn));
    }
}
