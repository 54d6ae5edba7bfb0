using Ingest.Operations.History;

namespace Ingest.Tests.Operations.History;

public sealed class HistoryRingTests
{
    private static readonly int Rows = HistorySeries.OfNode.Count;

    private readonly HistoryRing _ring = new();

    [Fact]
    public void It_takes_what_it_takes_however_many_lanes_and_seconds_there_are()
    {
        for (var second = 0; second < 5000; second++)
        {
            _ring.Add(Sample(second, 1, [.. Enumerable.Range(0, 40).Select(lane => ($"lane-{lane}", Lane(second)))]));
        }

        Assert.InRange(_ring.Bytes, 1, HistoryRing.BytesMax);
        var page = _ring.Read(0, 5000_000, 5000);
        Assert.Equal(HistoryRing.LanesMax, page.Lanes.Count);
        Assert.Equal(HistoryRing.Seconds, page.Node["backlog_events"].Count(value => value is not null));
    }

    [Fact]
    public void Seconds_become_steps_by_mean_largest_or_latest()
    {
        for (var second = 0; second < 10; second++)
        {
            _ring.Add(Sample(second, second));
        }

        var page = _ring.Read(0, 10_000, 2);

        Assert.Equal(5, page.StepSeconds);
        Assert.Equal([2.0, 7.0], page.Node["events_accepted_per_second"]);
        Assert.Equal([4.0, 9.0], page.Node["answer_p99_seconds"]);
        Assert.Equal([4.0, 9.0], page.Node["log_bytes"]);
        Assert.Equal([DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(5)], page.Times);
    }

    [Fact]
    public void What_is_not_known_is_nothing_and_not_zero()
    {
        _ring.Add(Sample(0, double.NaN, ("a", Lane(3))));
        // The second is missing; in the third lane a is gone.
        _ring.Add(Sample(2, 0));

        var page = _ring.Read(0, 3000, 3);

        Assert.Equal([null, null, 0.0], page.Node["memory_ratio"]);
        Assert.Equal([3.0, null, null], page.Lanes["a"]["pending_events"]);
    }

    [Fact]
    public void Percentiles_are_of_what_was_counted_since_the_last_look()
    {
        var histogram = new Ingest.Operations.Prometheus.HistogramAggregate([1, 2, 4, 8]);
        var window = new BucketWindow();
        for (var i = 0; i < 100; i++)
        {
            histogram.Record(7.0);
        }
        window.Observe([histogram]);
        Assert.InRange(window.Percentile(0.5), 4, 8);
        window.Observe([histogram]);
        Assert.True(double.IsNaN(window.Percentile(0.5)));
        for (var i = 0; i < 100; i++)
        {
            histogram.Record(i < 98 ? 0.5 : 3.0);
        }
        window.Observe([histogram]);
        Assert.InRange(window.Percentile(0.5), 0.1, 1);
        Assert.InRange(window.Percentile(0.99), 2, 4);
    }

    private static double[] Lane(double value) => [.. Enumerable.Repeat(value, HistorySeries.OfLane.Count)];

    private static HistorySample Sample(int second, double value, params (string Lane, double[] Values)[] lanes) =>
        new(second * 1000L, [.. Enumerable.Repeat(value, Rows)], lanes);
}
