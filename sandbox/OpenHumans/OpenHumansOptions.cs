namespace Sandbox;

/// <summary>The project that Open Humans knows the product as, and how this Open Humans behaves where real ones differ.</summary>
public sealed record OpenHumansOptions
{
    public string ClientId { get; init; } = "sandbox-client";

    public string ClientSecret { get; init; } = "sandbox-client-secret";

    /// <summary>The one registered redirect URL; a request's must have the same scheme, host, port and path (contract §1).</summary>
    public Uri RedirectUri { get; init; } = new("http://127.0.0.1:8000/complete/");

    /// <summary>Where a member's leaving is told. Default: nobody is told.</summary>
    public Uri? WebhookUrl { get; init; }

    /// <summary>Signs the first POST of a leave; null: it goes unsigned (contract §7).</summary>
    public string? WebhookSecret { get; init; }

    public int ProjectId { get; init; } = 91;

    /// <summary>Most files or members a listing gives at once, whatever was asked for. Default: no cap, as the real one today (contract §2).</summary>
    public int? MaxLimit { get; init; }

    /// <summary>The members come in another order with each request, so that pages overlap and leave some out: nothing orders them (contract §6).</summary>
    public bool MembersInAnyOrder { get; init; }

    /// <summary>How long a download URL works after its listing. Default: one hour (contract §2).</summary>
    public TimeSpan DownloadLife { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Answers invalid_grant with 401 as production did in 2018, instead of 400 (contract §1).</summary>
    public bool InvalidGrantIs401 { get; init; }

    /// <summary>Whether listings carry <c>username</c>: only if the project asks for usernames (contract §2).</summary>
    public bool SharesUsernames { get; init; }

    /// <summary>A leave without erasure sends nothing and ends in 500, as the newest source does (contract §7).</summary>
    public bool PlainLeaveBreaks { get; init; }

    /// <summary>Life of a master token after it was made; null: an administrator switched its expiry off. Default: 24 hours (contract §6).</summary>
    public TimeSpan? MasterTokenLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The project's name in <c>source</c> and <c>id_label</c>.</summary>
    public string Label => $"direct-sharing-{ProjectId}";
}
