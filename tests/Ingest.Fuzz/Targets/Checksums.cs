using System.Buffers.Binary;
using System.Numerics;

namespace Ingest.Fuzz.Targets;

/// <summary>CRC-32C by the processor's instruction, a byte at a time: not the product's own.</summary>
internal static class Checksums
{
    internal static uint Crc32C(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        foreach (var one in bytes)
        {
            crc = BitOperations.Crc32C(crc, one);
        }
        return ~crc;
    }

    /// <summary>Puts the CRC-32C of all before it at the end of what is long enough.</summary>
    internal static void End(Span<byte> bytes)
    {
        if (bytes.Length >= sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[^sizeof(uint)..], Crc32C(bytes[..^sizeof(uint)]));
        }
    }
}
