using System.Text;

namespace Ingest.Tests.Intake;

/// <summary>A refusal reaches a client that writes all of its body before it reads.</summary>
public sealed class LingeringTests
{
    private const int BodyBytesMax = 64 * 1024;

    // Beyond what the server itself would throw away, and what the sockets hold.
    private const int SentBytes = 24 * 1024 * 1024;

    [Theory]
    [InlineData("/v1/nothing", "Content-Type: text/plain\r\n", false, "404")]
    [InlineData("/v1/streams/unknown/events", "Content-Type: text/plain\r\n", true, "404")]
    [InlineData("/v1/events", "Content-Type: application/xml\r\n", false, "415")]
    [InlineData("/v1/events", "Content-Type: application/xml\r\n", true, "415")]
    [InlineData("/v1/events", "Content-Type: text/plain\r\n", false, "413")]
    [InlineData("/v1/events", "Content-Type: text/plain\r\n", true, "413")]
    public async Task A_large_body_is_read_on_behind_its_refusal(string path, string headers, bool chunked, string status)
    {
        await using var server = await IntakeServer.StartAsync(options =>
            (options.BodyBytesMax, options.EventBytesMax, options.Streams) = (BodyBytesMax, BodyBytesMax, ["default"]));
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync(Head(path, headers, chunked));
        await SendBodyAsync(raw, chunked, SentBytes);
        Assert.StartsWith($"HTTP/1.1 {status} ", await raw.ReadAsync(HasCode), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_body_is_read_on_for_longer_than_the_server_would()
    {
        await using var server = await IntakeServer.StartAsync();
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync(Head("/v1/events", "Content-Type: application/xml\r\n", chunked: true));
        var started = TimeProvider.System.GetTimestamp();
        // The server itself gives up after five seconds.
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(6.5))
        {
            await SendBodyAsync(raw, chunked: true, 2048, end: false);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
        await raw.SendAsync("0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 415 ", await raw.ReadAsync(HasCode), StringComparison.Ordinal);
        // Read to its end, the connection serves the next request.
        await raw.SendAsync("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
        Assert.Contains("{\"accepted\":1,", await raw.ReadAsync(text => text.Contains("accepted", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_on_is_bounded_in_bytes_and_in_time()
    {
        foreach (var configure in new Action<Ingest.Intake.IntakeOptions>[]
        {
            options => options.LingerBytesMax = 1024 * 1024,
            options => options.LingerTime = TimeSpan.FromMilliseconds(100),
        })
        {
            await using var server = await IntakeServer.StartAsync(options =>
            {
                options.BodyBytesMax = options.EventBytesMax = BodyBytesMax;
                configure(options);
            });
            using var raw = await RawText.OpenAsync(server.Address);
            await raw.SendAsync(Head("/v1/events", "Content-Type: application/xml\r\n", chunked: true));
            await Assert.ThrowsAnyAsync<IOException>(() => SendBodyAsync(raw, chunked: true, int.MaxValue));
        }
    }

    private static bool HasCode(string text) => text.Contains("\"code\"", StringComparison.Ordinal);

    private static string Head(string path, string headers, bool chunked) =>
        $"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}{(chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {SentBytes}")}\r\n\r\n";

    private static async Task SendBodyAsync(RawText raw, bool chunked, int bytes, bool end = true)
    {
        var block = new byte[Math.Min(bytes, 1024 * 1024)];
        byte[] piece = chunked ? [.. Encoding.ASCII.GetBytes($"{block.Length:x}\r\n"), .. block, .. "\r\n"u8] : block;
        for (var sent = 0L; sent < bytes; sent += block.Length)
        {
            await raw.SendAsync(piece);
        }
        if (chunked && end)
        {
            await raw.SendAsync("0\r\n\r\n");
        }
    }
}
