using Ingest.Simulation.Disk;
using Ingest.Wal.Storage;

namespace Ingest.Simulation.Model;

/// <summary>One step of a history. Each carries what it needs, so that leaving another out changes it as little as possible.</summary>
public abstract record WalAction
{
    /// <summary>Adds batches of records of these sizes to the group; commits first when the group is full.</summary>
    public sealed record Append(params int[] RecordBytes) : WalAction;

    /// <summary>Commits the group.</summary>
    public sealed record Commit(long UnixMs) : WalAction;

    /// <summary>Makes segments ahead.</summary>
    public sealed record Prepare : WalAction;

    /// <summary>Reclaims what is below this part (in percent) of what is settled, keeping some of it.</summary>
    public sealed record Reclaim(int SettledPercent, int KeepSegments) : WalAction;

    /// <summary>Opens a reader at this part (in percent) of the log.</summary>
    public sealed record OpenReader(int Reader, int FromPercent) : WalAction;

    /// <summary>Reads up to so many records.</summary>
    public sealed record Read(int Reader, int Records) : WalAction;

    /// <summary>Saves a cursor at this part (in percent) of what is durable: also backwards.</summary>
    public sealed record SaveCursor(int Cursor, int Percent, int AnnotationBytes) : WalAction;

    /// <summary>Lets so many operations pass and fails the next of the kind.</summary>
    public sealed record Fail(DiskOperation Operation, StorageFailure Failure, int After) : WalAction;

    /// <summary>Leaves the disk so many bytes of room; negative: room without end.</summary>
    public sealed record Capacity(int FreeBytes) : WalAction;

    /// <summary>Other sizes from the next start on.</summary>
    public sealed record Configure(int SegmentBytes, int SegmentsAhead) : WalAction;

    /// <summary>Closes in order and opens again.</summary>
    public sealed record CloseAndReopen(bool MarkClean) : WalAction;

    /// <summary>Stops the machine now and starts it again; once more after so many changes of the recovery, if not negative.</summary>
    public sealed record Crash(CrashStyle Style, int Seed, int AgainAfter = -1) : WalAction;

    /// <summary>Stops the machine after so many more changes of the disk, wherever that is, and starts it again.</summary>
    public sealed record CutPower(int AfterChanges, CrashStyle Style, int Seed) : WalAction;

    /// <summary>Reads everything and compares.</summary>
    public sealed record Verify : WalAction;
}
