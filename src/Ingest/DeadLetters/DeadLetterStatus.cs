using Ingest.DeadLetters.Projection;
using Ingest.Publishing.Lanes;

namespace Ingest.DeadLetters;

/// <summary>The dead letters at one moment.</summary>
/// <param name="Count">Unresolved letters.</param>
/// <param name="CountMax">How many there may be.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="BytesMax">How many there may be.</param>
/// <param name="LogBytes">Bytes of their files.</param>
/// <param name="OldestUnixMs">When the event with the lowest number among them was first tried; null when there is none.</param>
/// <param name="IsRebuilding">Their log is still being read after the start: more may be there than is known.</param>
/// <param name="Lost">Records of their log that could not be read.</param>
/// <param name="Failure">Why nothing can be stored now; the log is opened anew by itself. Null while all is well.</param>
/// <param name="Lanes">By lane, those that have any.</param>
/// <param name="Publication">The lane that publishes them; null where none does.</param>
/// <param name="Projection">What answers questions over many letters; null where they are answered from memory.</param>
public sealed record DeadLetterStatus(
    long Count,
    int CountMax,
    long Bytes,
    long BytesMax,
    long LogBytes,
    long? OldestUnixMs,
    bool IsRebuilding,
    long Lost,
    string? Failure,
    IReadOnlyList<LaneDeadLetterCounts> Lanes,
    LaneStatus? Publication = null,
    ProjectionStatus? Projection = null);

/// <summary>A lane's unresolved letters.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Count">How many.</param>
/// <param name="Requeued">Of these, on their way back.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record LaneDeadLetterCounts(string Lane, long Count, long Requeued, long Bytes);
