namespace Ingest.Kafka.Tests.Cluster;

/// <summary>Reads a request of a transaction and writes the answer, in the versions that librdkafka speaks.</summary>
/// <param name="coordinator">Who decides.</param>
/// <param name="frame">The request.</param>
/// <param name="version">Its version.</param>
/// <param name="flexible">Whether that is a flexible one.</param>
internal sealed class TransactionAnswer(TransactionCoordinator coordinator, byte[] frame, short version, bool flexible)
{
    /// <summary>The version of OffsetFetch from which on readers may ask for offsets that no open transaction changes.</summary>
    internal const short StableVersion = 7;

    private const int AnswerBytesMax = 16 * 1024;
    private const short UnstableOffset = 88;

    private readonly KafkaWriter _answer = new(AnswerBytesMax, flexible);

    /// <summary>The answer as a frame without its length.</summary>
    internal byte[] Write(ApiKey api, short? refusal)
    {
        var reader = new KafkaReader(frame, flexible);
        reader.ReadInt32();
        _answer.Int32(reader.ReadInt32());
        _answer.Tags();
        reader.ReadString(compact: false);
        reader.SkipTags();
        switch (api)
        {
            case ApiKey.InitProducerId:
                Init(ref reader, refusal);
                break;
            case ApiKey.AddPartitionsToTxn:
                AddPartitions(ref reader, refusal);
                break;
            case ApiKey.AddOffsetsToTxn:
                _answer.Int32(0);
                _answer.Int16(refusal ?? Check(ref reader));
                break;
            case ApiKey.TxnOffsetCommit:
                AddOffset(ref reader, refusal);
                break;
            case ApiKey.EndTxn:
                End(ref reader, refusal);
                break;
            default:
                Fetch(ref reader, refusal ?? 0);
                break;
        }
        _answer.Tags();
        return _answer.ToArray();
    }

    private void Init(ref KafkaReader reader, short? refusal)
    {
        var id = reader.ReadString()!;
        reader.ReadInt32();
        var (producer, epoch) = version >= 3 ? (reader.ReadInt64(), reader.ReadInt16()) : (-1, (short)-1);
        var given = refusal is { } code ? (code, -1, -1) : coordinator.Init(id, producer, epoch);
        _answer.Int32(0);
        _answer.Int16(given.Item1);
        _answer.Int64(given.Item2);
        _answer.Int16(given.Item3);
    }

    private short Check(ref KafkaReader reader)
    {
        var id = reader.ReadString()!;
        reader.ReadInt64();
        return coordinator.Check(id, reader.ReadInt16());
    }

    private void AddPartitions(ref KafkaReader reader, short? refusal)
    {
        var code = Check(ref reader);
        _answer.Int32(0);
        var topics = reader.ReadCount();
        _answer.Count(topics);
        for (; topics > 0; topics--)
        {
            _answer.String(reader.ReadString());
            var partitions = reader.ReadCount();
            _answer.Count(partitions);
            for (; partitions > 0; partitions--)
            {
                _answer.Int32(reader.ReadInt32());
                _answer.Int16(refusal ?? code);
            }
        }
    }

    private void AddOffset(ref KafkaReader reader, short? refusal)
    {
        var id = reader.ReadString()!;
        var group = reader.ReadString()!;
        reader.ReadInt64();
        var epoch = reader.ReadInt16();
        if (version >= 3)
        {
            reader.ReadInt32();
            reader.ReadString();
            reader.ReadString();
        }
        Assert.Equal(1, reader.ReadCount());
        var topic = reader.ReadString()!;
        Assert.Equal(1, reader.ReadCount());
        var partition = reader.ReadInt32();
        var offset = reader.ReadInt64();
        if (version >= 2)
        {
            reader.ReadInt32();
        }
        var text = reader.ReadString() ?? "";
        _answer.Int32(0);
        _answer.Count(1);
        _answer.String(topic);
        _answer.Count(1);
        _answer.Int32(partition);
        _answer.Int16(refusal ?? coordinator.AddOffset(id, epoch, (group, topic, partition), (offset, text)));
        _answer.Tags();
        _answer.Tags();
    }

    private void End(ref KafkaReader reader, short? refusal)
    {
        var id = reader.ReadString()!;
        reader.ReadInt64();
        var epoch = reader.ReadInt16();
        var commit = reader.ReadByte() != 0;
        _answer.Int32(0);
        _answer.Int16(refusal ?? coordinator.End(id, epoch, commit));
    }

    private void Fetch(ref KafkaReader reader, short code)
    {
        Assert.InRange(version, 1, 7);
        var group = reader.ReadString()!;
        if (version >= 3)
        {
            _answer.Int32(0);
        }
        var mustBeStable = MustBeStable(reader);
        var topics = reader.ReadCount();
        _answer.Count(topics);
        for (; topics > 0; topics--)
        {
            var topic = reader.ReadString()!;
            _answer.String(topic);
            var partitions = reader.ReadCount();
            _answer.Count(partitions);
            for (; partitions > 0; partitions--)
            {
                var partition = reader.ReadInt32();
                var own = code == 0 && mustBeStable && coordinator.IsUnstable(group, topic, partition) ? UnstableOffset : code;
                WriteOffset(partition, own == 0 ? coordinator.OffsetOf(group, topic, partition) : null, own);
            }
            reader.SkipTags();
            _answer.Tags();
        }
        if (version >= 2)
        {
            _answer.Int16(code);
        }
    }

    // Stands behind the topics; the reader is a copy.
    private bool MustBeStable(KafkaReader reader)
    {
        if (version < StableVersion)
        {
            return false;
        }
        for (var topics = reader.ReadCount(); topics > 0; topics--)
        {
            reader.ReadString();
            for (var partitions = reader.ReadCount(); partitions > 0; partitions--)
            {
                reader.ReadInt32();
            }
            reader.SkipTags();
        }
        return reader.ReadByte() != 0;
    }

    private void WriteOffset(int partition, (long Offset, string Text)? offset, short code)
    {
        _answer.Int32(partition);
        _answer.Int64(offset?.Offset ?? -1);
        if (version >= 5)
        {
            _answer.Int32(-1);
        }
        _answer.String(offset?.Text ?? "");
        _answer.Int16(code);
        _answer.Tags();
    }
}
