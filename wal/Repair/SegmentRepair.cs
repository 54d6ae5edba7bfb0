using Ingest.Wal.Format;
using Ingest.Wal.Inspection;
using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Repair;

/// <summary>
/// Mends what can be told of a segment from what is left of it: its length, header, commits and seal. Each write replaces bytes that were
/// damaged and copied aside, and may be repeated. Records are never moved or changed.
/// </summary>
/// <param name="directory">The log.</param>
/// <param name="name">The segment.</param>
/// <param name="lastBeforeNext">The last number given out before the next segment's first; null for the last segment.</param>
/// <param name="certain">What is known to have been durable where the seal does not say.</param>
/// <param name="epochs">The log's.</param>
/// <param name="notes">Takes copies and the list.</param>
internal sealed class SegmentRepair(
    IWalDirectory directory, SegmentName name, long? lastBeforeNext, SegmentBounds certain, EpochTable epochs, RepairNotes notes)
{
    private const int LengthUnit = 4096;

    private readonly string _file = name.ToString();

    internal void Run()
    {
        using (var segment = SegmentFile.TryOpen(directory, name))
        {
            // What is no segment of this log, or too short for one, recovery sets aside whole.
            if (segment is not { IsLongEnough: true } || (segment.Header is { } header && header.LogId != epochs.LogId))
            {
                return;
            }
        }
        MendLength();
        MendHeader();
        MendCommits();
        MendSeal();
    }

    private void MendLength()
    {
        using var segment = Open();
        var length = segment.File.Length;
        if (segment.Header is { } header)
        {
            if (length < header.SegmentBytes)
            {
                Lengthen(length, header.SegmentBytes);
            }
            else if (length > header.SegmentBytes)
            {
                notes.CopyAside(_file, segment.File, new DamagedRange(header.SegmentBytes, length - header.SegmentBytes, 0, 0));
                Shorten(segment.File, length, header.SegmentBytes);
            }
        }
        else if (length % LengthUnit != 0)
        {
            // Cut somewhere, and its length is not known: the seal must not come to lie on what is left.
            Lengthen(length, (length + SealBody.FrameBytes + LengthUnit - 1) / LengthUnit * LengthUnit);
        }
    }

    private void Lengthen(long from, long to)
    {
        using var file = directory.Open(_file, writable: true);
        file.Write([0], to - 1);
        file.Flush();
        notes.Add(RepairAction.RestoreLength, _file, from, to - from);
    }

    /// <summary>A copy of the right length takes the file's place in one step. Half made, it is removed by the next start.</summary>
    private void Shorten(IWalFile file, long from, long to)
    {
        var making = $"{SegmentSpares.FillPrefix}{name.Id:x16}{SegmentSpares.Suffix}";
        AtomicFile.Write(directory, _file, making, copy => FileCopy.Copy(file, 0, copy, to));
        notes.Add(RepairAction.RestoreLength, _file, to, from - to);
    }

    private void MendHeader()
    {
        using var segment = Open();
        if (segment.Header is not null)
        {
            return;
        }
        using var scan = segment.Scan(Certain(segment));
        if (scan.Records == 0 && scan.Groups == 0)
        {
            return;
        }
        notes.CopyAside(_file, segment.File, new DamagedRange(0, SegmentHeader.BlockBytes, 0, 0));
        Span<byte> block = stackalloc byte[SegmentHeader.BlockBytes];
        var epoch = new Epoch(name.BaseSequence, epochs.LastBefore(name.BaseSequence), epochs.IdOf(name.BaseSequence));
        new SegmentHeader(epochs.LogId, name, scan.Groups > 0 ? scan.FirstUnixMs : 0, (int)segment.Bytes, epoch).Write(block);
        Write(block, 0);
        notes.Add(RepairAction.RewriteHeader, _file, 0, SegmentHeader.BlockBytes);
    }

    private void MendCommits()
    {
        using var segment = Open();
        using var scan = segment.Scan(Certain(segment));
        foreach (var range in scan.Damage)
        {
            notes.CopyAside(_file, segment.File, range);
        }
        foreach (var range in scan.Contradictions)
        {
            notes.CopyAside(_file, segment.File, range);
        }
        var broken = scan.Damage.Where(range => range is { Records: 0, Bytes: >= CommitBody.FrameBytes }).Concat(scan.Contradictions)
            .Select(range => range.Offset).ToHashSet();
        Span<byte> frame = stackalloc byte[CommitBody.FrameBytes];
        foreach (var (offset, commit) in broken.Count > 0 ? new CommitWalk(segment, broken).Run() : [])
        {
            commit.WriteFrame(frame, name.Salt);
            Write(frame, offset);
            notes.Add(RepairAction.RewriteCommit, _file, offset, CommitBody.FrameBytes, commit.First);
        }
    }

    /// <summary>
    /// A segment that is not the last one has a seal; and so gets the last one, when only the clean mark or a cursor knows how far it goes:
    /// by itself its end would be taken for torn, and cut.
    /// </summary>
    private void MendSeal()
    {
        using var segment = Open();
        if (segment.Seal is not null)
        {
            return;
        }
        using var scan = segment.Scan(Certain(segment));
        using var alone = segment.Scan(default);
        if (lastBeforeNext is { } last ? scan.Last > last : scan.End <= alone.End)
        {
            return;
        }
        var place = new DamagedRange(segment.FramesEnd, SealBody.FrameBytes, 0, 0);
        Span<byte> frame = stackalloc byte[SealBody.FrameBytes];
        if (frame[..segment.File.Read(frame, place.Offset)].ContainsAnyExcept((byte)0))
        {
            notes.CopyAside(_file, segment.File, place);
        }
        var (firstMs, lastMs) = scan.Groups > 0 ? (scan.FirstUnixMs, scan.LastUnixMs) : (0, 0);
        new SealBody(FramesEnd(scan), scan.Last - name.BaseSequence + 1, firstMs, lastMs).WriteFrame(frame, scan.Last, name.Salt);
        Write(frame, place.Offset);
        notes.Add(RepairAction.RewriteSeal, _file, place.Offset, place.Bytes);
    }

    /// <summary>A seal that is gone does not say where frames end, and a last group with a damaged record does not either. What is behind
    /// the last frame then and holds no record is nothing.</summary>
    private static long FramesEnd(SegmentScan scan)
    {
        var last = scan.Damage.LastOrDefault();
        return last.Records == 0 && last.Offset > 0 && last.Offset + last.Bytes == scan.End ? last.Offset : scan.End;
    }

    private SegmentBounds Certain(SegmentFile segment) =>
        lastBeforeNext is { } last ? new SegmentBounds(segment.FramesEnd, last) : certain;

    private SegmentFile Open() => SegmentFile.TryOpen(directory, name)
        ?? throw new StorageException(StorageFailure.NotFound, $"{_file} was taken away during the repair.");

    private void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        using var file = directory.Open(_file, writable: true);
        file.Write(bytes, offset);
        file.Flush();
    }
}
