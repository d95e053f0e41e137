using System.Collections.Concurrent;

namespace Sandbox;

/// <summary>A message that the project sent to a member.</summary>
public sealed record SentMessage(string MemberId, string Subject, string Text);

/// <summary>All that this Open Humans knows: members, tokens, files. Safe to use from any thread while the stand-in serves.</summary>
public sealed class OpenHumansState : IDisposable
{
    readonly ConcurrentDictionary<string, Member> _members = new();
    readonly ConcurrentQueue<SentMessage> _messages = new();
    readonly DeauthWebhook _webhook;
    volatile OpenHumansOptions _options;
    volatile ProjectToken _masterToken;
    int _membersMade;

    internal OpenHumansState(OpenHumansOptions options, TimeProvider time)
    {
        (_options, Time) = (options, time);
        _webhook = new(time);
        _masterToken = ProjectToken.New(options, time);
        Tokens = new(time);
        Codes = new(time);
        Files = new(this);
        DownloadKeys = new(time);
        Storage = new(time);
    }

    /// <summary>May be replaced at any time; the next request sees it.</summary>
    public OpenHumansOptions Options { get => _options; set => _options = value; }

    /// <summary>What was served, the oldest first.</summary>
    public RequestLog Requests { get; } = new();

    /// <summary>In the order they were made, those who left included.</summary>
    public IReadOnlyList<Member> Members => [.. _members.Values.OrderBy(member => member.Order)];

    public IReadOnlyList<SentMessage> Messages => [.. _messages];

    /// <summary>Every file whose upload was completed, in that order; of those deleted since, all but the bytes.</summary>
    public IReadOnlyList<DataFile> Uploaded => Files.Uploaded;

    public string MasterToken => _masterToken.Text;

    internal TimeProvider Time { get; }
    internal Tokens Tokens { get; }
    internal AuthorizationCodes Codes { get; }
    internal DataFiles Files { get; }
    internal DownloadKeys DownloadKeys { get; }
    internal ObjectStorage Storage { get; }

    /// <summary>Adds a member who has an account but did not join the project yet: see <see cref="Member.Authorize"/>.</summary>
    /// <param name="id">8 digits, zero padded; null: a new one.</param>
    /// <exception cref="ArgumentException">There is a member of that id.</exception>
    public Member AddMember(string? id = null)
    {
        var order = Interlocked.Increment(ref _membersMade);
        var member = new Member(this, id ?? $"{1_234_567L + order * 7_919_131L % 90_000_000:D8}", order);
        return _members.TryAdd(member.Id, member) ? member : throw new ArgumentException($"There is a member {member.Id}.", nameof(id));
    }

    /// <returns>Null when there is none of that id.</returns>
    public Member? FindMember(string id) => _members.GetValueOrDefault(id);

    /// <summary>Makes a new master token; the old one is unknown from then on (contract §6).</summary>
    public string RegenerateMasterToken()
    {
        _masterToken = ProjectToken.New(Options, Time);
        return MasterToken;
    }

    /// <summary>Makes the access tokens of all members expire; refresh tokens stay.</summary>
    public void ExpireAccessTokens() => Tokens.Expire(_ => true);

    public void Dispose() => _webhook.Dispose();

    internal Caller Authenticate(string token) =>
        Tokens.Find(token) is { } access ? access.IsExpired ? throw Refusal.Unauthorized("Expired token.") : new(FindMember(access.MemberId))
        : token != _masterToken.Text ? throw Refusal.Unauthorized("Invalid token.")
        : _masterToken.Expires < Time.GetUtcNow() ? throw Refusal.Unauthorized("Expired token.")
        : new(Member: null);

    internal void Send(SentMessage message) => _messages.Enqueue(message);

    internal Task NotifyOfLeaveAsync(string memberId, bool erase, CancellationToken cancellationToken) =>
        _webhook.SendAsync(Options, memberId, erase, cancellationToken);
}

/// <summary>Who calls the API: a member by their token, or (null) the project itself by its master token.</summary>
sealed record Caller(Member? Member);

sealed record ProjectToken(string Text, DateTimeOffset Expires)
{
    public static ProjectToken New(OpenHumansOptions options, TimeProvider time) =>
        new(RandomText.New(64), options.MasterTokenLife is { } life ? time.GetUtcNow() + life : DateTimeOffset.MaxValue);
}
