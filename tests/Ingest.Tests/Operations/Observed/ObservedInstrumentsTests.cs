using System.Text;
using Ingest.Events;
using Ingest.Health;
using Ingest.Operations.Observed;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;
using Ingest.Tests.Operations.Prometheus;
using Ingest.Tests.Operations.Status;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Operations.Observed;

public sealed class ObservedInstrumentsTests : IDisposable
{
    private readonly NodeFixture _node = new();
    private readonly PrometheusExporter _exporter;

    public ObservedInstrumentsTests()
    {
        _ = new ObservedInstruments(_node.Instruments, _node.Status);
        _exporter = new PrometheusExporter(
            _node.Instruments,
            meters: null,
            new MetricsOptions { Meters = [] },
            new Dictionary<string, string> { ["service.name"] = "ingest" },
            NullLogger<PrometheusExporter>.Instance);
    }

    public void Dispose()
    {
        _exporter.Dispose();
        _node.Dispose();
    }

    [Fact]
    public void What_status_shows_is_shown_as_numbers()
    {
        _node.Gate.Open(RefusalCode.Starting);
        _node.Gate.Close(RefusalCode.DiskPressure, "full");
        _node.Streams.Add("orders", 7, 700, 7);
        _node.Lanes =
        [
            LaneAccountingTests.Lane(start: 0, settled: 5) with { Name = "north", Delivered = 4, DeadLettered = 1, PendingEvents = 2 },
        ];
        _node.Health.Publish(new HealthSample { DiskFree = 1000 });

        var read = Scrape();

        Assert.Equal(0, read.Value("ingest_ready"));
        Assert.Equal(1, read.Value("ingest_unready_reason", "code=\"disk_pressure\""));
        Assert.Equal(7, read.Value("ingest_events_accepted_total", "stream=\"orders\""));
        Assert.Equal(700, read.Value("ingest_bytes_accepted_total", "stream=\"orders\""));
        Assert.Equal(1000, read.Value("ingest_disk_free_bytes"));
        Assert.Equal(2, read.Value("ingest_lane_lag_events", "lane=\"north\""));
        Assert.Equal(2.346, read.Value("ingest_lane_lag_seconds", "lane=\"north\""));
        Assert.Equal(4, read.Value("ingest_lane_delivered_events_total", "lane=\"north\""));
        Assert.Equal(0.2, read.Value("ingest_lane_rejected_ratio", "lane=\"north\""));
        Assert.Equal(1, read.Value("ingest_lane_state", "lane=\"north\",state=\"backing_off\""));
        Assert.Equal(0, read.Value("ingest_lane_state", "lane=\"north\",state=\"idle\""));
        Assert.Equal(1, read.Value("ingest_lane_breaker", "lane=\"north\""));
        Assert.Equal(5, read.Value("ingest_lane_attempts_total", "lane=\"north\",verdict=\"delivered\""));
        Assert.Equal(1, read.Value("ingest_drain_phase", "phase=\"serving\""));
        Assert.Equal(3, read.Value("ingest_requests_in_flight"));
        Assert.Equal("gauge", read.Families["ingest_log_bytes"].Type);
        Assert.Equal("gauge", read.Families["ingest_log_tail_bytes"].Type);
        Assert.Equal("counter", read.Families["ingest_log_read_events_total"].Type);
        Assert.Equal(0, read.Value("ingest_log_memory_errors_total"));
        Assert.Equal(1, _node.Looks);
    }

    [Fact]
    public void What_nobody_has_looked_at_yet_is_not_made_up()
    {
        Assert.DoesNotContain("ingest_memory_ratio", Scrape().Families.Keys);
    }

    [Fact]
    public void Streams_beyond_the_bound_are_counted_together_and_never_jump()
    {
        var streams = Enumerable.Range(0, 150).Select(i => new StreamStatus($"s{i:000}", 1, 10, [])).ToList();
        var series = new StreamSeries();
        var first = Read();
        streams.InsertRange(0, Enumerable.Range(0, 50).Select(i => new StreamStatus($"a{i:000}", 5, 10, [])));
        var second = Read();

        Assert.Equal(StreamSeries.StreamsMax + 1, first.Count);
        Assert.Equal(50, first[StreamCounters.Other]);
        Assert.Equal(first.Keys, second.Keys);
        Assert.Equal(50 + 250, second[StreamCounters.Other]);

        Dictionary<string, long> Read() => series.Read(streams, stream => stream.Accepted)
            .ToDictionary(measurement => (string)measurement.Tags[0].Value!, measurement => measurement.Value);
    }

    private Exposition Scrape() => Exposition.Parse(Encoding.UTF8.GetString(_exporter.Collect("").Body.Span));
}
