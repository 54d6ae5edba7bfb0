using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Ingest.Health;
using Ingest.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ingest.Tests.Intake;

/// <summary>Bodies that lie, dribble, break off or come in odd pieces, over raw sockets.</summary>
public sealed class TransportTests
{
    private const string Head = "POST /v1/events HTTP/1.1\r\nHost: x\r\n";

    [Fact]
    public async Task A_body_shorter_than_its_Content_Length_is_dropped_when_the_sender_ends()
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await server.SendRawAsync(Text(Head + "Content-Length: 100\r\n\r\n{\"a\":1}"), shutdown: true);
        Assert.DoesNotContain(" 202 ", answer, StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_sender_that_half_closes_may_lose_its_answer_but_gets_no_wrong_one()
    {
        // The server takes the end of what is sent for the end of the connection. docs/errors.md says so.
        await using var server = await IntakeServer.StartAsync();
        var answer = await server.SendRawAsync(Text(Head + "Content-Length: 7\r\n\r\n{\"a\":1}"), shutdown: true);
        await Poll.Until("the request is done", () => server.Endpoint.InFlight == 0);
        Assert.Matches("^(HTTP/1.1 202 |$)", answer);
        Assert.True(answer.Length == 0 || server.Queue.Events.Count == 1);
    }

    [Fact]
    public async Task A_body_longer_than_its_Content_Length_is_cut_there()
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await server.SendRawAsync(Text(Head + "Content-Length: 7\r\n\r\n{\"a\":1}{\"a\":2}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 202 ", answer, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Payload.Span));
    }

    [Fact]
    public async Task A_client_that_goes_away_stores_nothing_and_is_no_error_of_the_server()
    {
        await using var server = await IntakeServer.StartAsync();
        var statuses = new List<object?>();
        using var listener = Listen(server, statuses);
        using (var raw = await RawText.OpenAsync(server.Address))
        {
            await raw.SendAsync(Head + "Content-Length: 100\r\n\r\n{\"a\":1}");
            await Poll.Until("the request is let in", () => server.Endpoint.InFlight == 1);
            raw.Reset();
        }
        await Poll.Until("the request is forgotten", () => server.Endpoint.InFlight == 0 && statuses.Count == 1);
        Assert.Equal([499], statuses);
        Assert.Empty(server.Queue.Events);
        Assert.Equal(0, server.Endpoint.BytesArriving);
    }

    [Fact]
    public async Task A_body_that_dribbles_is_refused_at_the_deadline()
    {
        await using var server = await IntakeServer.StartAsync(options => options.BodyDeadline = TimeSpan.FromMilliseconds(300));
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync(Head + "Content-Length: 100000\r\n\r\n");
        var answer = raw.ReadAsync(text => text.Contains('}', StringComparison.Ordinal));
        await Poll.Until("the answer is there", async () =>
        {
            if (!answer.IsCompleted)
            {
                await raw.SendAsync("1");
            }
            return answer.IsCompleted;
        });
        Assert.StartsWith("HTTP/1.1 408 ", await answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"body_timeout\"", await answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", await answer, StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_body_below_the_servers_minimum_rate_is_refused_the_same_way()
    {
        await using var server = await IntakeServer.StartAsync(
            kestrel: kestrel => kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(100_000, TimeSpan.FromSeconds(1.1)));
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync(Head + "Content-Length: 100000\r\n\r\n123");
        var answer = await raw.ReadAsync(text => text.Contains('}', StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"body_timeout\"", answer, StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_body_that_is_late_but_in_time_is_taken()
    {
        await using var server = await IntakeServer.StartAsync();
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync(Head + "Content-Length: 7\r\n\r\n");
        await Poll.Until("the request is let in", () => server.Endpoint.InFlight == 1);
        foreach (var piece in new[] { "{\"a", "\":", "1}" })
        {
            await raw.SendAsync(piece);
        }
        Assert.StartsWith("HTTP/1.1 202 ", await raw.ReadAsync(text => text.EndsWith('}')), StringComparison.Ordinal);
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Payload.Span));
    }

    [Theory]
    [InlineData("7\r\n{\"a\":1}\r\n0\r\n\r\n", true)]
    [InlineData("3\r\n{\"a\r\n4;ext=\"x\"\r\n\":1}\r\n0\r\nTrailer: x\r\n\r\n", true)]
    [InlineData("zz\r\n{\"a\":1}\r\n0\r\n\r\n", false)]
    [InlineData("-7\r\n{\"a\":1}\r\n0\r\n\r\n", false)]
    [InlineData("7\r\n{\"a\":1}0\r\n\r\n", false)]
    [InlineData("7;\n{\"a\":1}\r\n0\r\n\r\n", false)]
    [InlineData("FFFFFFFFFFFFFFFF\r\n{\"a\":1}\r\n0\r\n\r\n", false)]
    public async Task Chunks_are_taken_where_they_are_well_formed(string chunks, bool taken)
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await server.SendRawAsync(Text(Head + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks));
        if (taken)
        {
            Assert.StartsWith("HTTP/1.1 202 ", answer, StringComparison.Ordinal);
            Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Payload.Span));
        }
        else
        {
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Contains("\"code\":\"bad_request\"", answer, StringComparison.Ordinal);
            Assert.Empty(server.Queue.Events);
        }
    }

    [Fact]
    public async Task Chunks_are_refused_in_a_version_that_has_none()
    {
        await using var server = await IntakeServer.StartAsync();
        var answer = await server.SendRawAsync(
            Text("POST /v1/events HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n7\r\n{\"a\":1}\r\n0\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"bad_request\"", answer, StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Length: 0\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n")]
    public async Task A_request_without_a_body_is_refused(string headers)
    {
        await using var server = await IntakeServer.StartAsync();
        var chunks = headers.StartsWith("Transfer", StringComparison.Ordinal) ? "0\r\n\r\n" : "";
        var answer = await server.SendRawAsync(Text(Head + headers + "Connection: close\r\n\r\n" + chunks));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"empty_body\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order()
    {
        await using var server = await IntakeServer.StartAsync();
        var requests = string.Concat(Enumerable.Range(1, 5).Select(_ => Head + "Content-Length: 1\r\n\r\n7"));
        var answer = await server.SendRawAsync(Text(requests), enough: text => text.Contains("\"last\":5", StringComparison.Ordinal));
        var positions = Enumerable.Range(1, 5).Select(number => answer.IndexOf($"\"first\":{number},", StringComparison.Ordinal)).ToList();
        Assert.All(positions, position => Assert.True(position > 0));
        Assert.Equal(positions.Order(), positions);
    }

    [Fact]
    public async Task Who_asks_before_sending_the_body_is_refused_without_it()
    {
        await using var server = await IntakeServer.StartAsync();
        server.Gate.Close(RefusalCode.MemoryPressure, "Because.");
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync(Head + "Content-Length: 7\r\nExpect: 100-continue\r\n\r\n");
        var answer = await raw.ReadAsync(text => text.Contains("Because.", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_body_that_is_refused_early_does_not_cost_the_sender_its_answer()
    {
        await using var server = await IntakeServer.StartAsync();
        for (var round = 0; round < 5; round++)
        {
            var response = await server.PostAsync("/v1/events", "application/x-ndjson", new byte[20 * 1024 * 1024]);
            await IntakeServer.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "batch_too_large");
        }
    }

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    private static MeterListener Listen(IntakeServer server, List<object?> statuses)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument == server.Instruments.RequestDuration)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => statuses.Add(tags[^1].Value));
        listener.Start();
        return listener;
    }
}
