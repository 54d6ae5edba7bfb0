using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;

namespace Ingest.Operations.History;

/// <summary>Makes a second of the history from the status and from what was counted since the last. One caller at a time.</summary>
internal sealed class HistoryRecorder(Instruments instruments, PrometheusExporter metrics, TimeProvider time)
{
    private const string StatusLabel = "http_response_status_code=\"";

    private readonly BucketWindow _answers = new();
    private readonly BucketWindow _flushes = new();
    private readonly Dictionary<string, double> _counts = new(StringComparer.Ordinal);
    private long? _at;

    /// <summary>The second that ends now; null the first time, when no speed is known.</summary>
    internal HistorySample? Record(NodeStatus status)
    {
        var now = time.GetTimestamp();
        var took = _at is { } at ? time.GetElapsedTime(at, now).TotalSeconds : 0;
        _at = now;
        var requests = metrics.Read(instruments.RequestDuration);
        _answers.Observe(Histograms(requests));
        _flushes.Observe(Histograms(metrics.Read(instruments.FlushDuration)));
        double[] node =
        [
            Speed("events", status.Log.Durable, took),
            .. Requests(requests, took),
            _answers.Percentile(0.5), _answers.Percentile(0.99), _flushes.Percentile(0.5), _flushes.Percentile(0.99),
            status.Log.Pending, status.Log.OldestPendingSeconds, status.Log.Bytes, status.Queue.Bytes,
            status.Memory?.Ratio ?? double.NaN, status.Memory?.AnonymousBytes ?? double.NaN, status.Disk?.FreeBytes ?? double.NaN,
        ];
        var lanes = status.Lanes.Select(lane => (lane.Name, Values(lane, took))).ToList();
        return took > 0 ? new HistorySample(time.GetUtcNow().ToUnixTimeMilliseconds(), node, lanes) : null;
    }

    private double[] Values(LaneView lane, double took) =>
    [
        lane.PendingEvents, lane.LagSeconds, Speed("lane " + lane.Name, lane.Sum.Delivered + lane.Repeated, took), lane.Window,
        lane.InFlightBatches, lane.RoundTripMs / 1000, lane.Breaker switch { "closed" => 0, "half_open" => 1, _ => 2 },
    ];

    private IEnumerable<double> Requests(IReadOnlyList<Series> series, double took)
    {
        var groups = series.GroupBy(one => Group(one.Labels))
            .ToDictionary(group => group.Key, group => Histograms(group).Sum(Total));
        return ((string[])["accepted", "4xx", "429", "503", "other"])
            .Select(name => Speed("requests " + name, groups.GetValueOrDefault(name), took));
    }

    // Requests that were promised something, those that were refused and why: the groups an operator tells apart.
    private static string Group(string labels)
    {
        var start = labels.IndexOf(StatusLabel, StringComparison.Ordinal);
        var status = start < 0 ? "" : labels.Substring(start + StatusLabel.Length, 3);
        return status switch
        {
            ['2', ..] => "accepted",
            "429" or "503" => status,
            ['4', ..] => "4xx",
            _ => "other",
        };
    }

    private static IEnumerable<HistogramAggregate> Histograms(IEnumerable<Series> series) =>
        series.Select(one => one.Aggregate).OfType<HistogramAggregate>();

    private static double Total(HistogramAggregate aggregate)
    {
        var total = 0L;
        for (var i = 0; i <= aggregate.Boundaries.Length; i++)
        {
            total += aggregate.Count(i);
        }
        return total;
    }

    // A count that is smaller than before began anew.
    private double Speed(string name, double count, double took)
    {
        var before = _counts.GetValueOrDefault(name, count);
        _counts[name] = count;
        return took > 0 ? Math.Max(0, count - before) / took : double.NaN;
    }
}
