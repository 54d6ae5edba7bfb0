using System.Buffers.Binary;
using System.IO.Hashing;

namespace Ingest.Hosting.Lifecycle.Marks;

/// <summary>The beginning of a file of marks: whose it is, and up to where it has them. Files of earlier builds have none.</summary>
/// <param name="Log">The log's identity.</param>
/// <param name="Through">The file has every mark of it up to here.</param>
/// <remarks>Little-endian: <c>u32 magic "IMF1" · guid log · i64 through · u32 CRC-32 of all before it</c>.</remarks>
internal readonly record struct MarksHeader(Guid Log, long Through)
{
    /// <summary>Bytes of a header.</summary>
    internal const int Bytes = 32;

    private const uint Magic = 0x31464D49;
    private const int ThroughOffset = 20;
    private const int SumOffset = 28;

    internal void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        Log.TryWriteBytes(target[sizeof(uint)..]);
        BinaryPrimitives.WriteInt64LittleEndian(target[ThroughOffset..], Through);
        BinaryPrimitives.WriteUInt32LittleEndian(target[SumOffset..], Crc32.HashToUInt32(target[..SumOffset]));
    }

    /// <summary>False: the file begins otherwise.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> file, out MarksHeader header)
    {
        header = default;
        if (file.Length < Bytes || BinaryPrimitives.ReadUInt32LittleEndian(file) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(file[SumOffset..]) != Crc32.HashToUInt32(file[..SumOffset]))
        {
            return false;
        }
        header = new MarksHeader(
            new Guid(file[sizeof(uint)..ThroughOffset]), BinaryPrimitives.ReadInt64LittleEndian(file[ThroughOffset..]));
        return true;
    }
}
