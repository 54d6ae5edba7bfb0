using Ingest.Publishing.Scheduling;

namespace Ingest.Publishing.Isolation;

/// <summary>
/// Tells the failure of a batch from that of the sink: a batch is to blame when it failed and another one, sent after that, was delivered.
/// While nothing is delivered the sink is to blame. Pure; lane loop only.
/// </summary>
internal sealed class FailureEvidence
{
    // Splits of failed batches since something was delivered. A large batch needs one for each halving; a sink that is down must not be
    // asked much more often for it.
    private const int SplitsMax = 16;

    private readonly HashSet<long> _failed = [];
    private long _deliveredAt;
    private int _splits;

    /// <summary>Everything that failed since the last success belongs to one batch: it alone may be to blame.</summary>
    internal bool IsLone => _failed.Count == 1;

    /// <summary>An attempt delivered something.</summary>
    /// <param name="number">Its dispatch number.</param>
    internal void Delivered(long number)
    {
        _deliveredAt = Math.Max(_deliveredAt, number);
        _failed.Clear();
        _splits = 0;
    }

    /// <summary>An attempt failed, and its events may be to blame.</summary>
    /// <param name="delivery">The batch.</param>
    /// <param name="lastDispatched">The last dispatch number given.</param>
    internal void Failed(BatchDelivery delivery, long lastDispatched)
    {
        delivery.FailedAttempts++;
        delivery.FirstFailedAt ??= lastDispatched;
        _failed.Add(delivery.Origin);
    }

    /// <summary>Whether another batch was sent after this one had failed, and was delivered.</summary>
    internal bool Blames(BatchDelivery delivery) => _deliveredAt > delivery.FirstFailedAt;

    /// <summary>Whether a failed batch may be split once more to find out.</summary>
    internal bool TakeSplit() => _splits++ < SplitsMax;
}
