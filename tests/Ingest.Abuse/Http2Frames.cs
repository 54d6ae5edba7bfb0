using System.Buffers.Binary;
using System.Text;
using Ingest.Testing;

namespace Ingest.Abuse;

/// <summary>Frames of HTTP/2 (RFC 9113), byte by byte: also those that no library would send.</summary>
internal static class Http2Frames
{
    internal const byte Data = 0;
    internal const byte Headers = 1;
    internal const byte Reset = 3;
    internal const byte Settings = 4;
    internal const byte Ping = 6;
    internal const byte GoAway = 7;
    internal const byte WindowUpdate = 8;
    internal const byte Continuation = 9;
    internal const byte EndStream = 1;
    internal const byte EndHeaders = 4;

    /// <summary>What a client begins with.</summary>
    internal static byte[] Preface { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])];

    /// <summary>Whether a ping with that mark came back.</summary>
    internal static bool Pings(RawConnection wire, byte[] mark) =>
        Find(wire, Ping, 0, payload => payload.AsSpan().SequenceEqual(mark)) is not null;

    /// <summary>What the first such frame that came back holds; null: none came.</summary>
    internal static byte[]? Find(RawConnection wire, byte type, int stream, Func<byte[], bool>? isIt = null)
    {
        for (var rest = wire.Received; rest.Length >= 9;)
        {
            var length = (rest[0] << 16) | (rest[1] << 8) | rest[2];
            if (rest.Length < 9 + length)
            {
                return null;
            }
            var payload = rest.Slice(9, length).ToArray();
            if (rest[3] == type && BinaryPrimitives.ReadInt32BigEndian(rest[5..]) == stream && (isIt is null || isIt(payload)))
            {
                return payload;
            }
            rest = rest[(9 + length)..];
        }
        return null;
    }

    /// <summary>A frame, whose length is right.</summary>
    internal static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>The header block of a POST.</summary>
    internal static byte[] Post(string path, string contentType) =>
    [
        .. Literal(":method", "POST"), .. Literal(":scheme", "http"), .. Literal(":path", path), .. Literal(":authority", "localhost"),
        .. Literal("content-type", contentType),
    ];

    /// <summary>HPACK's literal header field without indexing; lengths of 127 and more take an integer's continuation.</summary>
    internal static byte[] Literal(string name, string value) => [0, .. Text(name), .. Text(value)];

    private static byte[] Text(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        if (bytes.Length < 127)
        {
            return [(byte)bytes.Length, .. bytes];
        }
        var length = new List<byte> { 127 };
        var rest = bytes.Length - 127;
        for (; rest >= 128; rest >>= 7)
        {
            length.Add((byte)((rest & 127) | 128));
        }
        return [.. length, (byte)rest, .. bytes];
    }
}
