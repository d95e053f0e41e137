using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>A spreadsheet: worksheets by name, rows of cells (text, numbers, true and false).</summary>
public sealed class Spreadsheet(string id)
{
    public string Id => id;

    public ConcurrentDictionary<string, IReadOnlyList<JsonArray>> Worksheets { get; } = new();

    /// <summary>E-mails of the accounts that may read it.</summary>
    public ConcurrentDictionary<string, bool> Readers { get; } = new();
}

/// <summary>Service accounts and spreadsheets of this Google. Safe to use from any thread while the stand-in serves.</summary>
public sealed class GoogleState : IDisposable
{
    readonly ConcurrentDictionary<string, (string KeyId, RSA Key)> _accounts = new();
    readonly ConcurrentDictionary<string, Spreadsheet> _spreadsheets = new();
    readonly ConcurrentDictionary<string, (string Account, DateTimeOffset Expires)> _tokens = new();

    internal GoogleState(TimeProvider time) => Time = time;

    /// <summary>What was served, the oldest first.</summary>
    public RequestLog Requests { get; } = new();

    /// <summary>Address of the token endpoint: what an assertion must be made for.</summary>
    public Uri TokenUrl { get; internal set; } = null!;

    internal TimeProvider Time { get; }

    /// <summary>Makes an account, or another key for one.</summary>
    /// <returns>Its key file, as Google gives it out.</returns>
    public string AddServiceAccount(string email)
    {
        var (keyId, key) = (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20)), RSA.Create(2048));
        _accounts[email] = (keyId, key);
        return new JsonObject
        {
            ["type"] = "service_account",
            ["project_id"] = "sandbox",
            ["private_key_id"] = keyId,
            ["private_key"] = key.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = email,
            ["client_id"] = "100000000000000000001",
            ["token_uri"] = TokenUrl.AbsoluteUri,
        }.ToJsonString();
    }

    public void RemoveServiceAccount(string email) => _accounts.TryRemove(email, out _);

    public Spreadsheet AddSpreadsheet() => _spreadsheets.GetOrAdd(RandomText.New(44), id => new(id));

    internal Spreadsheet? FindSpreadsheet(string id) => _spreadsheets.GetValueOrDefault(id);

    internal (string KeyId, RSA Key)? FindAccount(string email) => _accounts.TryGetValue(email, out var account) ? account : null;

    internal string IssueToken(string account, TimeSpan life)
    {
        var token = $"ya29.{RandomText.New(60)}";
        _tokens[token] = (account, Time.GetUtcNow() + life);
        return token;
    }

    /// <returns>The account; null when the token is over or was never issued.</returns>
    internal string? AccountOf(string token) => _tokens.TryGetValue(token, out var issued) && Time.GetUtcNow() < issued.Expires ? issued.Account : null;

    public void Dispose()
    {
        foreach (var (_, key) in _accounts.Values)
            key.Dispose();
    }
}
