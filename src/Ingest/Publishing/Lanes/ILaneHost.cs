using System.Collections.Concurrent;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Window;

namespace Ingest.Publishing.Lanes;

/// <summary>What a session uses of its lane: what outlives the session, and what other threads ask for.</summary>
internal interface ILaneHost
{
    /// <summary>The lane's clock, monotonic.</summary>
    TimeSpan Now { get; }

    /// <summary>Wakes the lane's loop.</summary>
    AsyncSignal Signal { get; }

    /// <summary>What operators ask for.</summary>
    ConcurrentQueue<LaneCommand> Commands { get; }

    LaneBackoff Backoff { get; }

    SinkConnection Connection { get; }

    AimdWindow Window { get; }

    SinkCaller Caller { get; }

    /// <summary>Waits are short: there is a deadline.</summary>
    bool IsDraining { get; }

    /// <summary>True once after a drain began.</summary>
    bool TakeDrainBegun();

    /// <summary>Asks to be woken by the next commit. Look at the log once more afterwards: a commit may have been faster.</summary>
    void WatchLog();

    /// <summary>Shows other threads how the lane is.</summary>
    void Publish(in LaneGauges gauges);

    /// <summary>Everything durable is settled and saved.</summary>
    void ReportEmpty();
}
