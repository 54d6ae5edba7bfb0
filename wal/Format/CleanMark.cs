using System.Buffers.Binary;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Format;

/// <summary>The file <c>clean</c>: the log was closed in order, with its frames ending here (FORMAT.md §6).</summary>
/// <param name="SegmentId">The segment that was appended to.</param>
/// <param name="End">Where its frames ended.</param>
/// <param name="Sequence">The last durable number.</param>
internal readonly record struct CleanMark(ulong SegmentId, long End, long Sequence)
{
    internal const string FileName = "clean";
    internal const string NewFileName = "clean.tmp";
    internal const int Bytes = 40;

    private const int ChecksumOffset = Bytes - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "INGSTEND"u8;

    internal void Write(Span<byte> file)
    {
        file.Clear();
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt64LittleEndian(file[8..], SegmentId);
        BinaryPrimitives.WriteInt64LittleEndian(file[16..], End);
        BinaryPrimitives.WriteInt64LittleEndian(file[24..], Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(file[ChecksumOffset..], Crc32C.Compute(file[..ChecksumOffset]));
    }

    internal static bool TryRead(ReadOnlySpan<byte> file, out CleanMark mark)
    {
        mark = default;
        if (file.Length != Bytes || !file.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(file[ChecksumOffset..]) != Crc32C.Compute(file[..ChecksumOffset]))
        {
            return false;
        }
        mark = new CleanMark(
            BinaryPrimitives.ReadUInt64LittleEndian(file[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(file[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(file[24..]));
        return true;
    }

    /// <summary>The mark in a directory; null when there is none, or it is damaged or cannot be read.</summary>
    internal static CleanMark? Read(IWalDirectory directory)
    {
        if (!directory.List().Contains(FileName))
        {
            return null;
        }
        Span<byte> bytes = stackalloc byte[Bytes];
        try
        {
            using var file = directory.Open(FileName, writable: false);
            bytes = bytes[..file.Read(bytes, 0)];
        }
        catch (StorageException e) when (e.Kind is StorageFailure.Failed or StorageFailure.NotFound)
        {
            return null;
        }
        return TryRead(bytes, out var mark) ? mark : null;
    }
}
