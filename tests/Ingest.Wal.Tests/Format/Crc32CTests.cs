using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ingest.Wal.Format;

namespace Ingest.Wal.Tests.Format;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720, appendix B.4, and the check value of the polynomial.</summary>
    public static TheoryData<byte[], uint> Vectors => new()
    {
        { new byte[32], 0x8A9136AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794E },
        { Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113FDB5C },
        { Encoding.ASCII.GetBytes("123456789"), 0xE3069283 },
        { [], 0 },
    };

    [Theory, MemberData(nameof(Vectors))]
    public void Known_values_come_out(byte[] bytes, uint expected) => Assert.Equal(expected, Crc32C.Compute(bytes));

    [Fact]
    public void A_checksum_continues_from_the_one_before() => Prop.ForAll(
        (byte[] first, byte[] second) => Crc32C.Compute([.. first, .. second]) == Crc32C.Compute(second, Crc32C.Compute(first)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void It_is_what_the_definition_says_bit_by_bit() => Prop.ForAll(
        (byte[] bytes) => Crc32C.Compute(bytes) == BitByBit(bytes))
        .QuickCheckThrowOnFailure();

    /// <summary>Lengths around each number of stripes, at every alignment of a word.</summary>
    [Fact]
    public void Long_inputs_that_are_cut_into_lanes_have_the_checksum_of_the_whole()
    {
        const int LongestBytes = 1000;
        var random = new Random(32);
        var bytes = new byte[LongestBytes + sizeof(ulong)];
        random.NextBytes(bytes);
        for (var length = 0; length <= LongestBytes; length++)
        {
            var part = bytes.AsSpan(length % sizeof(ulong), length).ToArray();
            Assert.Equal(BitByBit(part), Crc32C.Compute(bytes.AsSpan(length % sizeof(ulong), length)));
        }
        bytes = new byte[100_003];
        random.NextBytes(bytes);
        Assert.Equal(BitByBit(bytes), Crc32C.Compute(bytes));
    }

    [Fact]
    public void With_another_seed_the_same_bytes_always_have_another_checksum() => Prop.ForAll(
        (byte[] bytes, uint seed, uint other) => seed == other || Crc32C.Compute(bytes, seed) != Crc32C.Compute(bytes, other))
        .QuickCheckThrowOnFailure();

    private static uint BitByBit(byte[] bytes)
    {
        const uint ReversedPolynomial = 0x82F63B78;
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * ReversedPolynomial);
            }
        }
        return ~crc;
    }
}
