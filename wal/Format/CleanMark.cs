using System.Buffers.Binary;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Format;

/// <summary>The file <c>clean</c>: the log was closed in order, with its frames ending here (FORMAT.md §6).</summary>
/// <param name="SegmentId">The segment that was appended to.</param>
/// <param name="End">Where its frames ended.</param>
/// <param name="Sequence">The last durable number.</param>
/// <param name="Next">The next number to be given out: numbers may have been passed over.</param>
/// <param name="LogId">The log; empty in marks of earlier builds.</param>
/// <param name="Epoch">The opening of the log that was closed; empty in marks of earlier builds.</param>
internal readonly record struct CleanMark(ulong SegmentId, long End, long Sequence, long Next, Guid LogId, Guid Epoch)
{
    internal const string FileName = "clean";
    internal const string NewFileName = FileName + AtomicFile.AsideSuffix;
    internal const int Bytes = 80;

    private const int FormerBytes = 40;
    private const int ChecksumOffset = Bytes - sizeof(uint);
    private const int FormerChecksumOffset = FormerBytes - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "INGSTEND"u8;

    internal void Write(Span<byte> file)
    {
        file.Clear();
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt64LittleEndian(file[8..], SegmentId);
        BinaryPrimitives.WriteInt64LittleEndian(file[16..], End);
        BinaryPrimitives.WriteInt64LittleEndian(file[24..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(file[32..], Next);
        LogId.TryWriteBytes(file[40..], bigEndian: true, out _);
        Epoch.TryWriteBytes(file[56..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(file[ChecksumOffset..], Crc32C.Compute(file[..ChecksumOffset]));
    }

    internal static bool TryRead(ReadOnlySpan<byte> file, out CleanMark mark)
    {
        mark = default;
        var checksumOffset = file.Length switch { Bytes => ChecksumOffset, FormerBytes => FormerChecksumOffset, _ => -1 };
        if (checksumOffset < 0 || !file.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(file[checksumOffset..]) != Crc32C.Compute(file[..checksumOffset]))
        {
            return false;
        }
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(file[24..]);
        mark = new CleanMark(
            BinaryPrimitives.ReadUInt64LittleEndian(file[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(file[16..]),
            sequence,
            file.Length == Bytes ? BinaryPrimitives.ReadInt64LittleEndian(file[32..]) : sequence + 1,
            file.Length == Bytes ? new Guid(file.Slice(40, 16), bigEndian: true) : Guid.Empty,
            file.Length == Bytes ? new Guid(file.Slice(56, 16), bigEndian: true) : Guid.Empty);
        return true;
    }

    /// <summary>Whether it may be this log's.</summary>
    internal bool IsOf(Guid logId) => LogId == logId || LogId == Guid.Empty;

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
