namespace Ingest.Sinks.Contract;

/// <summary>Where a lane delivers to. One lane owns a sink.</summary>
public interface ISink : IAsyncDisposable
{
    /// <summary>What the sink can take at once.</summary>
    SinkTraits Traits { get; }

    /// <summary>
    /// Makes the sink ready to take batches: connects, or finds out how far it got. Called again after a <see cref="VerdictKind.Blocked"/>
    /// or a failure, so it must be repeatable. Downstream conditions are verdicts, not exceptions.
    /// </summary>
    ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel);

    /// <summary>
    /// Delivers a batch and says what became of each event. The batch stays the lane's and is valid until the returned task ends.
    /// An exception counts as <see cref="VerdictKind.Retryable"/> for the whole batch.
    /// </summary>
    ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel);
}
