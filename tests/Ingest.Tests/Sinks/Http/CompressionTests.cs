using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Compressed bodies, against a real server.</summary>
public sealed class CompressionTests : IDisposable
{
    private const string Secret = "0123456789abcdef";

    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Theory]
    [InlineData("Ndjson")]
    [InlineData("CloudEventsBatch")]
    public async Task A_compressed_body_is_the_same_events_under_the_same_key_and_is_signed_as_it_is_sent(string format)
    {
        await using var server = await HttpDownstream.StartAsync();
        await System.IO.File.WriteAllTextAsync(_sinks["secret"], Secret, Cancel);
        await using var plain = await _sinks.OpenAsync(server, ("Format", format));
        await using var gzip = await _sinks.OpenAsync(
            server, ("Format", format), ("Compression", "Gzip"), ("SigningFile", _sinks["secret"]));
        using var batch = TestEvents.Numbered(1, 500);

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await plain.SendAsync(batch, Cancel));
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await gzip.SendAsync(batch, Cancel));

        var (before, after) = (server.Requests[0], server.Requests[1]);
        Assert.Equal("gzip", after.Headers["Content-Encoding"]);
        Assert.Equal(after.Body.Length.ToString(CultureInfo.InvariantCulture), after.Headers["Content-Length"]);
        Assert.True(after.Body.Length < before.Body.Length / 2, $"{after.Body.Length} of {before.Body.Length} bytes");
        Assert.Equal(before.Text, after.Text);
        Assert.Equal(before.Headers["Idempotency-Key"], after.Headers["Idempotency-Key"]);
        Assert.Equal(before.Headers["Content-Type"], after.Headers["Content-Type"]);
        Assert.DoesNotContain("Content-Encoding", before.Headers.Keys);
        var parts = after.Headers["Ingest-Signature"].Split(',');
        byte[] signed = [.. Encoding.ASCII.GetBytes(parts[0]["t=".Length..] + "."), .. after.Body];
        Assert.Equal("v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed)), parts[1]);
    }

    [Fact]
    public async Task A_receiver_that_reads_no_compressed_bodies_blocks_and_blames_no_event()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(415);
        using var batch = TestEvents.Numbered(1, 4);
        await using var gzip = await _sinks.OpenAsync(server, ("Compression", "Gzip"));
        HttpSinkFixture.AllAre(VerdictKind.Blocked, await gzip.SendAsync(batch, Cancel));
        Assert.Single(server.Requests);
        await using var plain = await _sinks.OpenAsync(server);
        HttpSinkFixture.AllAre(VerdictKind.Rejected, await plain.SendAsync(batch, Cancel));
        await using var chosen = await _sinks.OpenAsync(server, ("Compression", "Gzip"), ("Statuses:415", "Rejected"));
        HttpSinkFixture.AllAre(VerdictKind.Rejected, await chosen.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task The_guilty_event_is_found_in_compressed_bodies_too()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Sequences.Contains(7) ? 400 : 204);
        await using var sink = await _sinks.OpenAsync(server, ("Compression", "Gzip"));
        using var batch = TestEvents.Numbered(1, 16);
        var result = await sink.SendAsync(batch, Cancel);
        Assert.All(Enumerable.Range(0, 16), i => Assert.Equal(
            i == 6 ? VerdictKind.Rejected : VerdictKind.Delivered, result[i].Kind));
    }
}
