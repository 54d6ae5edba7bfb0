using System.Buffers.Binary;

namespace Ingest.Events;

/// <summary>
/// One event as it lies in the log: a view over a record's body. Cheap to make and to copy; valid as long as the memory under it.
/// </summary>
/// <remarks>
/// Body, little-endian: <c>0 u8 version (1) · 1 u8 format · 2 u8 stream bytes · 3 u8 content-type bytes · 4 u16 key bytes ·
/// 6 u16 id bytes · 8 i64 accepted, Unix ms · 16 u16 attribute bytes · 18 u16 mark bytes</c>, then stream, content type, key, id,
/// attributes, the mark and, to the end, the payload exactly as it was sent. <see cref="EventEncoder"/> writes it.
/// </remarks>
public readonly struct StoredEvent
{
    /// <summary>The version this code writes and reads.</summary>
    public const byte Version = 1;

    internal const int FixedBytes = 20;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly int _contentType;
    private readonly int _key;
    private readonly int _id;
    private readonly int _attributes;
    private readonly int _mark;
    private readonly int _payload;

    private StoredEvent(long sequence, ReadOnlyMemory<byte> body)
    {
        Sequence = sequence;
        _body = body;
        var bytes = body.Span;
        _contentType = FixedBytes + bytes[2];
        _key = _contentType + bytes[3];
        _id = _key + BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        _attributes = _id + BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        _mark = _attributes + BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
        _payload = _mark + BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
    }

    /// <summary>The event's number in the node's log.</summary>
    public long Sequence { get; }

    /// <summary>What the payload is.</summary>
    public EventFormat Format => (EventFormat)_body.Span[1];

    /// <summary>When the event was accepted, Unix time in milliseconds.</summary>
    public long AcceptedUnixMs => BinaryPrimitives.ReadInt64LittleEndian(_body.Span[8..]);

    /// <summary>The stream's name, ASCII.</summary>
    public ReadOnlySpan<byte> Stream => _body.Span[FixedBytes.._contentType];

    /// <summary>The payload's media type as sent, at most 255 bytes; empty when none was sent.</summary>
    public ReadOnlySpan<byte> ContentType => _body.Span[_contentType.._key];

    /// <summary>The ordering key, UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> Key => _body.Span[_key.._id];

    /// <summary>The producer's id of the event, UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> Id => _body.Span[_id.._attributes];

    /// <summary>Names and values that travel with the event (<c>traceparent</c>, <c>ce_…</c>).</summary>
    public EventAttributes Attributes => new(_body.Span[_attributes.._mark]);

    /// <summary>What the node itself noted beside the event, for itself alone: it goes no further than the log. Mostly empty.</summary>
    public ReadOnlySpan<byte> Mark => _body.Span[_mark.._payload];

    /// <summary>The payload, byte for byte as sent.</summary>
    public ReadOnlyMemory<byte> Payload => _body[_payload..];

    /// <summary>The whole record body, for storing the event again elsewhere.</summary>
    public ReadOnlyMemory<byte> Body => _body;

    /// <summary>The stream's name from a record's body, without reading the rest. False: no event of a version known here.</summary>
    public static bool TryReadStream(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> stream)
    {
        var readable = body.Length >= FixedBytes && body[0] == Version && body.Length >= FixedBytes + body[2];
        stream = readable ? body.Slice(FixedBytes, body[2]) : default;
        return readable;
    }

    /// <summary>When the event of a record's body was accepted, Unix time in milliseconds; the body must be an event's.</summary>
    public static long ReadAcceptedUnixMs(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadInt64LittleEndian(body[8..]);

    /// <summary>The node's own mark from a record's body, without reading the rest. False: no event of a version known here.</summary>
    public static bool TryReadMark(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> mark)
    {
        mark = default;
        if (body.Length < FixedBytes || body[0] != Version)
        {
            return false;
        }
        var start = FixedBytes + body[2] + body[3] + BinaryPrimitives.ReadUInt16LittleEndian(body[4..])
            + BinaryPrimitives.ReadUInt16LittleEndian(body[6..]) + BinaryPrimitives.ReadUInt16LittleEndian(body[16..]);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(body[18..]);
        if (body.Length < start + length)
        {
            return false;
        }
        mark = body.Slice(start, length);
        return true;
    }

    /// <summary>Reads a record's body. False when it is not an event of a version known here.</summary>
    public static bool TryRead(long sequence, ReadOnlyMemory<byte> body, out StoredEvent stored)
    {
        stored = default;
        if (body.Length < FixedBytes || body.Span[0] != Version)
        {
            return false;
        }
        var read = new StoredEvent(sequence, body);
        if (read._payload > body.Length)
        {
            return false;
        }
        stored = read;
        return true;
    }
}
