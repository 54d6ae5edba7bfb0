using System.Buffers.Binary;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Format;

/// <summary>
/// The file <c>losses</c>: numbers of records that a repair found gone and set down as such (FORMAT.md §8), so that verification tells new
/// damage from old. Nothing is read or delivered by it.
/// </summary>
internal sealed class AcknowledgedLosses
{
    internal const string FileName = "losses";

    /// <summary>Ranges a file holds at most: 1.6 MB. What does not fit goes on being reported.</summary>
    internal const int RangesMax = 100_000;

    private const int HeaderBytes = 16;
    private const int RangeBytes = 16;

    private readonly List<(long First, long Last)> _ranges;

    private AcknowledgedLosses(List<(long First, long Last)> ranges, bool damaged = false) => (_ranges, Damaged) = (ranges, damaged);

    /// <summary>True if there is a file, and it cannot be read as one.</summary>
    internal bool Damaged { get; }

    internal int Count => _ranges.Count;

    private static ReadOnlySpan<byte> Magic => "INGSTLOS"u8;

    /// <summary>What a directory's file says; nothing when there is none or it is damaged.</summary>
    internal static AcknowledgedLosses Read(IWalDirectory directory)
    {
        if (!directory.List().Contains(FileName))
        {
            return new AcknowledgedLosses([]);
        }
        using var file = directory.Open(FileName, writable: false);
        var bytes = new byte[Math.Min(file.Length, HeaderBytes + ((long)RangesMax * RangeBytes) + sizeof(uint))];
        var read = file.Read(bytes, 0);
        return TryRead(bytes.AsSpan(0, read)) is { } ranges ? new AcknowledgedLosses(ranges) : new AcknowledgedLosses([], damaged: true);
    }

    /// <summary>Whether all of these numbers are known to be gone.</summary>
    internal bool Covers(long first, long count) =>
        _ranges.Exists(range => range.First <= first && first + count - 1 <= range.Last);

    /// <summary>Joins these and further ones, in order, neighbours joined, and none below <paramref name="from"/>.</summary>
    internal AcknowledgedLosses With(IEnumerable<(long First, long Last)> more, long from)
    {
        var joined = new List<(long First, long Last)>();
        foreach (var (first, last) in _ranges.Concat(more).Where(range => range.Last >= from).Order())
        {
            if (joined.Count > 0 && first <= joined[^1].Last + 1)
            {
                joined[^1] = (joined[^1].First, Math.Max(joined[^1].Last, last));
            }
            else if (joined.Count < RangesMax)
            {
                joined.Add((first, last));
            }
        }
        return new AcknowledgedLosses(joined);
    }

    /// <summary>Replaces the directory's file, durably.</summary>
    internal void Write(IWalDirectory directory) => AtomicFile.Write(directory, FileName, Encode());

    private byte[] Encode()
    {
        var bytes = new byte[HeaderBytes + (_ranges.Count * RangeBytes) + sizeof(uint)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), _ranges.Count);
        var rest = bytes.AsSpan(HeaderBytes);
        foreach (var (first, last) in _ranges)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, first);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], last);
            rest = rest[RangeBytes..];
        }
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        return bytes;
    }

    private static List<(long First, long Last)>? TryRead(ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length < HeaderBytes + sizeof(uint) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (count is < 0 or > RangesMax || !bytes.StartsWith(Magic)
            || bytes.Length != HeaderBytes + (count * RangeBytes) + sizeof(uint)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]) != Crc32C.Compute(bytes[..^sizeof(uint)]))
        {
            return null;
        }
        var ranges = new List<(long First, long Last)>(count);
        for (var i = 0; i < count; i++)
        {
            var range = bytes.Slice(HeaderBytes + (i * RangeBytes), RangeBytes);
            ranges.Add((BinaryPrimitives.ReadInt64LittleEndian(range), BinaryPrimitives.ReadInt64LittleEndian(range[8..])));
        }
        return ranges;
    }
}
