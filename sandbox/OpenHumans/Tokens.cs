namespace Sandbox;

/// <summary>What the token endpoint gives. The access token lives 10 hours, the refresh token until it is used (contract §1).</summary>
public sealed record TokenPair(string AccessToken, string RefreshToken, DateTimeOffset ExpiresAt, string Scope);

/// <summary>Access and refresh tokens; several pairs of one member live side by side (contract §1).</summary>
sealed class Tokens(TimeProvider time)
{
    public static readonly TimeSpan AccessLife = TimeSpan.FromSeconds(36_000);

    readonly Lock _gate = new();
    readonly Dictionary<string, Access> _access = [];
    readonly Dictionary<string, Refreshable> _refresh = [];

    public TokenPair Issue(string memberId, string scope)
    {
        lock (_gate)
            return IssueLocked(memberId, scope);
    }

    /// <summary>Swaps a refresh token for a new pair: the old one and its access token are dead at once, without grace.</summary>
    /// <returns>Null when the token is unknown, revoked or used before.</returns>
    public TokenPair? Refresh(string refreshToken, string? scope)
    {
        lock (_gate)
        {
            if (!_refresh.Remove(refreshToken, out var old))
                return null;
            _access.Remove(old.AccessToken);
            return IssueLocked(old.MemberId, scope ?? old.Scope);
        }
    }

    /// <returns>Null when the token is unknown, revoked or used before.</returns>
    public string? ScopeOf(string refreshToken)
    {
        lock (_gate)
            return _refresh.GetValueOrDefault(refreshToken)?.Scope;
    }

    public (string MemberId, bool IsExpired)? Find(string accessToken)
    {
        lock (_gate)
            return _access.GetValueOrDefault(accessToken) is { } access ? (access.MemberId, access.Expires <= time.GetUtcNow()) : null;
    }

    /// <summary>Revokes a token of either kind; with a refresh token its access token goes, too.</summary>
    public void Revoke(string token)
    {
        lock (_gate)
        {
            if (_refresh.Remove(token, out var revoked))
                _access.Remove(revoked.AccessToken);
            _access.Remove(token);
        }
    }

    public void RevokeAll(string memberId)
    {
        lock (_gate)
        {
            foreach (var (token, _) in _access.Where(item => item.Value.MemberId == memberId).ToList())
                _access.Remove(token);
            foreach (var (token, _) in _refresh.Where(item => item.Value.MemberId == memberId).ToList())
                _refresh.Remove(token);
        }
    }

    public void Expire(Func<string, bool> ofMember)
    {
        lock (_gate)
            foreach (var (token, access) in _access.Where(item => ofMember(item.Value.MemberId)).ToList())
                _access[token] = access with { Expires = time.GetUtcNow() };
    }

    TokenPair IssueLocked(string memberId, string scope)
    {
        var pair = new TokenPair(RandomText.New(30), RandomText.New(30), time.GetUtcNow() + AccessLife, scope);
        _access[pair.AccessToken] = new(memberId, pair.ExpiresAt);
        _refresh[pair.RefreshToken] = new(memberId, scope, pair.AccessToken);
        return pair;
    }

    sealed record Access(string MemberId, DateTimeOffset Expires);

    sealed record Refreshable(string MemberId, string Scope, string AccessToken);
}
