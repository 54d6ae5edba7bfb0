namespace Ingest.Drain;

/// <summary>How far a drain has come. The order is the order of the sequence.</summary>
public enum DrainPhase
{
    /// <summary>No drain: events are accepted and delivered.</summary>
    Serving,

    /// <summary>Not ready, but still accepting: load balancers have time to notice.</summary>
    BalancerDelay,

    /// <summary>Intake refuses from here on.</summary>
    Refusing,

    /// <summary>Requests that were let in before are finished.</summary>
    Finishing,

    /// <summary>The queue is closed and its last group is committed.</summary>
    Committing,

    /// <summary>Lanes deliver what is in the log.</summary>
    Delivering,

    /// <summary>Lanes are stopped, cursors and the clean-shutdown mark are saved.</summary>
    Saving,

    /// <summary>Done. What was not delivered stays in the log.</summary>
    Drained,

    /// <summary>A drain is being taken back, step by step.</summary>
    Resuming,
}
