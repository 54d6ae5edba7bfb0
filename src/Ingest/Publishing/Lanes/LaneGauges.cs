using Ingest.Publishing.Breaker;

namespace Ingest.Publishing.Lanes;

/// <summary>What a lane's loop last published about itself, for other threads to read in one piece.</summary>
internal readonly record struct LaneGauges(
    LaneState State,
    string Reason,
    long Settled,
    int SettledAhead,
    int InFlightBatches,
    int InFlightEvents,
    double Window,
    double SlowStartThreshold,
    BreakerState Breaker,
    TimeSpan RoundTrip,
    long? OldestAcceptedUnixMs,
    TimeSpan? NextTry = null);
