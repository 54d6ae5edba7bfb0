using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ingest.Wal.Format;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4) with the processor's instruction where there is one.</summary>
/// <remarks>
/// The instruction takes three cycles and one can begin each cycle, so a single chain of them leaves two thirds of the unit idle. Longer
/// inputs are cut into stripes of three lanes whose chains run side by side; two carry-less multiplications join them (V. Gopal and
/// others, "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel 2011).
/// </remarks>
public static class Crc32C
{
    // Words of eight bytes.
    private const int LaneWords = 8;
    private const int StripeWords = 3 * LaneWords;

    // x^(8n - 33) mod P, reflected: moves a checksum n bytes on. The 33 are what multiplication and reduction add.
    private const ulong OneLaneOn = 0x9E4A_DDF8;
    private const ulong TwoLanesOn = 0x0D3B_6092;

    /// <summary>The checksum of <paramref name="bytes"/>, started from <paramref name="seed"/> (0 for the plain CRC-32C).</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var rest = bytes[(words.Length * sizeof(ulong))..];
        if (words.Length >= StripeWords && Pclmulqdq.IsSupported)
        {
            crc = Stripes(crc, ref words);
        }
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }
        // A header's last word and a link of the chain are four bytes: one step in place of four that wait for each other.
        if (rest.Length >= sizeof(uint))
        {
            crc = BitOperations.Crc32C(crc, MemoryMarshal.Read<uint>(rest));
            rest = rest[sizeof(uint)..];
        }
        foreach (var b in rest)
        {
            crc = BitOperations.Crc32C(crc, b);
        }
        return ~crc;
    }

    private static uint Stripes(uint crc, ref ReadOnlySpan<ulong> words)
    {
        var factors = Vector128.Create(TwoLanesOn, OneLaneOn);
        while (words.Length >= StripeWords)
        {
            var stripe = words[..StripeWords];
            var (first, second, third) = (crc, 0u, 0u);
            for (var i = 0; i < LaneWords; i++)
            {
                first = BitOperations.Crc32C(first, stripe[i]);
                second = BitOperations.Crc32C(second, stripe[LaneWords + i]);
                third = BitOperations.Crc32C(third, stripe[(2 * LaneWords) + i]);
            }
            var lanes = Vector128.Create((ulong)first, second);
            var moved = Pclmulqdq.CarrylessMultiply(lanes, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(lanes, factors, 0x11);
            crc = BitOperations.Crc32C(0, moved.ToScalar()) ^ third;
            words = words[StripeWords..];
        }
        return crc;
    }
}
