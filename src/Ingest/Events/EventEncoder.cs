using System.Buffers;
using System.Buffers.Binary;

namespace Ingest.Events;

/// <summary>Writes the part of a record's body that stands before the payload (layout: <see cref="EventLayout"/>).</summary>
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
        var length = EventLayout.Stream + stream.Length + contentType.Length + key.Length + id.Length + attributes.Length + mark.Length;
        var head = output.GetSpan(length);
        EventLayout.WriteHead(head, format, acceptedUnixMs);
        EventLayout.WriteNameLengths(head, stream.Length, contentType.Length);
        EventLayout.WriteKeyLengths(head, key.Length, id.Length);
        EventLayout.WriteAttributeLengths(head, attributes.Length, mark.Length);
        var rest = head[EventLayout.Stream..];
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
    /// <exception cref="ArgumentException">The body is not an event's.</exception>
    public static void WriteWithAttributes(IBufferWriter<byte> output, ReadOnlySpan<byte> body, ReadOnlySpan<byte> attributes)
    {
        if (!EventLayout.TryRead(body, out var layout))
        {
            throw new ArgumentException("The body is not an event's.", nameof(body));
        }
        var own = body[layout.Attributes..layout.Mark];
        var kept = attributes.Length + own.Length <= FieldBytesMax ? own : default;
        var payload = body[layout.Payload..];
        var length = layout.Attributes + attributes.Length + kept.Length + payload.Length;
        var span = output.GetSpan(length);
        Append(Append(Append(Append(span, body[..layout.Attributes]), attributes), kept), payload);
        EventLayout.WriteAttributeLengths(span, attributes.Length + kept.Length, mark: 0);
        output.Advance(length);
    }

    private static Span<byte> Append(Span<byte> target, ReadOnlySpan<byte> source)
    {
        source.CopyTo(target);
        return target[source.Length..];
    }
}
