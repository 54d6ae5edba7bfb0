using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Testing;
using static Ingest.Abuse.Http2Frames;

namespace Ingest.Abuse.Cases;

/// <summary>Floods that HTTP/2 makes cheap for who sends them.</summary>
internal static class Http2Cases
{
    private const int StreamsAtOnce = 200;

    private static readonly byte[] EventHeaders = Post("/v1/events", "application/json");

    internal static IReadOnlyList<AbuseCase> All { get; } = [.. Cases().Select(abuse => abuse with { OverHttp2 = true })];

    private static IReadOnlyList<AbuseCase> Cases() =>
    [
        new("HTTP/2, as it should be", ["202"], HonestAsync),
        new("HTTP/2, many streams on one connection", ["202"], ManyStreamsAsync),
        new("HTTP/2 rapid reset", [Outcomes.GoAway, Outcomes.Closed, Outcomes.Held], RapidResetAsync),
        new("HTTP/2 CONTINUATION flood", [Outcomes.GoAway, Outcomes.Closed], ContinuationAsync),
        new("HTTP/2 SETTINGS flood", [Outcomes.GoAway, Outcomes.Closed, Outcomes.Held], (target, patience) =>
            FloodAsync(target, Frame(Settings, 0, 0, []), patience)),
        new("HTTP/2 PING flood", [Outcomes.GoAway, Outcomes.Closed, Outcomes.Held], (target, patience) =>
            FloodAsync(target, Frame(Ping, 0, 0, new byte[8]), patience)),
        new("HTTP/2 empty DATA flood", [Outcomes.GoAway, Outcomes.Closed, Outcomes.Held], EmptyDataAsync),
        new("HTTP/1.1 at an HTTP/2 port", ["400", Outcomes.Closed, Outcomes.GoAway], NotHttp2Async),
    ];

    private static async Task<string> HonestAsync(AbuseTarget target, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Http2Port, patience);
        byte[] request = [.. Frame(Headers, EndHeaders, 1, EventHeaders), .. Frame(Data, EndStream, 1, "{}"u8)];
        await wire.SendAsync(Preface.Concat(request).ToArray(), patience);
        await wire.ReceiveAsync(received => Find(received, Data, 1) is not null, patience);
        var body = Encoding.UTF8.GetString(Find(wire, Data, 1) ?? []);
        return body.StartsWith("{\"accepted\":1,", StringComparison.Ordinal) ? "202" : body;
    }

    /// <summary>
    /// More at once than a connection may have streams: the client waits its turn, and each event gets a number of its own.
    /// </summary>
    private static async Task<string> ManyStreamsAsync(AbuseTarget target, CancellationToken patience)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var uri = new Uri($"http://127.0.0.1:{target.Http2Port}/v1/events");
        var left = target.Repeats;
        var numbers = await Task.WhenAll(Enumerable.Range(0, StreamsAtOnce).Select(_ => PostAsync()));
        var (all, different) = (numbers.Sum(some => some.Count), numbers.SelectMany(some => some).Distinct().Count());
        return (all, different) == (target.Repeats, target.Repeats) ? "202" : $"{different} numbers for {all} events";

        async Task<List<long>> PostAsync()
        {
            var given = new List<long>();
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using var content = new StringContent("{}", Encoding.UTF8, "application/json");
                using var answer = await client.PostAsync(uri, content, patience);
                var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(patience);
                using var accepted = JsonDocument.Parse(body);
                given.Add(accepted.RootElement.GetProperty("first").GetInt64());
            }
            return given;
        }
    }

    private static async Task<string> RapidResetAsync(AbuseTarget target, CancellationToken patience)
    {
        var cancel = new byte[] { 0, 0, 0, 8 };
        return await ManyAsync(
            target.Http2Port,
            target.Repeats,
            number => [.. Frame(Headers, EndHeaders, (number * 2) + 1, EventHeaders), .. Frame(Reset, 0, (number * 2) + 1, cancel)],
            patience);
    }

    private static async Task<string> ContinuationAsync(AbuseTarget target, CancellationToken patience)
    {
        var more = Literal("x-more", new string('y', 4000));
        return await ManyAsync(
            target.Http2Port,
            target.Repeats,
            number => number == 0 ? Frame(Headers, 0, 1, EventHeaders) : Frame(Continuation, 0, 1, more),
            patience);
    }

    private static async Task<string> EmptyDataAsync(AbuseTarget target, CancellationToken patience) => await ManyAsync(
        target.Http2Port,
        target.Repeats,
        number => number == 0 ? Frame(Headers, EndHeaders, 1, EventHeaders) : Frame(Data, 0, 1, []),
        patience);

    private static Task<string> FloodAsync(AbuseTarget target, byte[] frame, CancellationToken patience) =>
        ManyAsync(target.Http2Port, target.Repeats, _ => frame, patience);

    private static async Task<string> NotHttp2Async(AbuseTarget target, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Http2Port, patience);
        await wire.SendAsync(Requests.Post(), patience);
        await wire.ReceiveAsync(_ => false, patience);
        return Find(wire, GoAway, 0) is not null ? Outcomes.GoAway : Outcomes.Closed;
    }

    /// <summary>
    /// Sends frames, reading what comes back meanwhile, until the node ends the connection or there are no more; one that took them all
    /// must still answer a ping.
    /// </summary>
    internal static async Task<string> ManyAsync(int port, int count, Func<int, byte[]> frames, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(port, patience);
        await wire.SendAsync(Preface, patience);
        var mark = "lastping"u8.ToArray();
        var ended = wire.ReceiveAsync(received => Find(received, GoAway, 0) is not null || Pings(received, mark), patience);
        var block = new List<byte>();
        for (var number = 0; number < count && !ended.IsCompleted; number++)
        {
            block.AddRange(frames(number));
            if (block.Count > 16 * 1024)
            {
                await wire.SendAsync(block.ToArray(), patience);
                block.Clear();
            }
        }
        await wire.SendAsync(block.Concat(Frame(Ping, 0, 0, mark)).ToArray(), patience);
        await ended;
        return Find(wire, GoAway, 0) is not null ? Outcomes.GoAway : wire.IsClosed ? Outcomes.Closed : Outcomes.Held;
    }
}
