using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>Format <c>JsonArray</c> against a real server.</summary>
public sealed class JsonArrayFormatTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task Payloads_stand_in_an_array_as_they_came_and_text_as_strings()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "JsonArray"));
        using var batch = TestEvents.Batch(
            1,
            TestEvents.Body("{\"a\":\n1.50}"),
            TestEvents.Body("say \"h\u00e9\"\n", format: EventFormat.Opaque, contentType: "text/plain"),
            TestEvents.Body("{\"specversion\":\"1.0\"}", format: EventFormat.CloudEvent),
            TestEvents.Body("", format: EventFormat.Opaque));

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal("[{\"a\":\n1.50},\"say \\\"h\u00e9\\\"\\n\",{\"specversion\":\"1.0\"},\"\"]", request.Text);
        Assert.Equal("4", request.Headers["Ingest-Events"]);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_dead_letters_and_their_neighbours_are_delivered()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "JsonArray"));
        using var batch = new EventBatch();
        batch.Add(1, TestEvents.Body("1"));
        batch.Add(2, Bytes(0xFF, 0x00));
        batch.Add(3, TestEvents.Body("3"));

        var result = await sink.SendAsync(batch, Cancel);

        Assert.Equal("[1,3]", Assert.Single(server.Requests).Text);
        Assert.Equal(
            [VerdictKind.Delivered, VerdictKind.Rejected, VerdictKind.Delivered], Enumerable.Range(0, 3).Select(i => result[i].Kind));
        Assert.Contains("no UTF-8", result[1].Reason, StringComparison.Ordinal);
        using var alone = new EventBatch();
        alone.Add(4, Bytes(0xC3));
        HttpSinkFixture.AllAre(VerdictKind.Rejected, await sink.SendAsync(alone, Cancel));
        Assert.Single(server.Requests);
    }

    private static byte[] Bytes(params byte[] payload) => TestEvents.Body(
        payload, [], "default", [], "application/octet-stream", EventFormat.Opaque, null, TestEvents.AcceptedUnixMs);
}
