using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Isolation;

/// <summary>How a batch that failed is sent apart. Pure.</summary>
internal static class BatchSplit
{
    /// <summary>
    /// The events of the first one's stream, or the first half where all are of one stream, and the rest. Events of one key stay together, so
    /// that either part may go before the other; where that leaves no rest, there is none.
    /// </summary>
    /// <param name="batch">At least one event.</param>
    /// <param name="ofStreamOnly">A stream's events are not sent apart, and keys are the streams' own.</param>
    internal static (List<int> First, List<int> Others) Of(EventBatch batch, bool ofStreamOnly)
    {
        var byStream = Part(batch, index => batch[index].Stream.SequenceEqual(batch[0].Stream), withKeys: !ofStreamOnly);
        return byStream.Others.Count > 0 || ofStreamOnly ? byStream
            : Part(batch, index => index < (batch.Count + 1) / 2, withKeys: true);
    }

    private static (List<int> First, List<int> Others) Part(EventBatch batch, Func<int, bool> isFirst, bool withKeys)
    {
        var keys = new HashSet<ulong>();
        for (var i = 0; withKeys && i < batch.Count; i++)
        {
            if (isFirst(i))
            {
                keys.Add(ParkedEvents.HashOf(batch[i].Key));
            }
        }
        keys.Remove(0);
        var (first, rest) = (new List<int>(), new List<int>());
        for (var i = 0; i < batch.Count; i++)
        {
            (isFirst(i) || keys.Contains(ParkedEvents.HashOf(batch[i].Key)) ? first : rest).Add(i);
        }
        return (first, rest);
    }
}
