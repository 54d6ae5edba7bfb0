using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>Format <c>Otlp</c> against a real server.</summary>
public sealed class OtlpFormatTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Theory]
    [InlineData("otlp_logs", EventFormat.Json, "/in/v1/logs", "application/json")]
    [InlineData("otlp_spans", EventFormat.Opaque, "/in/v1/traces", "application/x-protobuf")]
    [InlineData("otlp_metrics", EventFormat.Opaque, "/in/v1/metrics", "application/x-protobuf")]
    [InlineData("mine", EventFormat.Opaque, "/in/v1/traces", "application/x-protobuf")]
    public async Task A_stored_body_goes_as_it_came_to_the_path_of_its_signal(string stream, EventFormat format, string path, string type)
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Otlp"), ("OtlpSignals:mine", "traces"));
        Assert.Equal(1, sink.Traits.BatchEventsMax);
        using var batch = TestEvents.Batch(1, TestEvents.Body("{\"resource\":\n[]}", stream: stream, format: format));
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        var request = Assert.Single(server.Requests);
        Assert.Equal((path, type, "{\"resource\":\n[]}"), (request.Path, request.Headers["Content-Type"], request.Text));
    }

    [Fact]
    public async Task A_stream_without_a_signal_waits_and_is_not_sent()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Otlp"));
        using var batch = TestEvents.Numbered(1, 1);
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal((VerdictKind.Blocked, VerdictScope.Stream), (verdict.Kind, verdict.Scope));
        Assert.Contains("stream default has no signal", verdict.Reason, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("{}", "", 0)]
    [InlineData("{\"partialSuccess\":{}}", "", 0)]
    [InlineData("{\"partialSuccess\":{\"errorMessage\":\"a warning\"}}", "", 0)]
    [InlineData("{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"too old\"}}", "too old", 3)]
    [InlineData("{\"partialSuccess\":{\"rejectedLogRecords\":2}}", "", 2)]
    [InlineData("{\"partialSuccess\":[]}", "", 0)]
    [InlineData("{\"partialSuccess\":", "", 0)]
    [InlineData("\n\u000b\u0008\u0003\u0012\u0007too old", "too old", 3)]
    [InlineData("\n\u0002\u0008\u0003", "", 3)]
    [InlineData("\n\u0009\u0012\u0007too old", "", 0)]
    [InlineData("\n\u000b\u0008\u0003\u0012\u0020too old", "", 3)]
    [InlineData("\n\u0040\u0008\u0003", "", 0)]
    [InlineData("OK", "", 0)]
    public async Task A_body_that_was_taken_in_part_is_a_dead_letter_and_not_repeated(string body, string message, int rejected)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(200, body) { ContentType = "application/x-protobuf" };
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Otlp"));
        using var batch = TestEvents.Batch(1, TestEvents.Body("{}", stream: "otlp_logs"));
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal(
            rejected == 0 ? SinkVerdict.Delivered : new SinkVerdict(
                VerdictKind.Rejected,
                $"HTTP 200: {rejected} of its records refused{(message.Length > 0 ? ": " : "")}{message}", Scope: VerdictScope.Event),
            verdict);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("OtlpSignals:mine", "spans", "logs, traces or metrics")]
    [InlineData("Url", "http://example.com/?a=b", "no query")]
    [InlineData("BulkIndex", "a b", "letters, digits")]
    [InlineData("HecIndex", "x\"", "letters, digits")]
    public void Wrong_settings_of_formats_are_refused_at_the_start(string key, string value, string problem)
    {
        var wrong = Assert.Throws<InvalidOperationException>(
            () => _sinks.Create(null, ("Url", "http://example.com/"), ("Format", "Otlp"), (key, value)));
        Assert.Contains(problem, wrong.Message, StringComparison.Ordinal);
    }
}
