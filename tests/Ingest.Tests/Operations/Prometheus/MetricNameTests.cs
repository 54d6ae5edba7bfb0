using Ingest.Operations.Prometheus;

namespace Ingest.Tests.Operations.Prometheus;

public sealed class MetricNameTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", false, "http_server_request_duration_seconds")]
    [InlineData("ingest.requests.refused", "{request}", false, "ingest_requests_refused")]
    [InlineData("ingest.log.bytes", "By", true, "ingest_log_bytes")]
    [InlineData("ingest.log.bytes.max", "By", true, "ingest_log_bytes_max")]
    [InlineData("ingest.log.size", "By", true, "ingest_log_size_bytes")]
    [InlineData("ingest.memory", "1", true, "ingest_memory_ratio")]
    [InlineData("ingest.share", "1", false, "ingest_share")]
    [InlineData("already.total", null, false, "already")]
    [InlineData("speed", "By/s", true, "speed_bytes_per_second")]
    [InlineData("rate", "{event}/s", true, "rate_per_second")]
    [InlineData("9lives", "", false, "_9lives")]
    [InlineData("a..b--c", null, false, "a_b_c")]
    [InlineData("with:colon", null, false, "with:colon")]
    [InlineData("load", "%", true, "load_percent")]
    [InlineData("odd", "foo/bar", true, "odd_foo_per_bar")]
    public void Names_and_units_become_what_Prometheus_expects(string name, string? unit, bool gauge, string expected)
    {
        Assert.Equal(expected, MetricName.Family(name, unit, gauge));
    }
}
