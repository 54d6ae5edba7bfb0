using System.Buffers.Binary;
using System.Net;
using Ingest.Testing;
using static Ingest.Abuse.Http2Frames;

namespace Ingest.Abuse.Cases;

/// <summary>The listener of OTLP over gRPC: what its calls and their frames should not be.</summary>
internal static class GrpcCases
{
    private const string Path = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    private const string Type = "application/grpc";
    private const byte Padded = 8;
    private const int FrameBytesMax = 16 * 1024;

    // ExportLogsServiceRequest { resource_logs { scope_logs { log_records { } } } }
    private static readonly byte[] Message = [0x0A, 4, 0x12, 2, 0x12, 0];

    // A resource of 2 MiB and 5 bytes, whose only field, one that no schema has, is 2 MiB long.
    private static readonly byte[] Large = [0x0A, 0x85, 0x80, 0x80, 0x01, 0x7A, 0x80, 0x80, 0x80, 0x01, .. new byte[1 << 21]];

    private static readonly byte[] CallHeaders = Post(Path, Type);

    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        Call("as it should be", "0", Framed(Message, 0)),
        Call("gzip, as it should be", "0", Framed(DialectCases.GZip(Message), 1)),
        new("gRPC: a bomb", ["3 batch_too_large"], (target, patience) => CallAsync(
            target, new ByteArrayContent(Framed(DialectCases.Bomb.Value, 1)), patience)),
        Call("gzip cut short", "3 bad_encoding", Framed(DialectCases.GZip(Message)[..^4], 1)),
        Call("a message that says it is 2 GiB", "3 bad_request", [0, 0x7F, 0xFF, 0xFF, 0xFF, 1]),
        Call("a message cut short", "3 bad_request", Framed(Message, 0)[..^2]),
        Call("a frame's head cut short", "3 bad_request", [0, 0, 0]),
        Call("two messages in a call", "3 bad_request", [.. Framed(Message, 0), .. Framed(Message, 0)]),
        Call("a flag that is none", "3 bad_request", Framed(Message, 7)),
        Call("protobuf that is none", "3 bad_request", Framed([0x0A, 200, 1], 0)),
        Call("an event above the limit", "3 event_too_large", Framed(Large, 0)),
        new("gRPC: a message that stops", ["14 body_timeout"], (target, patience) => CallAsync(
            target, new StalledContent(Framed(Message, 0)[..^2]), patience)),
        Frames("DATA above the size of a frame", [Outcomes.GoAway], Frame(Data, 0, 1, new byte[FrameBytesMax + 1])),
        Frames("DATA padded beyond its end", [Outcomes.GoAway], Frame(Data, Padded, 1, [255, 0, 0])),
        Frames("DATA of a stream that is not open", [Outcomes.GoAway], Frame(Data, 0, 3, Framed(Message, 0))),
        Frames("a window that overflows", [Outcomes.GoAway, Outcomes.Held], Frame(WindowUpdate, 0, 1, [0x7F, 0xFF, 0xFF, 0xFF])),
        new("gRPC: calls that are reset in their message", [Outcomes.GoAway, Outcomes.Closed, Outcomes.Held], (target, patience) =>
            Http2Cases.ManyAsync(target.GrpcPort, target.Repeats, ResetCall, patience)),
        new("gRPC: connections cut in a message", [Outcomes.Held], CutAsync),
    ];

    private static AbuseCase Call(string name, string expected, byte[] body) =>
        new($"gRPC: {name}", [expected], (target, patience) => CallAsync(target, new ByteArrayContent(body), patience));

    /// <summary>A call whose headers are right, and then a frame.</summary>
    private static AbuseCase Frames(string name, string[] expected, byte[] frame) =>
        new($"gRPC: {name}", expected, (target, patience) => Http2Cases.ManyAsync(
            target.GrpcPort, 2, number => number == 0 ? Frame(Headers, EndHeaders, 1, CallHeaders) : frame, patience));

    private static byte[] ResetCall(int number) =>
    [
        .. Frame(Headers, EndHeaders, (number * 2) + 1, CallHeaders),
        .. Frame(Data, 0, (number * 2) + 1, Framed(Message, 0).AsSpan(0, 7)),
        .. Frame(Reset, 0, (number * 2) + 1, [0, 0, 0, 8]),
    ];

    private static async Task<string> CutAsync(AbuseTarget target, CancellationToken patience)
    {
        byte[] call = [.. Preface, .. Frame(Headers, EndHeaders, 1, CallHeaders), .. Frame(Data, 0, 1, Framed(Message, 0)).AsSpan(0, 14)];
        for (var number = 0; number < target.Connections / 10; number++)
        {
            using var wire = await RawConnection.ConnectAsync(target.GrpcPort, patience);
            await wire.SendAsync(call, patience);
        }
        return Outcomes.Held;
    }

    /// <summary>The call's status and its code.</summary>
    private static async Task<string> CallAsync(AbuseTarget target, HttpContent body, CancellationToken patience)
    {
        using var client = new HttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{target.GrpcPort}{Path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        call.Content.Headers.TryAddWithoutValidation("Content-Type", Type);
        call.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
        using var answer = await client.SendAsync(call, patience);
        await answer.Content.ReadAsByteArrayAsync(patience);
        var fields = answer.Headers.Concat(answer.TrailingHeaders)
            .ToDictionary(pair => pair.Key, pair => string.Join(',', pair.Value), StringComparer.OrdinalIgnoreCase);
        return $"{fields.GetValueOrDefault("grpc-status")} {fields.GetValueOrDefault("Ingest-Code")}".TrimEnd();
    }

    /// <summary>A message in gRPC's frame: the flag, the length, itself.</summary>
    private static byte[] Framed(byte[] message, byte flag)
    {
        byte[] frame = [flag, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        return frame;
    }

    /// <summary>Bytes, and then nothing: the content does not end.</summary>
    private sealed class StalledContent(byte[] begun) : HttpContent
    {
        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancel)
        {
            await stream.WriteAsync(begun, cancel);
            await stream.FlushAsync(cancel);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
        }
    }
}
