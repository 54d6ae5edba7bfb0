using System.Buffers.Binary;

namespace Ingest.Events;

/// <summary>
/// What a reader of the log has to know of an event to pass it on, read from the record's body where it lies, without a copy (layout:
/// <see cref="StoredEvent"/>).
/// </summary>
public readonly ref struct EventHead
{
    private EventHead(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> key, long acceptedUnixMs)
    {
        Stream = stream;
        Key = key;
        AcceptedUnixMs = acceptedUnixMs;
    }

    /// <summary>The stream's name, ASCII.</summary>
    public ReadOnlySpan<byte> Stream { get; }

    /// <summary>The ordering key, UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>When the event was accepted, Unix time in milliseconds.</summary>
    public long AcceptedUnixMs { get; }

    /// <summary>Reads a record's body. False exactly when <see cref="StoredEvent.TryRead"/> is.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out EventHead head)
    {
        head = default;
        if (body.Length < StoredEvent.FixedBytes || body[0] != StoredEvent.Version)
        {
            return false;
        }
        int stream = body[2], contentType = body[3];
        int key = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]), id = BinaryPrimitives.ReadUInt16LittleEndian(body[6..]);
        int attributes = BinaryPrimitives.ReadUInt16LittleEndian(body[16..]), mark = BinaryPrimitives.ReadUInt16LittleEndian(body[18..]);
        if (StoredEvent.FixedBytes + stream + contentType + key + id + attributes + mark > body.Length)
        {
            return false;
        }
        head = new EventHead(
            body.Slice(StoredEvent.FixedBytes, stream),
            body.Slice(StoredEvent.FixedBytes + stream + contentType, key),
            BinaryPrimitives.ReadInt64LittleEndian(body[8..]));
        return true;
    }
}
