using Ingest.Wal.Format;
using Ingest.Wal.Reading;

namespace Ingest.Wal.Inspection;

/// <summary>What is in a log directory.</summary>
public sealed record LogSummary
{
    /// <summary>Where it is.</summary>
    public required string Path { get; init; }

    /// <summary>Identity of the log; null when no segment has a valid header.</summary>
    public Guid? LogId { get; init; }

    /// <summary>Segments, oldest first.</summary>
    public required IReadOnlyList<SegmentSummary> Segments { get; init; }

    /// <summary>Cursors, in order of name.</summary>
    public required IReadOnlyList<CursorPosition> Cursors { get; init; }

    /// <summary>Files kept ready to become segments.</summary>
    public required int Spares { get; init; }

    /// <summary>Numbers up to the last one that were never given out: starts after a stop that was not in order pass over some.</summary>
    public long Skipped => Segments.Count == 0 ? 0 : Epochs.SkippedUpTo(LastSequence);

    /// <summary>The last stop was in order, and the log was not opened since.</summary>
    public required bool Clean { get; init; }

    /// <summary>Copies of damaged ranges in <c>quarantine/</c>.</summary>
    public required IReadOnlyList<string> Quarantine { get; init; }

    /// <summary>The oldest record's number; one more than <see cref="LastSequence"/> when there is none.</summary>
    public long FirstSequence => Segments.Count > 0 ? Segments[0].BaseSequence : 1;

    /// <summary>The newest record's number; 0 when there never was one.</summary>
    public long LastSequence => Segments.Count > 0 ? Segments[^1].LastSequence : 0;

    /// <summary>How many records, by their numbers, are behind this one: those passed over do not count.</summary>
    public long PendingBehind(long sequence) =>
        Math.Max(0, LastSequence - sequence - Skipped + Epochs.SkippedUpTo(Math.Min(sequence, LastSequence)));

    /// <summary>Tells which numbers were passed over.</summary>
    internal EpochTable Epochs { get; init; } = EpochTable.Empty;

    /// <summary>Bytes of all segments.</summary>
    public long Bytes => Segments.Sum(segment => segment.Bytes);
}
