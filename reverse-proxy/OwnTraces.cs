using System.Diagnostics;

namespace ReverseProxy;

/// <summary>Traces begin here: what a visitor sends as one would decide what is recorded, and stand in it.</summary>
sealed class OwnTraces : DistributedContextPropagator
{
    readonly DistributedContextPropagator _own = CreateDefaultPropagator();

    public override IReadOnlyCollection<string> Fields => _own.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => _own.Inject(activity, carrier, setter);

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) => (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
