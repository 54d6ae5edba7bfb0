using System.Buffers.Binary;
using System.Globalization;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.OtlpGrpc;

/// <summary>A unary request of gRPC over HTTP/2 (PROTOCOL-HTTP2.md of grpc/grpc).</summary>
internal static class GrpcRequest
{
    /// <summary>What may be in <c>grpc-encoding</c>.</summary>
    internal const string AcceptedEncodings = "identity,gzip,deflate";

    internal const string ContentType = "application/grpc";

    private const int PrefixBytes = 5;
    private const int TimeoutDigitsMax = 8;

    /// <summary>Whether an answer in gRPC's words will be understood: over HTTP/2, to a request that says it is gRPC.</summary>
    internal static bool Is(HttpRequest request)
    {
        var type = request.ContentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return HttpProtocol.IsHttp2(request.Protocol)
            && (type.Equals(ContentType, StringComparison.OrdinalIgnoreCase)
                || type.Equals("application/grpc+proto", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// The one message of a body: a byte that says whether it is compressed, its length in four bytes, big-endian, and itself.
    /// </summary>
    /// <param name="encoding"><c>grpc-encoding</c>: how messages are compressed that are.</param>
    /// <param name="body">The whole body.</param>
    internal static BodyWrapping Unwrap(string? encoding, ReadOnlySpan<byte> body)
    {
        if (body.Length < PrefixBytes || body[0] > 1
            || BinaryPrimitives.ReadUInt32BigEndian(body[1..]) != (uint)(body.Length - PrefixBytes))
        {
            return BodyWrapping.Wrong(new Problem(ProblemKind.BadRequest, "The body is not one whole message of gRPC.", 0));
        }
        if (body[0] == 0)
        {
            return new BodyWrapping(PrefixBytes, Compression: null);
        }
        return encoding switch
        {
            "gzip" => new BodyWrapping(PrefixBytes, ContentEncoding.GZip),
            "deflate" => new BodyWrapping(PrefixBytes, ContentEncoding.Deflate),
            _ => BodyWrapping.Wrong(new Problem(ProblemKind.BadEncoding, "A message is compressed, and grpc-encoding does not say how.")),
        };
    }

    /// <summary>
    /// How long the client waits (<c>grpc-timeout</c>: up to eight digits and a unit); null where it does not say.
    /// </summary>
    internal static TimeSpan? Timeout(HttpRequest request)
    {
        var header = request.Headers["grpc-timeout"];
        if (header.Count != 1 || header[0] is not { Length: > 1 and <= TimeoutDigitsMax + 1 } text
            || !uint.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return null;
        }
        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(amount),
            'M' => TimeSpan.FromMinutes((long)amount),
            'S' => TimeSpan.FromSeconds((long)amount),
            'm' => TimeSpan.FromMilliseconds((long)amount),
            'u' => TimeSpan.FromMicroseconds((long)amount),
            'n' => TimeSpan.FromTicks(amount / TimeSpan.NanosecondsPerTick),
            _ => null,
        };
    }
}
