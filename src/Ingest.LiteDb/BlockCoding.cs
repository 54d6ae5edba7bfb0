using System.Buffers.Binary;

namespace Ingest.LiteDb;

/// <summary>
/// Letters of a block as bytes: numbers of variable length, each as the difference to the one before where that is small.
/// </summary>
/// <remarks>
/// Count; then for each letter, in the order of keys: sequence (difference), group, 4 bytes of key hash, last attempt (difference, zigzag),
/// attempts, bytes.
/// </remarks>
internal static class BlockCoding
{
    // Five numbers of ten bytes at most, and the hash.
    private const int EntryBytesMax = 54;

    internal static byte[] Encode(ReadOnlySpan<LetterEntry> entries)
    {
        var bytes = new byte[(entries.Length * EntryBytesMax) + 10];
        var at = Put(bytes, 0, (ulong)entries.Length);
        var (sequence, last) = (0L, 0L);
        foreach (var entry in entries)
        {
            at = Put(bytes, at, (ulong)(entry.Sequence - sequence));
            at = Put(bytes, at, (ulong)entry.Group);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), entry.KeyHash);
            at = Put(bytes, at + sizeof(uint), Zigzag(entry.LastUnixMs - last));
            at = Put(bytes, at, (ulong)entry.Attempts);
            at = Put(bytes, at, (ulong)entry.Bytes);
            (sequence, last) = (entry.Sequence, entry.LastUnixMs);
        }
        return bytes[..at];
    }

    /// <exception cref="InvalidDataException">The bytes are none of a block.</exception>
    internal static LetterEntry[] Decode(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        var count = Take(bytes, ref at);
        if (count > (ulong)bytes.Length)
        {
            throw new InvalidDataException($"a block of {bytes.Length} bytes cannot have {count} letters");
        }
        var entries = new LetterEntry[count];
        var (sequence, last) = (0L, 0L);
        for (var i = 0; i < entries.Length; i++)
        {
            sequence += (long)Take(bytes, ref at);
            var group = (int)Take(bytes, ref at);
            var hash = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            at += sizeof(uint);
            last += Unzigzag(Take(bytes, ref at));
            entries[i] = new LetterEntry(sequence, group, hash, last, (int)Take(bytes, ref at), (int)Take(bytes, ref at));
        }
        return entries;
    }

    private static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static long Unzigzag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static int Put(byte[] bytes, int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes[at++] = (byte)(value | 0x80);
        }
        bytes[at++] = (byte)value;
        return at;
    }

    private static ulong Take(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
        throw new InvalidDataException("a number of a block has no end");
    }
}
