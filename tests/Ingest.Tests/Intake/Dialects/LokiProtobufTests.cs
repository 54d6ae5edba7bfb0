using System.Text;
using System.Text.Json;
using Ingest.Events;
using Ingest.Intake.Body.Compression;
using Ingest.Intake.Dialects.Loki;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Loki's push in protobuf and Snappy: the same events as in JSON, and nothing that is damaged.</summary>
public sealed class LokiProtobufTests
{
    private const string Path = "/loki/api/v1/push";
    private const string Protobuf = "application/x-protobuf";

    // A push of two entries, the second with structured metadata: written by protobufjs 7.6, packed by Google's Snappy.
    private const string Push =
        "8401c00a81010a177b6170703d2273686f70222c20706f643d22612d31227d12420a080880e2cfaa06100512366f72646572206fa2060030c3a92022782212200a"
        + "080881e201446000120374776f1a0f0a0874726163655f696412036162631807";

    [Theory]
    [InlineData(null)]
    [InlineData("snappy")]
    public async Task A_push_of_a_real_client_is_the_event_that_it_is_in_JSON(string? encoding)
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect());
        var answer = await server.SendAsync(
            "POST", Path, Convert.FromHexString(Push), Protobuf, encoding is null ? [] : [("Content-Encoding", encoding)]);
        Assert.True(answer.Status == 204, answer.Body);
        var stored = Assert.Single(server.Queue.Events);
        Assert.Equal(
            """{"stream":{"app":"shop","pod":"a-1"},"values":[["1700000000000000005","order order order order order order order order é """
            + """\"x\""],["1700000001000000000","two",{"trace_id":"abc"}]]}""",
            DialectServer.Text(stored));
        Assert.Equal((EventFormat.Json, "loki"), (stored.Format, DialectServer.Stream(stored)));
    }

    [Fact]
    public async Task Every_stream_is_an_event_of_the_tenant_and_what_is_no_UTF8_is_replaced()
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect());
        byte[] push = [.. Stream("{a=\"1\"}", Entry([0xFF, (byte)'x'])), .. Stream("{}", Entry("\u0001\ud83d\ude00"u8.ToArray()))];
        await server.SendAsync("POST", Path, Packed(push), Protobuf, ("X-Scope-OrgID", "team-a"));
        Assert.All(server.Queue.Events, stored => Assert.Equal("team-a", DialectServer.Stream(stored)));
        var lines = server.Payloads.Select(payload =>
            JsonDocument.Parse(payload).RootElement.GetProperty("values")[0][1].GetString());
        Assert.Equal(["\ufffdx", "\u0001\ud83d\ude00"], lines);
    }

    [Theory]
    [InlineData("{app=\"shop\"}", "{\"app\":\"shop\"}")]
    [InlineData(" { a = \"1\" , b='2',c=`\\n`, } ", "{\"a\":\"1\",\"b\":\"2\",\"c\":\"\\\\n\"}")]
    [InlineData("{a=\"say \\\"x\\\", \\u00e9\\x41\\101\\n}\"}", "{\"a\":\"say \\\"x\\\", éAA\\n}\"}")]
    [InlineData("{}", "{}")]
    [InlineData("", null)]
    [InlineData("a=\"1\"", null)]
    [InlineData("{a=1}", null)]
    [InlineData("{a=\"1}", null)]
    [InlineData("{=\"1\"}", null)]
    [InlineData("{a=\"1\" b=\"2\"}", null)]
    [InlineData("{a=\"\\q\"}", null)]
    [InlineData("{a=\"\\ud800\"}", null)]
    [InlineData("{a=\"\\x4\"}", null)]
    public async Task Labels_are_read_as_they_are_written(string labels, string? expected)
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect());
        var answer = await server.SendAsync("POST", Path, Packed(Stream(labels, Entry("x"u8.ToArray()))), Protobuf);
        Assert.Equal(expected is null ? 400 : 204, answer.Status);
        Assert.Equal(
            expected is null ? [] : [$"{{\"stream\":{expected},\"values\":[[\"0\",\"x\"]]}}"],
            server.Payloads);
    }

    [Fact]
    public async Task A_stream_above_an_events_limit_becomes_several_of_the_same_labels_in_order()
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect(), configure: options => options.EventBytesMax = 1024);
        var lines = Enumerable.Range(0, 50).Select(number => $"{number} " + new string('\t', number)).ToArray();
        var push = Stream("{a=\"1\"}", [.. lines.SelectMany(line => Entry(Encoding.UTF8.GetBytes(line)))]);
        Assert.Equal(204, (await server.SendAsync("POST", Path, Packed(push), Protobuf)).Status);
        Assert.True(server.Payloads.Count > 2, $"{server.Payloads.Count} events");
        Assert.All(server.Payloads, payload => Assert.True(
            payload.Length <= 1024 && payload.StartsWith("{\"stream\":{\"a\":\"1\"}", StringComparison.Ordinal)));
        Assert.Equal(lines, server.Payloads.SelectMany(payload =>
            JsonDocument.Parse(payload).RootElement.GetProperty("values").EnumerateArray().Select(value => value[1].GetString()!)));

        push = Stream("{a=\"1\"}", Entry(new byte[2000]));
        Assert.Equal(413, (await server.SendAsync("POST", Path, Packed(push), Protobuf)).Status);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("05", 400)]
    [InlineData("FFFFFFFFFF7F", 400)]
    [InlineData("FFFFFF7F00", 400)]
    [InlineData("020409", 400)]
    [InlineData("0100FF", 400)]
    [InlineData("010109", 400)]
    [InlineData("00", 204)]
    public async Task A_block_that_is_none_is_refused(string hex, int status)
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect());
        var answer = await server.SendAsync("POST", Path, Convert.FromHexString(hex), Protobuf);
        Assert.True(answer.Status == status, $"{answer.Status} {answer.Body}");
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_block_that_is_cut_goes_on_or_has_a_flipped_byte_is_refused_or_read_and_never_breaks()
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect());
        var push = Convert.FromHexString(Push);
        var seed = new Random().Next();
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            byte[] body = (i % 3) switch
            {
                0 => push[..random.Next(push.Length)],
                1 => [.. push, (byte)random.Next(256)],
                _ => [.. push],
            };
            if (i % 3 == 2)
            {
                body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
            }
            var answer = await server.SendAsync("POST", Path, body, Protobuf);
            Assert.True(answer.Status is 400 or 204 or 413, $"seed {seed}, round {i}: {answer.Status} {answer.Body}");
            Assert.True(i % 3 == 2 || answer.Status == 400, $"seed {seed}, round {i}: {answer.Status}");
        }
    }

    [Fact]
    public void A_block_decodes_literals_of_every_length_and_copies_that_repeat_what_they_write()
    {
        foreach (var length in new[] { 1, 60, 61, 256, 257, 65_536, 65_537 })
        {
            var plain = new byte[length];
            new Random(length).NextBytes(plain);
            var block = Packed(plain);
            Assert.True(SnappyBlock.TryReadLength(block, out var said, out var start));
            Assert.Equal(length, said);
            var decoded = new byte[said];
            Assert.True(SnappyBlock.TryDecode(block.AsSpan(start), decoded));
            Assert.Equal(plain, decoded);
        }
        // "ab", then copies of 4 from 2, of 5 from 3, of 6 from 1, with offsets of one, two and four bytes.
        byte[] copies = [1 << 2, (byte)'a', (byte)'b', 0x01, 2, (4 << 2) | 2, 3, 0, (5 << 2) | 3, 1, 0, 0, 0];
        var target = new byte[17];
        Assert.True(SnappyBlock.TryDecode(copies, target));
        Assert.Equal("abababbabbaaaaaaa", Encoding.ASCII.GetString(target));
        Assert.False(SnappyBlock.TryDecode(copies, new byte[16]));
        Assert.False(SnappyBlock.TryDecode(copies, new byte[18]));
    }

    private static byte[] Stream(string labels, byte[] entries) =>
        Field(1, [.. Field(1, Encoding.UTF8.GetBytes(labels)), .. entries]);

    private static byte[] Entry(byte[] line) => Field(2, Field(2, line));

    private static byte[] Field(int number, byte[] value) => [(byte)((number << 3) | 2), .. Varint(value.Length), .. value];

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        return [.. bytes, (byte)value];
    }

    /// <summary>A block of one literal.</summary>
    private static byte[] Packed(byte[] plain)
    {
        var length = plain.Length - 1;
        byte[] tag = length < 60 ? [(byte)(length << 2)]
            : length < 256 ? [60 << 2, (byte)length]
            : length < 65_536 ? [61 << 2, (byte)length, (byte)(length >> 8)]
            : [62 << 2, (byte)length, (byte)(length >> 8), (byte)(length >> 16)];
        return plain.Length == 0 ? [0] : [.. Varint(plain.Length), .. tag, .. plain];
    }
}
