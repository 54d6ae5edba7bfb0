using System.Buffers.Binary;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>A produce answer (versions 3 to 12, one partition): writes one, and finds the parts of one that the front changes.</summary>
internal static class ProduceAnswer
{
    private const int ErrorOutcome = -1;
    private const int AnswerBytesMax = 512;

    /// <summary>Writes the answer to a request, as a frame without its length.</summary>
    internal static byte[] Write(ProduceRequest request, short code)
    {
        var writer = new KafkaWriter(AnswerBytesMax, ProduceRequest.IsFlexible(request.Version));
        writer.Int32(request.Correlation);
        writer.Tags();
        writer.Count(1);
        writer.String(request.Topic);
        writer.Count(1);
        writer.Int32(request.Partition);
        writer.Int16(code);
        writer.Int64(code == 0 ? 0 : ErrorOutcome);
        writer.Int64(ErrorOutcome);
        if (request.Version >= 5)
        {
            writer.Int64(0);
        }
        if (request.Version >= 8)
        {
            writer.Count(0);
            writer.String(null);
        }
        writer.Tags();
        writer.Tags();
        writer.Int32(0);
        writer.Tags();
        return writer.ToArray();
    }

    /// <summary>The error code in an answer.</summary>
    internal static short CodeIn(ReadOnlySpan<byte> answer, short version) => Read(answer, version).Code;

    /// <summary>The offset of the first record in an answer.</summary>
    internal static long OffsetIn(ReadOnlySpan<byte> answer, short version) => Read(answer, version).Offset;

    /// <summary>Says in an answer how long the client is throttled.</summary>
    internal static void SetThrottle(Span<byte> answer, short version, TimeSpan throttle) =>
        BinaryPrimitives.WriteInt32BigEndian(answer[Read(answer, version).ThrottleAt..], (int)throttle.TotalMilliseconds);

    private static (short Code, long Offset, int ThrottleAt) Read(ReadOnlySpan<byte> answer, short version)
    {
        var reader = new KafkaReader(answer, ProduceRequest.IsFlexible(version));
        reader.ReadInt32();
        reader.SkipTags();
        Assert.Equal(1, reader.ReadCount());
        reader.ReadString();
        Assert.Equal(1, reader.ReadCount());
        reader.ReadInt32();
        var code = reader.ReadInt16();
        var offset = reader.ReadInt64();
        reader.Take(sizeof(long) * (version >= 5 ? 2 : 1));
        if (version >= 8)
        {
            SkipRecordErrors(ref reader);
        }
        reader.SkipTags();
        reader.SkipTags();
        return (code, offset, reader.Position);
    }

    private static void SkipRecordErrors(ref KafkaReader reader)
    {
        for (var records = reader.ReadCount(); records > 0; records--)
        {
            reader.ReadInt32();
            reader.ReadString();
            reader.SkipTags();
        }
        reader.ReadString();
    }
}
