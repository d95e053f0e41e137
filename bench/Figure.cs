namespace Bench;

/// <summary>A measured value and what it is held against.</summary>
/// <param name="What">With its unit.</param>
/// <param name="Against">The limit or the peer, in words.</param>
/// <param name="Of">Its value, in the same unit.</param>
/// <param name="Ratio">Below 1: within the limit, or faster than the peer.</param>
/// <param name="IsLimit">Whether exceeding it makes the run fail.</param>
public sealed record Figure(string What, double Value, string Against, double Of, double Ratio, bool IsLimit)
{
    public static Figure AtMost(string what, double value, double limit) => new(what, value, "at most", limit, value / limit, true);

    public static Figure AtLeast(string what, double value, double limit) => new(what, value, "at least", limit, limit / value, true);

    /// <summary>Seconds or another value of which less is better.</summary>
    public static Figure Beside(string what, double value, string peer, double of) => new(what, value, peer, of, value / of, false);

    /// <summary>The limit of every service and command: the small containers they run in.</summary>
    public static Figure Memory(string whose, long bytes) => AtMost($"peak memory of {whose}, MB", bytes / 1e6, 250);
}
