using System.Diagnostics;
using System.Text;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// The span of one attempt to deliver a batch: below the request of its first traced event, and linked to those of the others. Batches
/// without traced events have none.
/// </summary>
internal static class DeliverySpan
{
    /// <summary>What an attempt is called by OpenTelemetry's conventions for messaging.</summary>
    internal const string Operation = "send";

    // Links beyond these say nothing more.
    private const int LinksMax = 64;

    // Of a traceparent: the flag at its end that says the trace is recorded.
    private const int ParentBytes = 55;

    /// <summary>Never throws: what a listener of the application throws costs the span.</summary>
    internal static Activity? TryStart(LaneContext lane, EventBatch batch, int attempt)
    {
        try
        {
            return Start(lane, batch, attempt);
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Never throws.</summary>
    internal static void TryEnd(Activity? span, in SinkVerdict worst)
    {
        try
        {
            End(span, worst);
        }
        catch (Exception)
        {
            // The listener's own fault, and its own to report.
        }
    }

    private static Activity? Start(LaneContext lane, EventBatch batch, int attempt)
    {
        if (!Spans.AreWanted || Traced(batch) is not [var first, .. var others])
        {
            return null;
        }
        // Events go out with the context of their request, not with this one: by the conventions, a client's span.
        var span = Spans.Source.StartActivity(
            $"{Operation} {lane.Name}", ActivityKind.Client, first, links: others.Select(context => new ActivityLink(context)));
        span?.SetTag("messaging.system", lane.Kind);
        span?.SetTag("messaging.operation.name", Operation);
        span?.SetTag("messaging.operation.type", Operation);
        span?.SetTag("messaging.batch.message_count", batch.Count);
        span?.SetTag("ingest.lane", lane.Name);
        span?.SetTag("ingest.attempt", attempt);
        return span;
    }

    private static void End(Activity? span, in SinkVerdict worst)
    {
        if (span is null)
        {
            return;
        }
        var verdict = worst.Kind.ToString().ToLowerInvariant();
        span.SetTag("ingest.verdict", verdict);
        if (worst.Kind != VerdictKind.Delivered)
        {
            span.SetTag("error.type", verdict);
            span.SetStatus(ActivityStatusCode.Error, worst.Reason);
        }
        span.Dispose();
    }

    private static List<ActivityContext> Traced(EventBatch batch)
    {
        var traced = new List<ActivityContext>();
        for (var i = 0; i < batch.Count && traced.Count < LinksMax; i++)
        {
            var attributes = batch[i].Attributes;
            var parent = attributes.Find("traceparent"u8);
            if (parent.Length >= ParentBytes && IsRecorded(parent[ParentBytes - 1])
                && ActivityContext.TryParse(Encoding.ASCII.GetString(parent), traceState: null, isRemote: true, out var context)
                && !traced.Contains(context))
            {
                traced.Add(context);
            }
        }
        return traced;
    }

    private static bool IsRecorded(byte digit) => ((digit <= '9' ? digit - '0' : digit - 'a' + 10) & 1) == 1;
}
