using System.Buffers.Binary;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>The part of a produce request (versions 3 to 12, one partition, as librdkafka sends them) that idempotence rests on.</summary>
internal sealed record ProduceRequest
{
    private const short VersionMax = 12;

    internal required int Correlation { get; init; }

    internal required short Version { get; init; }

    /// <summary>Null without transactions.</summary>
    internal required string? TransactionalId { get; init; }

    /// <summary>In the frame: the transactional id, what stands behind it, and the record batch.</summary>
    internal required (int Id, int BehindId, int Records) Places { get; init; }

    /// <summary>The transaction it is of, once its producer was found to be the present one.</summary>
    internal TransactionCoordinator.Transaction? Transaction { get; set; }

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
        var version = BinaryPrimitives.ReadInt16BigEndian(frame[2..]);
        Assert.InRange(version, 3, VersionMax);
        var reader = new KafkaReader(frame, IsFlexible(version));
        reader.ReadInt32();
        var correlation = reader.ReadInt32();
        reader.ReadString(compact: false);
        reader.SkipTags();
        var idAt = reader.Position;
        var transactionalId = reader.ReadString();
        var behindId = reader.Position;
        reader.ReadInt16();
        reader.ReadInt32();
        Assert.Equal(1, reader.ReadCount());
        var topic = reader.ReadString()!;
        Assert.Equal(1, reader.ReadCount());
        var partition = reader.ReadInt32();
        var bytes = reader.ReadCount();
        var recordsAt = reader.Position;
        var records = reader.Take(bytes).ToArray();
        var batch = new KafkaReader(records);

        // base offset, length, leader epoch, magic, checksum, attributes, last offset, first and last time
        batch.Take(8 + 4 + 4 + 1 + 4 + 2 + 4 + 8 + 8);
        return new ProduceRequest
        {
            Correlation = correlation,
            TransactionalId = transactionalId,
            Places = (idAt, behindId, recordsAt),
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

    /// <summary>The frame as a producer without transactions and idempotence sends it: the mock knows no producer of the front's.</summary>
    internal byte[] WithoutTransaction(ReadOnlySpan<byte> frame)
    {
        const int AttributesAt = 8 + 4 + 4 + 1 + 4;
        const int ProducerAt = AttributesAt + 2 + 4 + 8 + 8;
        const int ProducerBytes = 8 + 2;
        const int TransactionalBit = 0x10;
        var changed = frame.ToArray();
        changed[Places.Records + AttributesAt + 1] &= unchecked((byte)~TransactionalBit);
        changed.AsSpan(Places.Records + ProducerAt, ProducerBytes).Fill(byte.MaxValue);
        byte[] none = IsFlexible(Version) ? [0] : [byte.MaxValue, byte.MaxValue];
        return [.. changed[..Places.Id], .. none, .. changed[Places.BehindId..]];
    }

    /// <summary>The answer with this error code, as a frame without its length.</summary>
    internal byte[] Answer(short code) => ProduceAnswer.Write(this, code);

    /// <summary>Whether lengths are variable and structures end with tags.</summary>
    internal static bool IsFlexible(short version) => version >= 9;
}
