using Ingest.Wal.Segments;

namespace Ingest.Wal.Recovery;

/// <summary>What recovery hands to the open log.</summary>
internal sealed record RecoveredLog(LogState State, SegmentSpares Spares, TailSegment Tail, Quarantine Quarantine, RecoveryReport Report);
