using System.Buffers;
using System.Buffers.Binary;

namespace Ingest.Events;

/// <summary>Writes the part of a record's body that stands before the payload (layout: <see cref="StoredEvent"/>).</summary>
public static class EventEncoder
{
    /// <summary>Most bytes of a stream's name or a content type.</summary>
    public const int NameBytesMax = byte.MaxValue;

    /// <summary>Most bytes of a key, an id, a mark, or all encoded attributes together.</summary>
    public const int FieldBytesMax = ushort.MaxValue;

    /// <summary>
    /// Writes everything but the payload, which the caller writes next. Lengths beyond the maxima are the caller's error: check first.
    /// </summary>
    /// <param name="output">Where the record's body is being written.</param>
    /// <param name="format">What the payload is.</param>
    /// <param name="acceptedUnixMs">When the event was accepted.</param>
    /// <param name="stream">The stream's name.</param>
    /// <param name="contentType">The media type as sent, or empty.</param>
    /// <param name="key">The ordering key, or empty.</param>
    /// <param name="id">The producer's id, or empty.</param>
    /// <param name="attributes">Encoded with <see cref="WriteAttribute"/>, or empty.</param>
    /// <param name="mark">What the node notes for itself, or empty.</param>
    public static void WriteHead(
        IBufferWriter<byte> output,
        EventFormat format,
        long acceptedUnixMs,
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> contentType,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> id,
        ReadOnlySpan<byte> attributes,
        ReadOnlySpan<byte> mark = default)
    {
        var length = StoredEvent.FixedBytes + stream.Length + contentType.Length + key.Length + id.Length + attributes.Length + mark.Length;
        var head = output.GetSpan(length);
        head[0] = StoredEvent.Version;
        head[1] = (byte)format;
        head[2] = checked((byte)stream.Length);
        head[3] = checked((byte)contentType.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(head[4..], checked((ushort)key.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(head[6..], checked((ushort)id.Length));
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], acceptedUnixMs);
        BinaryPrimitives.WriteUInt16LittleEndian(head[16..], checked((ushort)attributes.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(head[18..], checked((ushort)mark.Length));
        var rest = head[StoredEvent.FixedBytes..];
        rest = Append(rest, stream);
        rest = Append(rest, contentType);
        rest = Append(rest, key);
        rest = Append(rest, id);
        rest = Append(rest, attributes);
        Append(rest, mark);
        output.Advance(length);
    }

    /// <summary>Appends one attribute in the encoding <see cref="EventAttributes"/> reads.</summary>
    /// <param name="output">Collects the attributes of an event.</param>
    /// <param name="name">ASCII, at most 255 bytes.</param>
    /// <param name="value">UTF-8, at most 65,535 bytes.</param>
    public static void WriteAttribute(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var length = EventAttributes.FixedBytes + name.Length + value.Length;
        var span = output.GetSpan(length);
        span[0] = checked((byte)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[1..], checked((ushort)value.Length));
        Append(Append(span[EventAttributes.FixedBytes..], name), value);
        output.Advance(length);
    }

    /// <summary>
    /// Writes an event's whole record body once more, with further attributes in front of its own. Where together they are more than fit,
    /// its own are left out. The node's mark stays behind.
    /// </summary>
    /// <param name="output">Takes the body.</param>
    /// <param name="body">An event's record body.</param>
    /// <param name="attributes">Encoded with <see cref="WriteAttribute"/>, at most <see cref="FieldBytesMax"/> bytes.</param>
    public static void WriteWithAttributes(IBufferWriter<byte> output, ReadOnlySpan<byte> body, ReadOnlySpan<byte> attributes)
    {
        var own = BinaryPrimitives.ReadUInt16LittleEndian(body[16..]);
        var ownAt = StoredEvent.FixedBytes + body[2] + body[3] + BinaryPrimitives.ReadUInt16LittleEndian(body[4..])
            + BinaryPrimitives.ReadUInt16LittleEndian(body[6..]);
        var payload = body[(ownAt + own + BinaryPrimitives.ReadUInt16LittleEndian(body[18..]))..];
        var kept = attributes.Length + own <= FieldBytesMax ? body.Slice(ownAt, own) : default;
        var length = ownAt + attributes.Length + kept.Length + payload.Length;
        var span = output.GetSpan(length);
        Append(Append(Append(Append(span, body[..ownAt]), attributes), kept), payload);
        BinaryPrimitives.WriteUInt16LittleEndian(span[16..], (ushort)(attributes.Length + kept.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(span[18..], 0);
        output.Advance(length);
    }

    private static Span<byte> Append(Span<byte> target, ReadOnlySpan<byte> source)
    {
        source.CopyTo(target);
        return target[source.Length..];
    }
}
