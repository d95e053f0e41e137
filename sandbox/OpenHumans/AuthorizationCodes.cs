using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Sandbox;

/// <summary>What a member allowed, waiting for the project to fetch its tokens.</summary>
sealed record AuthorizationCode(string MemberId, string RedirectUri, string Scope, string Challenge, string ChallengeMethod, DateTimeOffset Expires)
{
    /// <summary>PKCE is optional, but enforced once a challenge was given (contract §1).</summary>
    public bool IsProvenBy(string verifier) => ChallengeMethod switch
    {
        "S256" => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == Challenge,
        _ => verifier == Challenge,
    };
}

/// <summary>Codes of the authorization-code grant: single use, 30 minutes (contract §1).</summary>
sealed class AuthorizationCodes(TimeProvider time)
{
    public const string AllScopes = "read write american-gut go-viral pgp wildlife open-humans";

    static readonly TimeSpan Life = TimeSpan.FromSeconds(1800);

    readonly ConcurrentDictionary<string, AuthorizationCode> _codes = new();

    public string Issue(string memberId, string redirectUri, string scope, string challenge, string challengeMethod)
    {
        var code = RandomText.New(30);
        _codes[code] = new(memberId, redirectUri, scope, challenge, challengeMethod, time.GetUtcNow() + Life);
        return code;
    }

    /// <returns>Null when the code is unknown, used or too old.</returns>
    public AuthorizationCode? Find(string code) => _codes.GetValueOrDefault(code) is { } found && found.Expires > time.GetUtcNow() ? found : null;

    /// <summary>False when another request was faster.</summary>
    public bool Use(string code) => _codes.TryRemove(code, out _);
}
