using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;

namespace Ingest.Operations.Status;

/// <summary>The dead letters at one moment.</summary>
public sealed record DeadLetterView
{
    /// <summary>Letters that are not resolved.</summary>
    public required long Count { get; init; }

    /// <summary>How many there may be; a lane that has more stops.</summary>
    public required long CountMax { get; init; }

    /// <summary>Of them, on their way back.</summary>
    public required long Requeued { get; init; }

    /// <summary>Bytes of the letters.</summary>
    public required long Bytes { get; init; }

    /// <summary>How many there may be; a lane that has more stops.</summary>
    public required long BytesMax { get; init; }

    /// <summary>Bytes of their files.</summary>
    public required long LogBytes { get; init; }

    /// <summary>How long ago the event with the lowest number among them was first tried, in seconds; 0 when there is none.</summary>
    public required double OldestSeconds { get; init; }

    /// <summary>True while the letters' log is still being read after the start: more may be there than is shown.</summary>
    public required bool Rebuilding { get; init; }

    /// <summary>Records of their log that could not be read.</summary>
    public required long Lost { get; init; }

    /// <summary>Why nothing can be stored now; null while all is well.</summary>
    public required string? Failure { get; init; }

    /// <summary>By lane, those that have any.</summary>
    public required IReadOnlyList<LaneDeadLetterCounts> Lanes { get; init; }

    /// <summary>How far they are published (<c>DeadLetters:PublishTo</c>); null where they are not.</summary>
    public required PublicationView? Publication { get; init; }

    /// <summary>What answers questions over many letters (<c>Operations:Store</c>); null where memory does.</summary>
    public required ProjectionStatus? Store { get; init; }

    internal static DeadLetterView Of(DeadLetterStatus status, DateTimeOffset now) => new()
    {
        Count = status.Count,
        CountMax = status.CountMax,
        Requeued = status.Lanes.Sum(lane => lane.Requeued),
        Bytes = status.Bytes,
        BytesMax = status.BytesMax,
        LogBytes = status.LogBytes,
        OldestSeconds = status.OldestUnixMs is { } first
            ? Math.Round(Math.Max((now - DateTimeOffset.FromUnixTimeMilliseconds(first)).TotalSeconds, 0), 3)
            : 0,
        Rebuilding = status.IsRebuilding,
        Lost = status.Lost,
        Failure = status.Failure,
        Lanes = status.Lanes,
        Store = status.Projection,
        Publication = status.Publication is { } lane
            ? new PublicationView(
                lane.Name, lane.Kind, StatusJson.Snake(lane.State), lane.Reason, lane.Delivered, lane.DeadLettered,
                Math.Round(lane.LagSeconds, 3))
            : null,
    };
}

/// <summary>The publication of dead letters at one moment.</summary>
/// <param name="Sink">The sink they are published to.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="State">What it does, in snake case, as of a lane.</param>
/// <param name="Reason">Why, where there is more to say; empty otherwise.</param>
/// <param name="Published">Letters ever published.</param>
/// <param name="Refused">Letters the sink refused as well; they are kept as all others.</param>
/// <param name="LagSeconds">Age of the oldest event among the letters on their way, in seconds.</param>
public sealed record PublicationView(
    string Sink, string Kind, string State, string Reason, long Published, long Refused, double LagSeconds);
