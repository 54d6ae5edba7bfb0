using System.Text;
using System.Text.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>Real webhook payloads through the real process and back: every byte as it was sent.</summary>
public sealed class RealPayloadTests(ITestOutputHelper output)
{
    private const int Payloads = 329;

    [Fact]
    public async Task All_real_payloads_come_back_byte_for_byte_however_they_are_sent()
    {
        await using var rig = new CrashRig(output);
        var payloads = Read();
        Assert.Equal(Payloads, payloads.Count);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        using (var connection = await RawConnection.ConnectAsync(rig.Setup.IntakePort, TestContext.Current.CancellationToken))
        {
            for (var i = 0; i < payloads.Count; i++)
            {
                await PostAsync(connection, "one", "application/json", payloads[i], first: 1 + i, count: 1);
            }
            await PostAsync(connection, "lines", "application/x-ndjson", Join([], "\n"u8, "\n"u8, payloads), 1 + Payloads, Payloads);
            await PostAsync(connection, "array", "application/json", Join("["u8, ","u8, "]"u8, payloads), 1 + (2 * Payloads), Payloads);
        }
        Assert.Equal(0, await node.StopAsync());

        var delivered = new Dictionary<string, List<byte[]>>();
        DeliveredEvents.Read(rig.Output, line =>
        {
            Assert.False(line.Opaque);
            Assert.True(delivered.TryGetValue(line.Stream, out var list) || delivered.TryAdd(line.Stream, list = []));
            list!.Add(line.Payload.ToArray());
        });
        Assert.Equal(["array", "lines", "one"], delivered.Keys.Order(StringComparer.Ordinal));
        Assert.All(delivered, stream =>
        {
            Assert.Equal(Payloads, stream.Value.Count);
            Assert.All(stream.Value.Zip(payloads), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second)));
        });
    }

    private static async Task PostAsync(RawConnection connection, string stream, string type, byte[] body, long first, int count)
    {
        var head = RawConnection.PostHead($"/v1/streams/{stream}/events", type, body.Length);
        var answer = await connection.ExchangeAsync((byte[])[.. head, .. body], TestContext.Current.CancellationToken);
        Assert.True(answer.Status == 202, $"{answer.Status} {answer.Text}");
        using var receipt = JsonDocument.Parse(answer.Body);
        Assert.Equal(count, receipt.RootElement.GetProperty("accepted").GetInt32());
        Assert.Equal(first, receipt.RootElement.GetProperty("first").GetInt64());
        Assert.Equal(first + count - 1, receipt.RootElement.GetProperty("last").GetInt64());
    }

    private static byte[] Join(ReadOnlySpan<byte> open, ReadOnlySpan<byte> between, ReadOnlySpan<byte> close, List<byte[]> payloads)
    {
        using var body = new MemoryStream();
        body.Write(open);
        for (var i = 0; i < payloads.Count; i++)
        {
            body.Write(i == 0 ? [] : between);
            body.Write(payloads[i]);
        }
        body.Write(close);
        return body.ToArray();
    }

    /// <summary>The bytes of each line's <c>payload</c>, exactly as they stand in the file.</summary>
    private static List<byte[]> Read()
    {
        var payloads = new List<byte[]>();
        foreach (var line in File.ReadLines(Path.Combine(SourceTree.Root, "tests", "data", "github-webhooks.ndjson")))
        {
            using var document = JsonDocument.Parse(line);
            payloads.Add(Encoding.UTF8.GetBytes(document.RootElement.GetProperty("payload").GetRawText()));
        }
        return payloads;
    }
}
