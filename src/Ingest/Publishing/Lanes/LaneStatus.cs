using Ingest.Publishing.Accounting;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Lanes;

/// <summary>A lane at one moment.</summary>
public sealed record LaneStatus
{
    /// <summary>The lane's name.</summary>
    public required string Name { get; init; }

    /// <summary>The sink's kind.</summary>
    public required string Kind { get; init; }

    /// <summary>Client library of the sink, with version and build; empty for a sink that rests on none.</summary>
    public string Client { get; init; } = "";

    /// <summary>What the lane is doing.</summary>
    public required LaneState State { get; init; }

    /// <summary>Why, where there is more to say; empty otherwise.</summary>
    public required string Reason { get; init; }

    /// <summary>The sink's connections fail, and nothing was delivered since; null where nothing is known of that.</summary>
    public ConnectionTrouble? Trouble { get; init; }

    /// <summary>The lane begins behind this sequence number.</summary>
    public required long Start { get; init; }

    /// <summary>Everything up to here is settled: <c>max(Settled, HighWater) − Start = Delivered + DeadLettered + Lost +
    /// ParkedEvents</c>.</summary>
    public required long Settled { get; init; }

    /// <summary>The highest position ever settled; above <see cref="Settled"/> only after a rewind.</summary>
    public required long HighWater { get; init; }

    /// <summary>The position saved on disk.</summary>
    public required long Saved { get; init; }

    /// <summary>Events the sink has, up to <see cref="HighWater"/>.</summary>
    public required long Delivered { get; init; }

    /// <summary>Events in the dead letters, up to <see cref="HighWater"/>.</summary>
    public required long DeadLettered { get; init; }

    /// <summary>Events that could not be read from the log.</summary>
    public required long Lost { get; init; }

    /// <summary>Events delivered once more after a rewind.</summary>
    public required long Repeated { get; init; }

    /// <summary>Events delivered after they had been dead letters.</summary>
    public long Recovered { get; init; }

    /// <summary>Durable events that are not settled, and parked ones.</summary>
    public required long PendingEvents { get; init; }

    /// <summary>Events set aside because the sink cannot take them while it takes others; up to <see cref="HighWater"/>.</summary>
    public long ParkedEvents { get; init; }

    /// <summary>Parked events by stream, those included that are on their way to be.</summary>
    public IReadOnlyList<ParkedStreamStatus> Parked { get; init; } = [];

    /// <summary>Batches in flight.</summary>
    public required int InFlightBatches { get; init; }

    /// <summary>Events in flight.</summary>
    public required int InFlightEvents { get; init; }

    /// <summary>How many batches may be in flight.</summary>
    public required double Window { get; init; }

    /// <summary>The most the window may become: what the sink takes.</summary>
    public required int WindowMax { get; init; }

    /// <summary>Below this window size the window doubles with each round trip.</summary>
    public required double SlowStartThreshold { get; init; }

    /// <summary>The breaker.</summary>
    public required BreakerState Breaker { get; init; }

    /// <summary>Attempts since the start of the process, by verdict.</summary>
    public required IReadOnlyDictionary<VerdictKind, long> Attempts { get; init; }

    /// <summary>Smoothed round trip of successful attempts, in milliseconds.</summary>
    public required double RoundTripMs { get; init; }

    /// <summary>Age of the oldest event not settled, in seconds; 0 when there is none. Parked events do not count.</summary>
    public required double LagSeconds { get; init; }

    /// <summary>In how many seconds a lane that waits tries again; null where it does not wait.</summary>
    public double? NextTrySeconds { get; init; }

    /// <summary>Delivered and dead-lettered events per stream.</summary>
    public required IReadOnlyList<StreamAccount> Streams { get; init; }
}
