using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Ingest.Operations.Prometheus;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Operations.Prometheus;

[Collection(Alone.Name)]
public sealed class PrometheusExporterTests : IDisposable
{
    private static readonly Dictionary<string, string> Target = new()
    {
        ["service.name"] = "ingest",
        ["service.version"] = "0.1.0",
        ["service.instance.id"] = "node \"one\"\\\n",
    };

    private readonly Instruments _instruments = new();
    private readonly PrometheusExporter _exporter;

    public PrometheusExporterTests() => _exporter = Exporter(new MetricsOptions { SeriesMax = 10 });

    public void Dispose()
    {
        _exporter.Dispose();
        _instruments.Dispose();
    }

    [Fact]
    public void Every_instrument_is_shown_with_its_mapped_name_its_help_and_its_type()
    {
        _instruments.Refused.Add(3, new KeyValuePair<string, object?>("code", "draining"));
        _instruments.Refused.Add(2, new KeyValuePair<string, object?>("code", "overloaded"));
        _instruments.FlushDuration.Record(0.00015);
        _instruments.FlushDuration.Record(1000);
        _instruments.GroupEvents.Record(7);
        _instruments.RequestDuration.Record(0.002, new("http.route", "/v1/events"), new("http.response.status_code", 202));

        var read = Scrape();

        Assert.Equal(3, read.Value("ingest_requests_refused_total", "code=\"draining\""));
        Assert.Equal("counter", read.Families["ingest_requests_refused_total"].Type);
        Assert.Equal("Requests answered with anything but 202, by code.", read.Families["ingest_requests_refused_total"].Help);
        Assert.Equal(0, read.Value("ingest_commit_flush_duration_seconds_bucket", "le=\"8E-05\""));
        Assert.Equal(1, read.Value("ingest_commit_flush_duration_seconds_bucket", "le=\"0.00016\""));
        Assert.Equal(2, read.Value("ingest_commit_flush_duration_seconds_bucket", "le=\"+Inf\""));
        Assert.Equal(1000.00015, read.Value("ingest_commit_flush_duration_seconds_sum"), 9);
        Assert.Equal(1, read.Value("ingest_commit_group_events_bucket", "le=\"8\""));
        Assert.Equal(0, read.Value("ingest_commit_group_events_bucket", "le=\"4\""));
        Assert.Equal(
            1,
            read.Value("http_server_request_duration_seconds_count", "http_response_status_code=\"202\",http_route=\"/v1/events\""));
        Assert.Equal("node \"one\"\\\n", read.Families["target_info"].Samples[0].Labels["service_instance_id"]);
    }

    [Fact]
    public void A_bucket_leads_to_the_last_recorded_trace_in_it_in_OpenMetrics_alone()
    {
        _instruments.FlushDuration.Record(0.00015);
        var (first, _) = Measure(0.00014, ActivityTraceFlags.Recorded);
        var (last, span) = Measure(0.00015, ActivityTraceFlags.Recorded);
        var (unrecorded, _) = Measure(0.00013, ActivityTraceFlags.None);

        var lines = Text("application/openmetrics-text").Split('\n');

        Assert.Contains(
            $"ingest_commit_flush_duration_seconds_bucket{{le=\"0.00016\"}} 4 # {{trace_id=\"{last}\",span_id=\"{span}\"}} 0.00015", lines);
        Assert.Single(lines, line => line.Contains("trace_id", StringComparison.Ordinal));
        Assert.All((string[])[first, unrecorded], trace => Assert.DoesNotContain(trace, string.Concat(lines), StringComparison.Ordinal));
        Assert.DoesNotContain("trace_id", Text("text/plain"), StringComparison.Ordinal);

        string Text(string accept) => Encoding.UTF8.GetString(_exporter.Collect(accept).Body.Span);

        (string Trace, string Span) Measure(double seconds, ActivityTraceFlags flags)
        {
            using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
            activity.ActivityTraceFlags = flags;
            _instruments.FlushDuration.Record(seconds);
            return (activity.TraceId.ToHexString(), activity.SpanId.ToHexString());
        }
    }

    [Fact]
    public void OpenMetrics_is_spoken_to_those_who_ask_for_it()
    {
        _instruments.Refused.Add(3, new KeyValuePair<string, object?>("code", "draining"));
        _instruments.GroupEvents.Record(7);
        _instruments.Meter.CreateObservableGauge("ingest.memory.ratio", () => 0.25, "1", "Memory over its limit.");

        var (body, type) = _exporter.Collect("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1");
        var read = Exposition.Parse(Encoding.UTF8.GetString(body.Span), openMetrics: true);

        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", type);
        Assert.Equal("counter", read.Families["ingest_requests_refused"].Type);
        Assert.Equal(3, read.Value("ingest_requests_refused_total", "code=\"draining\""));
        Assert.Equal(1, read.Value("ingest_commit_group_events_bucket", "le=\"8.0\""));
        Assert.Equal(0.25, read.Value("ingest_memory_ratio"));
        Assert.Equal("info", read.Families["target"].Type);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text; version=1.0.0; charset=utf-8", true)]
    [InlineData("application/openmetrics-text;q=0.2, text/plain;q=0.9", false)]
    [InlineData("application/openmetrics-text;version=2.0.0", false)]
    [InlineData("application/openmetrics-text;q=nonsense", false)]
    [InlineData(",;,", false)]
    public void The_format_follows_the_accept_header(string accept, bool openMetrics)
    {
        Assert.Equal(openMetrics, ExpositionFormat.Negotiate(accept).IsOpenMetrics);
    }

    [Fact]
    public void Whatever_a_tag_contains_the_text_stays_readable()
    {
        var counter = _instruments.Meter.CreateCounter<long>("odd.tags", description: "With \\ and\na new line and \"quotes\".");
        counter.Add(1, new("a", "quote \" backslash \\ line \n brace } comma , equals ="), new("b", null), new("1st", "x"));
        counter.Add(2, new("a", "\uD800 alone"), new("ключ", "значение"), new("same.name", 1), new("same_name", 2));

        foreach (var accept in new[] { "", "application/openmetrics-text" })
        {
            var (body, _) = _exporter.Collect(accept);
            var read = Exposition.Parse(Encoding.UTF8.GetString(body.Span), accept.Length > 0);
            var family = read.Families.Values.Single(entry => entry.Name.StartsWith("odd_tags", StringComparison.Ordinal));

            Assert.Equal("With \\ and\na new line and \"quotes\".", family.Help);
            Assert.Contains(family.Samples, sample => sample.Labels["a"] == "quote \" backslash \\ line \n brace } comma , equals =");
            Assert.Contains(family.Samples, sample => sample.Labels.TryGetValue("_1st", out var value) && value == "x");
            Assert.Contains(family.Samples, sample => sample.Labels.TryGetValue("same_name", out var value) && value == "1;2");
        }
    }

    [Fact]
    public void Tag_sets_beyond_the_bound_are_counted_together()
    {
        for (var i = 0; i < 1000; i++)
        {
            _instruments.Refused.Add(1, new KeyValuePair<string, object?>("code", $"c{i}"));
        }

        var family = Scrape().Families["ingest_requests_refused_total"];

        Assert.Equal(11, family.Samples.Count);
        Assert.Equal(1000, family.Samples.Sum(sample => sample.Value));
        Assert.Equal(990, family.Samples.Single(sample => sample.Labels.ContainsKey("otel_metric_overflow")).Value);
    }

    [Fact]
    public void The_order_and_the_type_of_tags_make_no_difference()
    {
        var counter = _instruments.Meter.CreateCounter<int>("ordered");
        counter.Add(1, new("a", 1), new("b", "x"));
        counter.Add(2, new("b", "x"), new("a", "1"));
        counter.Add(4, [new("a", 1L), new("b", "x")]);

        Assert.Equal(7, Scrape().Value("ordered_total", "a=\"1\",b=\"x\""));
    }

    [Fact]
    public void Numbers_of_every_kind_are_shown_as_they_are()
    {
        var meter = _instruments.Meter;
        meter.CreateObservableGauge("not.a.number", () => double.NaN);
        meter.CreateObservableGauge("endless", () => double.PositiveInfinity);
        meter.CreateObservableGauge("bottomless", () => double.NegativeInfinity);
        meter.CreateObservableGauge("large", () => long.MaxValue);
        meter.CreateObservableGauge("small", () => 1e-300);
        meter.CreateCounter<double>("parts", "s").Add(0.25);
        meter.CreateUpDownCounter<long>("held", "{thing}").Add(-5);
        meter.CreateGauge<double>("level", "%").Record(12.5);
        var exact = meter.CreateCounter<long>("exact");
        exact.Add(9_007_199_254_740_993);
        var skewed = meter.CreateHistogram<double>("skewed");
        skewed.Record(double.NaN);
        skewed.Record(double.PositiveInfinity);
        skewed.Record(5);

        var text = Encoding.UTF8.GetString(_exporter.Collect("").Body.Span);
        var read = Exposition.Parse(text);

        Assert.Equal(double.NaN, read.Value("not_a_number"));
        Assert.Equal(double.PositiveInfinity, read.Value("endless"));
        Assert.Equal(double.NegativeInfinity, read.Value("bottomless"));
        Assert.Equal(1e-300, read.Value("small"));
        Assert.Equal(0.25, read.Value("parts_seconds_total"));
        Assert.Equal(-5, read.Value("held"));
        Assert.Equal("gauge", read.Families["held"].Type);
        Assert.Equal(12.5, read.Value("level_percent"));
        Assert.Contains("\nexact_total 9007199254740993\n", text, StringComparison.Ordinal);
        Assert.Equal(1, read.Value("skewed_count"));
        Assert.Equal(1, read.Value("skewed_bucket", "le=\"5\""));
    }

    [Fact]
    public void What_is_no_longer_observed_is_gone_and_what_fails_hides_nothing_else()
    {
        var lanes = new List<string> { "file", "kafka" };
        _instruments.Meter.CreateObservableGauge(
            "lane.lag", () => lanes.ConvertAll(lane => new Measurement<long>(1, new KeyValuePair<string, object?>("lane", lane))));
        _instruments.Meter.CreateObservableGauge("broken", Broken);
        _instruments.Meter.CreateObservableCounter("seen", () => 42L);

        Assert.Equal(2, Scrape().Families["lane_lag"].Samples.Count);
        lanes.Remove("kafka");
        var read = Scrape();

        Assert.Equal("lane=\"file\"", Assert.Single(read.Families["lane_lag"].Samples).LabelText);
        Assert.Equal(42, read.Value("seen_total"));
        Assert.DoesNotContain("broken", read.Families.Keys);

        static long Broken() => throw new InvalidOperationException("cannot be read");
    }

    [Fact]
    public void Only_our_own_meter_and_the_meters_named_are_shown()
    {
        using var other = new Instruments();
        using var named = new Meter("Named");
        using var unnamed = new Meter("Unnamed");
        using var exporter = Exporter(new MetricsOptions { Meters = ["Named", "System.Runtime"] });
        other.Refused.Add(1);
        named.CreateCounter<long>("of.named").Add(1);
        unnamed.CreateCounter<long>("of.unnamed").Add(1);

        var read = Exposition.Parse(Encoding.UTF8.GetString(exporter.Collect("").Body.Span));

        Assert.DoesNotContain("ingest_requests_refused_total", read.Families.Keys);
        Assert.DoesNotContain("of_unnamed_total", read.Families.Keys);
        Assert.Contains("of_named_total", read.Families.Keys);
        Assert.Contains("dotnet_gc_heap_total_allocated_bytes_total", read.Families.Keys);
        Assert.Contains("dotnet_process_cpu_time_seconds_total", read.Families.Keys);
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_threads_record_new_and_known_tags_while_others_scrape()
    {
        using var exporter = Exporter(new MetricsOptions { SeriesMax = 200, Meters = [] });
        const int threads = 4, rounds = 20_000;
        var cancel = TestContext.Current.CancellationToken;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var scraper = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    Exposition.Parse(Encoding.UTF8.GetString(exporter.Collect("").Body.Span));
                }
            },
            cancel);
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(
            () =>
            {
                for (var i = 0; i < rounds; i++)
                {
                    _instruments.Refused.Add(1, new("code", $"c{i % 300}"), new("thread", thread % 2));
                    _instruments.RequestDuration.Record(0.001 * (i % 100), new KeyValuePair<string, object?>("http.route", "/v1/events"));
                }
            },
            cancel)));
        await stop.CancelAsync();
        await scraper;

        var read = Exposition.Parse(Encoding.UTF8.GetString(exporter.Collect("").Body.Span));
        Assert.Equal(threads * rounds, read.Families["ingest_requests_refused_total"].Samples.Sum(sample => sample.Value));
        Assert.Equal(threads * rounds, read.Value("http_server_request_duration_seconds_count", "http_route=\"/v1/events\""));
    }

    [Fact]
    public void Recording_with_known_tags_allocates_nothing()
    {
        object status = 202;
        void Record()
        {
            _instruments.RequestDuration.Record(
                0.001, new("http.request.method", "POST"), new("http.route", "/v1/events"), new("http.response.status_code", status));
            _instruments.Refused.Add(1, new KeyValuePair<string, object?>("code", "draining"));
            _instruments.FlushDuration.Record(0.0001);
        }
        Record();
        var allocated = Allocations.OfOneRun(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Record();
            }
        });
        Assert.Equal(0, allocated);
    }

    private PrometheusExporter Exporter(MetricsOptions options) =>
        new(_instruments, meters: null, options, Target, NullLogger<PrometheusExporter>.Instance);

    private Exposition Scrape() => Exposition.Parse(Encoding.UTF8.GetString(_exporter.Collect("").Body.Span));
}
