using Ingest.Wal.Inspection;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;

namespace Ingest.Operations.Debug;

/// <summary>What is in the log's directory: as <c>ingest wal inspect</c> shows it.</summary>
internal sealed record LogView
{
    /// <summary>Most segments that are listed, the newest.</summary>
    internal const int SegmentsMax = 1000;

    /// <summary>Identity of the log.</summary>
    public required Guid? LogId { get; init; }

    /// <summary>The oldest event's number.</summary>
    public required long First { get; init; }

    /// <summary>The newest event's number.</summary>
    public required long Last { get; init; }

    /// <summary>Bytes of all segments.</summary>
    public required long Bytes { get; init; }

    /// <summary>Files kept ready.</summary>
    public required int Spares { get; init; }

    /// <summary>All segments, how many.</summary>
    public required int SegmentCount { get; init; }

    /// <summary>The newest segments, oldest first.</summary>
    public required IReadOnlyList<SegmentSummary> Segments { get; init; }

    /// <summary>Cursors as they are on disk.</summary>
    public required IReadOnlyList<CursorPosition> Cursors { get; init; }

    /// <summary>Copies of damaged places.</summary>
    public required IReadOnlyList<string> Quarantine { get; init; }

    internal static LogView Read(string path)
    {
        using var directory = WalDirectory.OpenReadOnly(path);
        var summary = LogInspector.Summarize(directory);
        return new LogView
        {
            LogId = summary.LogId,
            First = summary.FirstSequence,
            Last = summary.LastSequence,
            Bytes = summary.Bytes,
            Spares = summary.Spares,
            SegmentCount = summary.Segments.Count,
            Segments = [.. summary.Segments.TakeLast(SegmentsMax)],
            Cursors = summary.Cursors,
            Quarantine = [.. summary.Quarantine.Take(SegmentsMax)],
        };
    }
}
