using Ingest.Wal.Format;
using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Inspection;

/// <summary>A segment file opened for looking at it.</summary>
internal sealed class SegmentFile : IDisposable
{
    private SegmentFile(IWalFile file, SegmentName name, long bytes, SegmentHeader? header, SealInfo? seal)
    {
        File = file;
        Name = name;
        Bytes = bytes;
        Header = header;
        Seal = seal;
    }

    internal IWalFile File { get; }

    internal SegmentName Name { get; }

    /// <summary>Length, cut to whole frame places.</summary>
    internal long Bytes { get; }

    /// <summary>Null: damaged, or another segment's.</summary>
    internal SegmentHeader? Header { get; }

    internal SealInfo? Seal { get; }

    internal bool IsLongEnough => Bytes >= SegmentHeader.BlockBytes + SealBody.FrameBytes;

    /// <summary>The file is shorter than its header says.</summary>
    internal bool IsCut => Header is { } header && Bytes < header.SegmentBytes;

    /// <summary>Where frames end at the latest.</summary>
    internal long FramesEnd => IsCut && Seal is null ? Bytes : Bytes - SealBody.FrameBytes;

    /// <summary>Names of segments in the directory, oldest first.</summary>
    internal static List<SegmentName> Names(IWalDirectory directory)
    {
        var names = new List<SegmentName>();
        foreach (var file in directory.List())
        {
            if (SegmentName.TryParse(file, out var name))
            {
                names.Add(name);
            }
        }
        names.Sort((a, b) => (a.BaseSequence, a.Id).CompareTo((b.BaseSequence, b.Id)));
        return names;
    }

    /// <summary>Null: a running process removed it a moment ago.</summary>
    internal static SegmentFile? TryOpen(IWalDirectory directory, SegmentName name)
    {
        IWalFile file;
        try
        {
            file = directory.Open(name.ToString(), writable: false);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return null;
        }
        try
        {
            var length = file.Length & ~(FrameHeader.Alignment - 1L);
            Span<byte> block = stackalloc byte[SegmentHeader.Bytes];
            var valid = SegmentHeader.TryRead(block[..file.Read(block, 0)], out var header) && header.Name == name;
            var seal = length >= SegmentHeader.BlockBytes + SealBody.FrameBytes ? SealInfo.Read(file, name, length) : null;
            return new SegmentFile(file, name, length, valid ? header : null, seal);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Scans all frames. <paramref name="certain"/>: what must have been there, where the seal does not say.</summary>
    internal SegmentScan Scan(SegmentBounds certain)
    {
        var scan = new SegmentScan(File, Name, FramesEnd);
        scan.Run(Seal?.Bounds ?? certain);
        return scan;
    }

    public void Dispose() => File.Dispose();
}
