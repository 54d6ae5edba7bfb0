using System.Diagnostics;

namespace Ingest.Operations.Prometheus;

/// <summary>One measurement of a bucket whose trace is recorded: a way from a slow answer to what made it slow.</summary>
/// <param name="TraceId">The trace.</param>
/// <param name="SpanId">The span that was current.</param>
/// <param name="Value">What was measured.</param>
internal sealed record Exemplar(string TraceId, string SpanId, double Value)
{
    /// <summary>Of the span that is current; null without one, and where its trace is not recorded.</summary>
    internal static Exemplar? OfCurrent(double value) => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span
        ? new Exemplar(span.TraceId.ToHexString(), span.SpanId.ToHexString(), value)
        : null;
}
