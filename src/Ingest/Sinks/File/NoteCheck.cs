using System.Globalization;
using System.Numerics;
using System.Text;

namespace Ingest.Sinks.Files;

/// <summary>
/// The last member of a note's object, <c>check</c>: the CRC-32C of everything before it. A flipped digit is still a number, and would have
/// events taken for held.
/// </summary>
internal static class NoteCheck
{
    private static ReadOnlySpan<byte> Begins => ",\"check\":\""u8;

    /// <summary>The object with its check.</summary>
    internal static byte[] Add(ReadOnlySpan<byte> json) => [.. json[..^1], .. Of(json[..^1])];

    /// <summary>Whether the content is as it was written. Notes of earlier versions have no check.</summary>
    internal static bool Holds(ReadOnlySpan<byte> json)
    {
        var end = json.LastIndexOf(Begins);
        return end < 0 || json[end..].SequenceEqual(Of(json[..end]));
    }

    private static byte[] Of(ReadOnlySpan<byte> content)
    {
        var checksum = uint.MaxValue;
        foreach (var value in content)
        {
            checksum = BitOperations.Crc32C(checksum, value);
        }
        return [.. Begins, .. Encoding.ASCII.GetBytes((~checksum).ToString("x8", CultureInfo.InvariantCulture)), .. "\"}"u8];
    }
}
