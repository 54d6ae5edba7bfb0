namespace Ingest.Sinks.Contract;

/// <summary>What a sink can take.</summary>
public sealed record SinkTraits
{
    /// <summary>Most bytes of record bodies in a batch; a single larger event is sent alone. Default 1 MiB.</summary>
    public int BatchBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Most events in a batch. Default 10,000.</summary>
    public int BatchEventsMax { get; init; } = 10_000;

    /// <summary>
    /// Most events in a batch of parked events or of dead letters that are sent again; null: as many as in any other. Default: null.
    /// </summary>
    public int? OutOfTurnEventsMax { get; init; }

    /// <summary><see cref="OutOfTurnEventsMax"/> with its default.</summary>
    internal int EventsMaxOutOfTurn => Math.Min(OutOfTurnEventsMax ?? BatchEventsMax, BatchEventsMax);

    /// <summary>Most batches in flight at once. 1: strictly one after another.</summary>
    public int WindowMax { get; init; } = 1;

    /// <summary>
    /// True: the sink itself keeps the order of events with one key when several batches are in flight (an idempotent producer). False: the
    /// lane never has two batches in flight that share a key.
    /// <para>
    /// A sink that says true takes batches in the order of the calls, and after a verdict that leaves an event pending (congested,
    /// retryable, blocked) it delivers no later event of that key before the earlier one came again: it answers <see
    /// cref="VerdictKind.Retryable"/> for those. It has to, for the lane learns of a failure only after it has sent more, and how much
    /// more cannot be bounded. The lane's part: once it knows, it lets everything land, and sends what failed again, oldest first, each
    /// batch on its own, before anything new.
    /// </para>
    /// </summary>
    public bool KeepsKeyOrder { get; init; }

    /// <summary>
    /// False: the sink keeps a position and passes over every event up to it, so that an earlier one that never came would be taken for
    /// known. Dead letters are not sent to it: it has none of its own, but its lane may have had another sink before. Default true.
    /// </summary>
    public bool AcceptsOutOfOrder { get; init; } = true;

    /// <summary>
    /// How long an attempt may take; null: as <c>Publishing:AttemptTimeout</c> says. <see cref="Timeout.InfiniteTimeSpan"/> for a sink
    /// that keeps time itself and must not be told to give up a batch it may still deliver.
    /// </summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>
    /// Client library the sink rests on, with version and build, for operators. Default: empty, for a sink that rests on none.
    /// </summary>
    public string Client { get; init; } = "";
}
