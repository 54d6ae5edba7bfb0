using System.Buffers;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Recovery;

/// <summary>Finds the end of the segment that was appended to last, sets aside what is damaged, and cuts what a crash tore.</summary>
internal static class TailRecovery
{
    private const int SectorBytes = 512;

    /// <summary>What became of a tail.</summary>
    /// <param name="Bounds">Where its committed frames end.</param>
    /// <param name="FirstUnixMs">Earliest wall time of its commits.</param>
    /// <param name="LastUnixMs">Latest wall time of its commits.</param>
    /// <param name="BytesScanned">How much was read.</param>
    /// <param name="TornBytes">How much was cut.</param>
    /// <param name="TornRecords">How many records the part that was cut held, as far as its commit frames survived: it cannot be told
    /// whether they
    /// were acknowledged.</param>
    /// <param name="EndIsVouchedFor">The last group is damaged: only what is known from elsewhere says that it was committed.</param>
    internal readonly record struct Outcome(
        SegmentBounds Bounds, long FirstUnixMs, long LastUnixMs, long BytesScanned, long TornBytes, long TornRecords, bool EndIsVouchedFor);

    /// <param name="segment">The tail.</param>
    /// <param name="file">Open for writing.</param>
    /// <param name="certain">What is known from elsewhere to have been durable.</param>
    /// <param name="clean">The clean mark, when it is this segment's.</param>
    /// <param name="quarantine">Takes copies.</param>
    internal static Outcome Run(Segment segment, IWalFile file, SegmentBounds certain, CleanMark? clean, Quarantine quarantine)
    {
        using var scan = new SegmentScan(file, segment.Name, segment.FramesEnd);
        scan.Run(certain);
        foreach (var range in scan.Damage)
        {
            quarantine.Add(segment.FileName, file, range);
        }
        var torn = scan.TornEnd - scan.End;
        if (scan.TornCommit)
        {
            // Torn or damaged: that cannot be told. It goes, as a torn write must, but not without a copy.
            quarantine.Add(segment.FileName, file, new DamagedRange(scan.End, torn, scan.Last + 1, 0));
        }
        if (torn > 0 || clean is not { } mark || mark.End != scan.End)
        {
            MakeDurable(file, scan, segment.FramesEnd);
        }
        return new Outcome(
            new SegmentBounds(scan.End, scan.Last), scan.FirstUnixMs, scan.LastUnixMs, scan.BytesScanned, torn,
            scan.TornCommit ? scan.TornRecords : 0, scan.EndIsVouchedFor);
    }

    /// <summary>
    /// Makes the tail on the platter what the scan saw, with one flush. No frame of a torn write may ever validate again, whatever is
    /// written in front of it: zeros. And the last group is written once more: the process that wrote it may have died before its flush,
    /// or because its flush failed; then only the page cache has it, marked clean, and a flush alone would do nothing.
    /// </summary>
    private static void MakeDurable(IWalFile file, SegmentScan scan, long framesEnd)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrameWindow.ChunkBytes);
        for (var offset = scan.LastGroupOffset; offset < scan.End;)
        {
            var count = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, scan.End - offset)), offset);
            file.Write(buffer.AsSpan(0, count), offset);
            offset += count;
        }
        Array.Clear(buffer);
        var wholeSectors = (scan.TornEnd + SectorBytes - 1) / SectorBytes * SectorBytes;
        var zeroEnd = scan.TornEnd == scan.End ? scan.End : Math.Min(wholeSectors, framesEnd);
        for (var offset = scan.End; offset < zeroEnd; offset += buffer.Length)
        {
            file.Write(buffer.AsSpan(0, (int)Math.Min(buffer.Length, zeroEnd - offset)), offset);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        file.Flush();
    }
}
