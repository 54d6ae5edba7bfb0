using System.Buffers.Binary;

namespace Ingest.Intake.Body;

/// <summary>
/// The eight bytes every member of gzip ends with: the CRC-32 and the length of what it holds. The framework checks them where it finds
/// them, but takes data that is cut short before them for complete.
/// </summary>
internal static class GZipTrailer
{
    private const int Bytes = 8;
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[][] Tables = MakeTables();

    /// <summary>Whether <paramref name="encoded"/> ends where its last member does.</summary>
    internal static bool Matches(ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> decoded)
    {
        if (encoded.Length < Bytes)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadUInt32LittleEndian(encoded[^4..]);
        return length <= decoded.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(encoded[^8..]) == Checksum(decoded[^(int)length..]);
    }

    private static uint Checksum(ReadOnlySpan<byte> text)
    {
        var sum = uint.MaxValue;
        while (text.Length >= 4)
        {
            sum ^= BinaryPrimitives.ReadUInt32LittleEndian(text);
            sum = Tables[3][sum & 0xFF] ^ Tables[2][(sum >> 8) & 0xFF] ^ Tables[1][(sum >> 16) & 0xFF] ^ Tables[0][sum >> 24];
            text = text[4..];
        }
        foreach (var next in text)
        {
            sum = Tables[0][(sum ^ next) & 0xFF] ^ (sum >> 8);
        }
        return ~sum;
    }

    /// <summary>Four tables, so that four bytes take one step: this is no CRC-32C, for which there is an instruction.</summary>
    private static uint[][] MakeTables()
    {
        var tables = new uint[4][];
        for (var table = 0; table < tables.Length; table++)
        {
            tables[table] = new uint[256];
            for (var value = 0u; value < 256; value++)
            {
                var sum = table == 0 ? value : tables[table - 1][value];
                for (var bit = 0; bit < 8; bit++)
                {
                    sum = (sum & 1) != 0 ? (sum >> 1) ^ Polynomial : sum >> 1;
                }
                tables[table][value] = sum;
            }
        }
        return tables;
    }
}
