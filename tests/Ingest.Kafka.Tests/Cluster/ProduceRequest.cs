using System.Buffers.Binary;
using System.Text;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>The part of a produce request (versions 3 to 8, one partition, as librdkafka sends them) that idempotence rests on.</summary>
internal sealed record ProduceRequest
{
    private const int ErrorOutcome = -1;

    internal required int Correlation { get; init; }

    internal required short Version { get; init; }

    internal required string Topic { get; init; }

    internal required int Partition { get; init; }

    internal required long ProducerId { get; init; }

    internal required short Epoch { get; init; }

    internal required int BaseSequence { get; init; }

    /// <summary>Records in the batch.</summary>
    internal required int Count { get; init; }

    /// <summary>The record batch as it stands on the wire.</summary>
    internal required byte[] Records { get; init; }

    internal int LastSequence => BaseSequence + Count - 1;

    internal static ProduceRequest Parse(ReadOnlySpan<byte> frame)
    {
        var reader = new KafkaReader(frame);
        reader.ReadInt16();
        var version = reader.ReadInt16();
        var correlation = reader.ReadInt32();
        reader.ReadString();
        reader.ReadString();
        reader.ReadInt16();
        reader.ReadInt32();
        Assert.Equal(1, reader.ReadInt32());
        var topic = reader.ReadString()!;
        Assert.Equal(1, reader.ReadInt32());
        var partition = reader.ReadInt32();
        var records = reader.Take(reader.ReadInt32()).ToArray();
        var batch = new KafkaReader(records);

        // base offset, length, leader epoch, magic, checksum, attributes, last offset, first and last time
        batch.Take(8 + 4 + 4 + 1 + 4 + 2 + 4 + 8 + 8);
        return new ProduceRequest
        {
            Correlation = correlation,
            Version = version,
            Topic = topic,
            Partition = partition,
            ProducerId = batch.ReadInt64(),
            Epoch = batch.ReadInt16(),
            BaseSequence = batch.ReadInt32(),
            Count = batch.ReadInt32(),
            Records = records,
        };
    }

    /// <summary>The answer with this error code, as a frame without its length.</summary>
    internal byte[] Answer(short code)
    {
        var topic = Encoding.UTF8.GetBytes(Topic);
        var answer = new byte[4 + 4 + 2 + topic.Length + 4 + 4 + 2 + 8 + 8 + (Version >= 5 ? 8 : 0) + 4];
        var rest = answer.AsSpan();
        void Int32(Span<byte> at, int value) => BinaryPrimitives.WriteInt32BigEndian(at, value);
        Int32(rest, Correlation);
        Int32(rest[4..], 1);
        BinaryPrimitives.WriteInt16BigEndian(rest[8..], (short)topic.Length);
        topic.CopyTo(rest[10..]);
        rest = rest[(10 + topic.Length)..];
        Int32(rest, 1);
        Int32(rest[4..], Partition);
        BinaryPrimitives.WriteInt16BigEndian(rest[8..], code);
        BinaryPrimitives.WriteInt64BigEndian(rest[10..], code == 0 ? 0 : ErrorOutcome);
        BinaryPrimitives.WriteInt64BigEndian(rest[18..], ErrorOutcome);
        return answer;
    }

    /// <summary>The error code in an answer.</summary>
    internal static short CodeIn(ReadOnlySpan<byte> answer)
    {
        var reader = new KafkaReader(answer);
        reader.ReadInt32();
        reader.ReadInt32();
        reader.ReadString();
        reader.ReadInt32();
        reader.ReadInt32();
        return reader.ReadInt16();
    }
}
