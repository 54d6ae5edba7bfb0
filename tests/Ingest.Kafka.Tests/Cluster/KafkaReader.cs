using System.Buffers.Binary;
using System.Text;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>
/// Reads the protocol's primitives, big-endian, from a frame. Flexible versions (KIP-482) write lengths as unsigned variable-length
/// integers
/// that are one larger than the length, and end each structure with tagged fields.
/// </summary>
/// <param name="bytes">The frame, without its length.</param>
/// <param name="flexible">Whether the version read is a flexible one.</param>
internal ref struct KafkaReader(ReadOnlySpan<byte> bytes, bool flexible = false)
{
    private const int VarintBits = 7;
    private const int VarintMore = 0x80;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly bool _flexible = flexible;

    internal int Position { get; private set; }

    internal byte ReadByte() => Take(1)[0];

    internal short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    internal int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    internal long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>A string; null for none. Client names in request headers are never compact.</summary>
    internal string? ReadString(bool compact = true)
    {
        var length = _flexible && compact ? ReadVarint() - 1 : ReadInt16();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>The number of an array's elements, or of bytes that follow; -1 for none.</summary>
    internal int ReadCount() => _flexible ? ReadVarint() - 1 : ReadInt32();

    /// <summary>Skips the tagged fields at the end of a structure; nothing where the version has none.</summary>
    internal void SkipTags()
    {
        for (var tags = _flexible ? ReadVarint() : 0; tags > 0; tags--)
        {
            ReadVarint();
            Take(ReadVarint());
        }
    }

    private int ReadVarint()
    {
        var value = 0;
        for (var shift = 0; ; shift += VarintBits)
        {
            var read = ReadByte();
            value |= (read & (VarintMore - 1)) << shift;
            if (read < VarintMore)
            {
                return value;
            }
        }
    }

    internal ReadOnlySpan<byte> Take(int count)
    {
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }
}
