namespace Ingest.Sinks.Contract;

/// <summary>The verdicts on a batch: one for all, or one per event.</summary>
/// <param name="Verdict">The verdict on every event that <paramref name="PerEvent"/> does not name.</param>
/// <param name="PerEvent">Null, or one verdict per event of the batch, in its order.</param>
public readonly record struct SinkResult(SinkVerdict Verdict, IReadOnlyList<SinkVerdict>? PerEvent = null)
{
    /// <summary>Everything was delivered.</summary>
    public static SinkResult Delivered { get; } = new(SinkVerdict.Delivered);

    /// <summary>The verdict on event <paramref name="index"/> of the batch.</summary>
    public SinkVerdict this[int index] => PerEvent is null ? Verdict : PerEvent[index];
}
