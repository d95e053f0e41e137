using System.IO.Enumeration;

namespace Sandbox;

/// <summary>What a fault is matched with.</summary>
/// <param name="Path">Without the site's prefix.</param>
sealed record FaultTarget(string Path, string? Site, string? Member);

/// <summary>The faults that wait for their request, in all stand-ins. The first that matches hits, one per request.</summary>
public sealed class Faults
{
    readonly Lock _gate = new();
    readonly List<Fault> _waiting = [];

    /// <summary>Those left, each with the count it has left.</summary>
    public IReadOnlyList<Fault> Waiting { get { lock (_gate) return [.. _waiting]; } }

    public void Add(Fault fault)
    {
        lock (_gate)
            _waiting.Add(fault);
    }

    public void Clear()
    {
        lock (_gate)
            _waiting.Clear();
    }

    internal Fault? Take(string method, FaultTarget target)
    {
        lock (_gate)
        {
            var index = _waiting.FindIndex(fault => Hits(fault, method, target));
            if (index < 0)
                return null;
            var fault = _waiting[index];
            if (fault.Skip > 0)
            {
                _waiting[index] = fault with { Skip = fault.Skip - 1 };
                return null;
            }
            if (fault.Count > 1)
                _waiting[index] = fault with { Count = fault.Count - 1 };
            else
                _waiting.RemoveAt(index);
            return fault;
        }
    }

    static bool Hits(Fault fault, string method, FaultTarget target) =>
        (fault.Method is null || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
        && (fault.Site is null || fault.Site == target.Site)
        && (fault.Member is null || fault.Member == target.Member)
        && FileSystemName.MatchesSimpleExpression(fault.Path, target.Path, ignoreCase: false);
}
