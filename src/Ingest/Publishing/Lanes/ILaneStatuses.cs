using Ingest.Wal.Reading;

namespace Ingest.Publishing.Lanes;

/// <summary>The lanes of a node as others see them. Any thread.</summary>
public interface ILaneStatuses
{
    /// <summary>Every lane at this moment.</summary>
    IReadOnlyList<LaneStatus> Statuses { get; }

    /// <summary>Cursors on disk without a configured sink: they hold the log until an operator decides.</summary>
    IReadOnlyList<CursorPosition> Orphans { get; }
}
