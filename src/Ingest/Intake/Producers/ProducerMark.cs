using System.Buffers.Binary;

namespace Ingest.Intake.Producers;

/// <summary>
/// The producer and the numbers of a request. The first of its events carries them in the log, the others carry
/// <see cref="Idempotency.RequestMark.Continuation"/>: what a producer has sent is durable exactly when its events are.
/// </summary>
/// <param name="Identity">Stream, key and the producer's id, digested.</param>
/// <param name="Epoch">The producer's epoch.</param>
/// <param name="First">The number of the first event.</param>
/// <param name="Fingerprint">Media type and body, or a CloudEvent's source and id, digested.</param>
internal readonly record struct ProducerMark(UInt128 Identity, long Epoch, long First, ulong Fingerprint)
{
    /// <summary>Bytes in the log: <c>u8 3 · u128 identity · i64 epoch · i64 first · u64 fingerprint</c>, little-endian.</summary>
    internal const int Bytes = 41;

    private const byte Kind = 3;

    internal static bool TryRead(ReadOnlySpan<byte> mark, out ProducerMark producer)
    {
        var isOne = mark.Length == Bytes && mark[0] == Kind;
        producer = isOne
            ? new ProducerMark(
                BinaryPrimitives.ReadUInt128LittleEndian(mark[1..]),
                BinaryPrimitives.ReadInt64LittleEndian(mark[17..]),
                BinaryPrimitives.ReadInt64LittleEndian(mark[25..]),
                BinaryPrimitives.ReadUInt64LittleEndian(mark[33..]))
            : default;
        return isOne;
    }

    internal void Write(Span<byte> target)
    {
        target[0] = Kind;
        BinaryPrimitives.WriteUInt128LittleEndian(target[1..], Identity);
        BinaryPrimitives.WriteInt64LittleEndian(target[17..], Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(target[25..], First);
        BinaryPrimitives.WriteUInt64LittleEndian(target[33..], Fingerprint);
    }
}
