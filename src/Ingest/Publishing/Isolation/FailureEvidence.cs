using Ingest.Publishing.Scheduling;

namespace Ingest.Publishing.Isolation;

/// <summary>
/// Tells the failure of a batch from that of the sink. Pure; lane loop only.
/// </summary>
/// <remarks>
/// A batch is to blame when it failed, another one sent after that was delivered, and it failed again when it was sent after that: a sink
/// that was down as a whole and is back blames nothing. The same holds when a sink says that a stream, key or event is the reason, and
/// delivers others of the same attempt. While nothing is delivered the sink is to blame, and events are sent apart or elsewhere only as
/// often as a sink that is down bears: <see cref="SplitsMax"/> splits, and one batch never tried before a second.
/// </remarks>
internal sealed class FailureEvidence
{
    /// <summary>
    /// Splits of failed batches since something was delivered: enough for each halving of the largest batch.
    /// </summary>
    internal const int SplitsMax = 16;

    private static readonly TimeSpan SeekInterval = TimeSpan.FromSeconds(1);

    private readonly HashSet<long> _failed = [];
    private int _splits;

    /// <summary>The highest dispatch number of an attempt that delivered something.</summary>
    internal long DeliveredAt { get; private set; }

    /// <summary>Everything that failed since the last success belongs to one batch: it alone may be to blame.</summary>
    internal bool IsLone => _failed.Count == 1;

    /// <summary>When something that was never tried may go although the lane waits; zero: at once.</summary>
    internal TimeSpan SeekDue { get; private set; }

    /// <summary>An attempt delivered something.</summary>
    /// <param name="number">Its dispatch number.</param>
    internal void Delivered(long number)
    {
        DeliveredAt = Math.Max(DeliveredAt, number);
        _failed.Clear();
        _splits = 0;
        SeekDue = TimeSpan.Zero;
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

    /// <summary>Something that was never tried was looked for although the lane waits.</summary>
    internal void Sought(TimeSpan now) => SeekDue = now + SeekInterval;

    /// <summary>Whether another batch was delivered between this one's first failure and its last attempt.</summary>
    internal static bool Blames(BatchDelivery delivery) => delivery.IsBlamed || delivery.DeliveredBefore > delivery.FirstFailedAt;

    /// <summary>Whether another batch was delivered since this one failed first, before or after its last attempt.</summary>
    internal bool IsTakenMeanwhile(BatchDelivery delivery) => DeliveredAt > delivery.FirstFailedAt;

    /// <summary>Whether a failed batch may be split once more to find out.</summary>
    internal bool TakeSplit() => _splits++ < SplitsMax;
}
