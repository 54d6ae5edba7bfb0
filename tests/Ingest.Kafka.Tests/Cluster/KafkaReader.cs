using System.Buffers.Binary;
using System.Text;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>Reads the protocol's primitives, big-endian, from a frame.</summary>
internal ref struct KafkaReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal int Position { get; private set; }

    internal byte ReadByte() => Take(1)[0];

    internal short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    internal int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    internal long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>A string with a 16-bit length; null for -1.</summary>
    internal string? ReadString()
    {
        var length = ReadInt16();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    internal ReadOnlySpan<byte> Take(int count)
    {
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }
}
