using System.Numerics;
using System.Runtime.InteropServices;

namespace Ingest.Wal.Format;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4) with the processor's instruction where there is one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>, started from <paramref name="seed"/> (0 for the plain CRC-32C).</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }
        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }
        return ~crc;
    }
}
