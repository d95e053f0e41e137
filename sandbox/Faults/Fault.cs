namespace Sandbox;

public enum FaultKind
{
    /// <summary>Answers <see cref="Fault.Status"/> with an HTML page, as hosts and routers do.</summary>
    Status,

    /// <summary>Waits <see cref="Fault.Delay"/> (of real time), then goes on as usual.</summary>
    Delay,

    /// <summary>Does what was asked, announces the whole answer and breaks off in its middle.</summary>
    CutBody,

    /// <summary>200 with an HTML page: a suspended account, a login wall, a proxy.</summary>
    HtmlPage,

    /// <summary>200 with the JSON <c>null</c> (Nightscout contract §6).</summary>
    JsonNull,

    /// <summary>200 without a body.</summary>
    EmptyBody,

    /// <summary>The right answer under <c>text/html</c>.</summary>
    WrongContentType,

    /// <summary>The right answer, a few bytes every <see cref="Fault.Delay"/>.</summary>
    SlowDrip,

    /// <summary>Resets the connection; nothing of what was asked is done.</summary>
    Reset,

    /// <summary>Does what was asked, then resets the connection before the answer.</summary>
    LoseAnswer,
}

/// <summary>Something that goes wrong with the next requests that match.</summary>
public sealed record Fault
{
    public required FaultKind Kind { get; init; }

    /// <summary>Null: any.</summary>
    public string? Method { get; init; }

    /// <summary>Pattern of the path with <c>*</c> and <c>?</c>; of a Nightscout site without the site's own prefix.</summary>
    public string Path { get; init; } = "*";

    /// <summary>Only requests of this Nightscout site; null: of any, and of Open Humans.</summary>
    public string? Site { get; init; }

    /// <summary>Only requests with a token of this Open Humans member, or about them with the project's, or for their files; null: of anybody.</summary>
    public string? Member { get; init; }

    /// <summary>How many requests that match go well before it.</summary>
    public int Skip { get; init; }

    /// <summary>How many requests it hits before it is gone.</summary>
    public int Count { get; init; } = 1;

    public int Status { get; init; } = 503;

    /// <summary>Of a <see cref="FaultKind.Status"/>: how long the client is asked to wait; null: nothing is said.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public TimeSpan Delay { get; init; }
}
