using System.Buffers.Binary;

namespace Ingest.Events;

/// <summary>Where the fields of a stored event begin in its record's body. Each field ends where the next one begins.</summary>
/// <remarks>
/// Body, little-endian: <c>0 u8 version (1) · 1 u8 format · 2 u8 stream bytes · 3 u8 content-type bytes · 4 u16 key bytes ·
/// 6 u16 id bytes · 8 i64 accepted, Unix ms · 16 u16 attribute bytes · 18 u16 mark bytes</c>, then stream, content type, key, id,
/// attributes, the mark and, to the end, the payload exactly as it was sent.
/// </remarks>
internal readonly struct EventLayout
{
    /// <summary>The version this code writes and reads.</summary>
    internal const byte Version = 1;

    /// <summary>Bytes before the stream's name, which begins there.</summary>
    internal const int Stream = 20;

    private const int FormatOffset = 1;
    private const int StreamLength = 2;
    private const int ContentTypeLength = 3;
    private const int KeyLength = 4;
    private const int IdLength = 6;
    private const int AcceptedOffset = 8;
    private const int AttributesLength = 16;
    private const int MarkLength = 18;

    /// <param name="lengths">Bytes before the stream's name.</param>
    private EventLayout(ReadOnlySpan<byte> lengths)
    {
        ContentType = Stream + lengths[StreamLength];
        Key = ContentType + lengths[ContentTypeLength];
        Id = Key + BinaryPrimitives.ReadUInt16LittleEndian(lengths[KeyLength..]);
        Attributes = Id + BinaryPrimitives.ReadUInt16LittleEndian(lengths[IdLength..]);
        Mark = Attributes + BinaryPrimitives.ReadUInt16LittleEndian(lengths[AttributesLength..]);
        Payload = Mark + BinaryPrimitives.ReadUInt16LittleEndian(lengths[MarkLength..]);
    }

    internal int ContentType { get; }

    internal int Key { get; }

    internal int Id { get; }

    internal int Attributes { get; }

    internal int Mark { get; }

    internal int Payload { get; }

    /// <summary>Reads a record's body. False when it is not an event of a version known here.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out EventLayout layout)
    {
        layout = default;
        if (body.Length < Stream || body[0] != Version)
        {
            return false;
        }
        layout = new EventLayout(body[..Stream]);
        return layout.Payload <= body.Length;
    }

    internal static EventFormat Format(ReadOnlySpan<byte> body) => (EventFormat)body[FormatOffset];

    internal static long AcceptedUnixMs(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadInt64LittleEndian(body[AcceptedOffset..]);

    /// <summary>Writes what stands before the stream's name, but for the lengths.</summary>
    internal static void WriteHead(Span<byte> body, EventFormat format, long acceptedUnixMs)
    {
        body[0] = Version;
        body[FormatOffset] = (byte)format;
        BinaryPrimitives.WriteInt64LittleEndian(body[AcceptedOffset..], acceptedUnixMs);
    }

    /// <exception cref="OverflowException">A field is longer than its length can say.</exception>
    internal static void WriteNameLengths(Span<byte> body, int stream, int contentType)
    {
        body[StreamLength] = checked((byte)stream);
        body[ContentTypeLength] = checked((byte)contentType);
    }

    /// <exception cref="OverflowException">A field is longer than its length can say.</exception>
    internal static void WriteKeyLengths(Span<byte> body, int key, int id)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(body[KeyLength..], checked((ushort)key));
        BinaryPrimitives.WriteUInt16LittleEndian(body[IdLength..], checked((ushort)id));
    }

    /// <exception cref="OverflowException">A field is longer than its length can say.</exception>
    internal static void WriteAttributeLengths(Span<byte> body, int attributes, int mark)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(body[AttributesLength..], checked((ushort)attributes));
        BinaryPrimitives.WriteUInt16LittleEndian(body[MarkLength..], checked((ushort)mark));
    }
}
