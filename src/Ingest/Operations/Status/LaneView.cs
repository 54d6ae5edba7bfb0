namespace Ingest.Operations.Status;

/// <summary>A lane at one moment.</summary>
public sealed record LaneView
{
    /// <summary>The lane's name.</summary>
    public required string Name { get; init; }

    /// <summary>The sink's kind.</summary>
    public required string Kind { get; init; }

    /// <summary>Client library of the sink, with version and build; empty for a sink that rests on none.</summary>
    public string Client { get; init; } = "";

    /// <summary>What it does, in snake case: <c>delivering</c>, <c>idle</c>, <c>backing_off</c>, <c>open</c>, <c>blocked</c>…</summary>
    public required string State { get; init; }

    /// <summary>Why, where there is more to say; empty otherwise.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// The wall time since which the sink's connections fail, while events wait and nothing was delivered; the reason says how. Null
    /// otherwise, and where the sink knows nothing of connections.
    /// </summary>
    public DateTimeOffset? UnreachableSince { get; init; }

    /// <summary>The wall time at which the lane came into this state, within a second, or the start of the process.</summary>
    public DateTimeOffset? StateSince { get; init; }

    /// <summary>In how many seconds a lane that waits tries again; null where it does not wait.</summary>
    public double? NextTrySeconds { get; init; }

    /// <summary>Everything up to here is settled.</summary>
    public required long Settled { get; init; }

    /// <summary>The position saved on disk; after a crash it goes on from here.</summary>
    public required long Saved { get; init; }

    /// <summary>Events it has yet to settle.</summary>
    public required long PendingEvents { get; init; }

    /// <summary>Pending events that are parked: set aside because the sink cannot take them while it takes others.</summary>
    public long ParkedEvents { get; init; }

    /// <summary>Parked events by stream, with the reason and since when.</summary>
    public IReadOnlyList<ParkedStreamView> Parked { get; init; } = [];

    /// <summary>Age of the oldest of those not parked, in seconds.</summary>
    public required double LagSeconds { get; init; }

    /// <summary>Batches in flight.</summary>
    public required int InFlightBatches { get; init; }

    /// <summary>Events in flight.</summary>
    public required int InFlightEvents { get; init; }

    /// <summary>How many batches may be in flight.</summary>
    public required double Window { get; init; }

    /// <summary>The most the window may become.</summary>
    public required int WindowMax { get; init; }

    /// <summary>Below this the window doubles with each round trip.</summary>
    public required double SlowStartThreshold { get; init; }

    /// <summary><c>closed</c>, <c>half_open</c> or <c>open</c>.</summary>
    public required string Breaker { get; init; }

    /// <summary>Smoothed time of a successful attempt, in milliseconds.</summary>
    public required double RoundTripMs { get; init; }

    /// <summary>Attempts since the start, by verdict in snake case.</summary>
    public required IReadOnlyDictionary<string, long> Attempts { get; init; }

    /// <summary>What became of every event ever accepted.</summary>
    public required LaneSum Sum { get; init; }

    /// <summary>Events delivered once more after a rewind.</summary>
    public required long Repeated { get; init; }

    /// <summary>Events delivered after they had been dead letters: with <see cref="Sum"/>'s, those ever put there.</summary>
    public long Recovered { get; init; }
}

/// <summary>
/// What became of every event ever accepted, in this lane: accepted = before + delivered + dead-lettered + lost + pending. Accepted and
/// pending come from positions, the others are counted one by one, so a sum that does not add up is a defect and says so.
/// </summary>
/// <param name="Accepted">Events the log ever made durable.</param>
/// <param name="Before">Events that were gone before the lane existed.</param>
/// <param name="Delivered">Events the sink has.</param>
/// <param name="DeadLettered">Events in the dead letters.</param>
/// <param name="Lost">Events that could not be read from the log any more.</param>
/// <param name="Pending">Events not settled yet, and parked ones.</param>
/// <param name="Balanced">Whether it adds up.</param>
public sealed record LaneSum(long Accepted, long Before, long Delivered, long DeadLettered, long Lost, long Pending, bool Balanced);
