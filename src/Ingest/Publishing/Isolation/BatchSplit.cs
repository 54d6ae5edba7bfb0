using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Isolation;

/// <summary>A batch in two parts.</summary>
/// <param name="First">Indexes of the first part; at least one.</param>
/// <param name="Others">Indexes of the other part; none where the batch is not sent apart.</param>
/// <param name="IsOrdered">The other part has a key of the first one, or its stream, and goes after it.</param>
internal readonly record struct SplitParts(List<int> First, List<int> Others, bool IsOrdered);

/// <summary>
/// How a batch that failed is sent apart, by the widest thing that may be to blame: by streams where there are several, then by keys, and
/// the events of one key one half after the other. Pure.
/// </summary>
/// <remarks>
/// Events of one key stay together as long as there are others, so that either part may go before the other. Each split leaves at most half
/// of the streams, keys or events on either side, so that a single bad event among n is found with about log2(n) splits.
/// </remarks>
internal static class BatchSplit
{
    /// <param name="batch">At least one event.</param>
    /// <param name="byStreamOnly">Streams are to blame as a whole: a stream's events are not sent apart.</param>
    /// <param name="keepsStreams">The sink keeps a position per stream: a stream's events go in order.</param>
    internal static SplitParts Of(EventBatch batch, bool byStreamOnly, bool keepsStreams)
    {
        var streams = Halves(batch, index => Hash(batch[index].Stream), withKeysOf: keepsStreams ? null : batch);
        if (streams.Others.Count > 0 || byStreamOnly)
        {
            return streams;
        }
        if (!keepsStreams)
        {
            // An event without a key is one of its own.
            var keys = Halves(batch, index => Name(batch, index), withKeysOf: null);
            if (keys.Others.Count > 0)
            {
                return keys;
            }
        }
        var half = (batch.Count + 1) / 2;
        return new SplitParts(
            [.. Enumerable.Range(0, half)], [.. Enumerable.Range(half, batch.Count - half)], IsOrdered: batch.Count > 1);
    }

    // The first half of the names there are, in the order they come. With keys: what shares one with the first part joins it.
    private static SplitParts Halves(EventBatch batch, Func<int, (bool HasName, ulong Value)> nameOf, EventBatch? withKeysOf)
    {
        var order = new Dictionary<(bool, ulong), int>();
        for (var i = 0; i < batch.Count; i++)
        {
            order.TryAdd(nameOf(i), order.Count);
        }
        var isFirst = new bool[batch.Count];
        var keys = new HashSet<ulong>();
        for (var i = 0; i < batch.Count; i++)
        {
            isFirst[i] = order[nameOf(i)] < (order.Count + 1) / 2;
            if (isFirst[i] && withKeysOf is not null)
            {
                keys.Add(NameHash.Of(batch[i].Key));
            }
        }
        keys.Remove(0);
        var (first, others) = (new List<int>(), new List<int>());
        for (var i = 0; i < batch.Count; i++)
        {
            (isFirst[i] || keys.Contains(NameHash.Of(batch[i].Key)) ? first : others).Add(i);
        }
        return new SplitParts(first, others, IsOrdered: false);
    }

    private static (bool HasName, ulong Value) Hash(ReadOnlySpan<byte> name) => (true, NameHash.Of(name));

    private static (bool HasName, ulong Value) Name(EventBatch batch, int index) =>
        batch[index].Key is { IsEmpty: false } key ? (true, NameHash.Of(key)) : (false, (ulong)index);
}
