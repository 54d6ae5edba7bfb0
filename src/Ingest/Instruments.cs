using System.Diagnostics.Metrics;

namespace Ingest;

/// <summary>
/// Every instrument that is recorded as things happen, in one place. What is merely read (queue depth, log bytes, lane state) is
/// observed by Operations. Tags are bounded: codes, lanes, streams up to a limit, never keys or paths.
/// </summary>
public sealed class Instruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Ingest";

    /// <summary>Creates the instruments.</summary>
    public Instruments()
    {
        RequestDuration = Meter.CreateHistogram(
            "http.server.request.duration", "s", "Time from the request's headers to the end of the answer.", advice: Seconds(1e-4));
        Refused = Meter.CreateCounter<long>("ingest.requests.refused", "{request}", "Requests answered with anything but 202, by code.");
        FlushDuration = Meter.CreateHistogram(
            "ingest.commit.flush.duration", "s", "Time of one write and one flush of a commit group.", advice: Seconds(2e-5));
        GroupEvents = Meter.CreateHistogram<long>("ingest.commit.group.events", "{event}", "Events in a commit group.", advice: Powers());
        AckDuration = Meter.CreateHistogram(
            "ingest.ack.wait.duration", "s", "Time requests waited for delivery once durable, by outcome.", advice: Seconds(1e-4));
        AttemptDuration = Meter.CreateHistogram(
            "messaging.client.operation.duration",
            "s",
            "Time of one attempt to deliver a batch, by lane and verdict.", advice: Seconds(1e-3));
        DeadLettered = Meter.CreateCounter<long>(
            "ingest.deadletters.stored.events", "{event}", "Events put into the dead letters, by lane and class of reason.");
        PolicySyncDuration = Meter.CreateHistogram(
            "ingest.policy.sync.duration", "s", "Time to read, check and apply a changed policy file.", advice: Seconds(5e-3 / 64));
        SpansDropped = Meter.CreateCounter<long>(
            "ingest.telemetry.dropped.spans", "{span}", "Spans dropped because the collector did not take them in time.");
    }

    /// <summary>The meter all of ours belong to.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Seconds; tags http.request.method, http.route, http.response.status_code.</summary>
    public Histogram<double> RequestDuration { get; }

    /// <summary>Requests; tag code.</summary>
    public Counter<long> Refused { get; }

    /// <summary>Seconds per commit group.</summary>
    public Histogram<double> FlushDuration { get; }

    /// <summary>Events per commit group.</summary>
    public Histogram<long> GroupEvents { get; }

    /// <summary>Seconds; tag outcome: delivered, undelivered, timeout, full, draining.</summary>
    public Histogram<double> AckDuration { get; }

    /// <summary>Seconds per attempt; tags lane, verdict, messaging.system, messaging.operation.name, error.type.</summary>
    public Histogram<double> AttemptDuration { get; }

    /// <summary>Events; tags lane, reason (what stands before the colon, of a bounded number).</summary>
    public Counter<long> DeadLettered { get; }

    /// <summary>Seconds per changed policy file.</summary>
    public Histogram<double> PolicySyncDuration { get; }

    /// <summary>Spans that the collector did not take in time.</summary>
    public Counter<long> SpansDropped { get; }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    // Boundaries double from the smallest of interest, 20 buckets: fine at the fast end, bounded at the slow one.
    private static InstrumentAdvice<double> Seconds(double smallest) =>
        new() { HistogramBucketBoundaries = [.. Enumerable.Range(0, 20).Select(power => smallest * (1L << power))] };

    private static InstrumentAdvice<long> Powers() =>
        new() { HistogramBucketBoundaries = [.. Enumerable.Range(0, 16).Select(power => 1L << power)] };
}
