using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Ingest.Intake.Producers;

/// <summary>The file of the producers: what is known of each, so that the log may give their events back.</summary>
/// <remarks>
/// Behind a header, in little-endian order:
/// <c>u32 magic "IPR1"</c>, then the producers, then <c>u32</c> CRC-32 of all before it. A producer is <c>u128 identity ·
/// i64 epoch · i64 next · i64 last use, Unix ms · u8 requests</c>, and each request <c>i64 first · i32 count · i64 position · u64
/// fingerprint</c>.
/// </remarks>
internal static class ProducerTable
{
    private const uint Magic = 0x31525049;
    private const int MagicBytes = 4;
    private const int HeadBytes = 41;
    private const int RequestBytes = 28;

    internal static void Begin(ArrayBufferWriter<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target.GetSpan(MagicBytes), Magic);
        target.Advance(MagicBytes);
    }

    internal static void End(ArrayBufferWriter<byte> target)
    {
        var sum = Crc32.HashToUInt32(target.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(target.GetSpan(sizeof(uint)), sum);
        target.Advance(sizeof(uint));
    }

    internal static void WriteEntry(ArrayBufferWriter<byte> target, ProducerEntry entry, long usedUnixMs)
    {
        var length = HeadBytes + (entry.Remembered.Length * RequestBytes);
        var span = target.GetSpan(length);
        BinaryPrimitives.WriteUInt128LittleEndian(span, entry.Identity);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], entry.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], entry.Next);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], usedUnixMs);
        span[40] = (byte)entry.Remembered.Length;
        var rest = span[HeadBytes..];
        foreach (var request in entry.Remembered)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, request.First);
            BinaryPrimitives.WriteInt32LittleEndian(rest[8..], request.Count);
            BinaryPrimitives.WriteInt64LittleEndian(rest[12..], request.Position);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[20..], request.Fingerprint);
            rest = rest[RequestBytes..];
        }
        target.Advance(length);
    }

    /// <summary>Takes over what a file has. False, and nothing is taken over: it is damaged.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> file, ProducerSequences sequences, DateTimeOffset now)
    {
        if (file.Length < MagicBytes + sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(file) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(file[^sizeof(uint)..]) != Crc32.HashToUInt32(file[..^sizeof(uint)]))
        {
            return false;
        }
        var producers = file[MagicBytes..^sizeof(uint)];
        if (!MakeSense(producers))
        {
            return false;
        }
        for (var rest = producers; !rest.IsEmpty;)
        {
            var requests = new RememberedRequest[rest[40]];
            for (var i = 0; i < requests.Length; i++)
            {
                var request = rest[(HeadBytes + (i * RequestBytes))..];
                requests[i] = new RememberedRequest(
                    BinaryPrimitives.ReadInt64LittleEndian(request),
                    BinaryPrimitives.ReadInt32LittleEndian(request[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(request[12..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(request[20..]));
            }
            sequences.Restore(
                BinaryPrimitives.ReadUInt128LittleEndian(rest),
                BinaryPrimitives.ReadInt64LittleEndian(rest[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(rest[24..]),
                requests,
                now - DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(rest[32..])));
            rest = rest[(HeadBytes + (requests.Length * RequestBytes))..];
        }
        return true;
    }

    /// <summary>Whether these are whole producers, with numbers and times that there are.</summary>
    private static bool MakeSense(ReadOnlySpan<byte> producers)
    {
        for (var rest = producers; !rest.IsEmpty;)
        {
            if (rest.Length < HeadBytes || rest[40] > ProducerEntry.RememberedMax
                || BinaryPrimitives.ReadInt64LittleEndian(rest[16..]) < 0 || BinaryPrimitives.ReadInt64LittleEndian(rest[24..]) < 1
                || !UnixTime.Is(BinaryPrimitives.ReadInt64LittleEndian(rest[32..])))
            {
                return false;
            }
            var bytes = HeadBytes + (rest[40] * RequestBytes);
            if (rest.Length < bytes)
            {
                return false;
            }
            rest = rest[bytes..];
        }
        return true;
    }
}
