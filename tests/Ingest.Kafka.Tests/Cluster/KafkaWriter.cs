using System.Buffers.Binary;
using System.Text;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>Writes the protocol's primitives, big-endian: the reverse of <see cref="KafkaReader"/>.</summary>
internal sealed class KafkaWriter(int bytesMax, bool flexible)
{
    private const int OneByteMax = 127;
    private const int VarintBits = 7;

    private readonly byte[] _bytes = new byte[bytesMax];
    private int _count;

    internal void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Take(sizeof(short)), value);

    internal void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), value);

    internal void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), value);

    /// <summary>The number of elements that follow.</summary>
    internal void Count(int count)
    {
        if (flexible)
        {
            Length(count);
        }
        else
        {
            Int32(count);
        }
    }

    /// <summary>A string; null is written as none.</summary>
    internal void String(string? text)
    {
        var bytes = Encoding.UTF8.GetBytes(text ?? "");
        if (flexible)
        {
            Length(text is null ? -1 : bytes.Length);
        }
        else
        {
            Int16((short)(text is null ? -1 : bytes.Length));
        }
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>No tagged fields; nothing where the version has none.</summary>
    internal void Tags()
    {
        if (flexible)
        {
            Take(1)[0] = 0;
        }
    }

    internal byte[] ToArray() => _bytes[.._count];

    private void Length(int length)
    {
        var value = length + 1;
        for (; value > OneByteMax; value >>= VarintBits)
        {
            Take(1)[0] = (byte)(value | (OneByteMax + 1));
        }
        Take(1)[0] = (byte)value;
    }

    private Span<byte> Take(int count)
    {
        var taken = _bytes.AsSpan(_count, count);
        _count += count;
        return taken;
    }
}
