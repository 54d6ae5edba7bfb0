using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http;

/// <summary>
/// Splits events into requests, in order. Where answers judge single events, no request has two events of one key, and none has an event
/// whose key has an earlier one that is still to be delivered: nothing overtakes. Keys are told apart by a hash; a collision costs a
/// request more. Pure; one batch.
/// </summary>
/// <param name="batch">The batch.</param>
/// <param name="indexes">Indexes of it, in order.</param>
/// <param name="eventsMax">Most events of a request.</param>
/// <param name="oncePerKey">Whether keys are looked at.</param>
internal sealed class KeyRounds(EventBatch batch, List<int> indexes, int eventsMax, bool oncePerKey)
{
    private readonly HashSet<ulong> _held = [];
    private List<int> _left = indexes;

    /// <summary>The events of the next request; empty when there is none.</summary>
    internal List<int> Next()
    {
        if (!oncePerKey && _left.Count <= eventsMax)
        {
            var all = _left;
            _left = [];
            return all;
        }
        var (round, later, keys) = (new List<int>(), new List<int>(), new HashSet<ulong>());
        foreach (var index in _left)
        {
            var key = oncePerKey ? KeyOf(index) : 0;
            if (key != 0 && _held.Contains(key))
            {
                continue;
            }
            (round.Count < eventsMax && (key == 0 || keys.Add(key)) ? round : later).Add(index);
        }
        _left = later;
        return round;
    }

    /// <summary>Takes note of an event that is still to be delivered: later ones of its key are in no further request.</summary>
    internal void Hold(int index)
    {
        if (oncePerKey && KeyOf(index) is var key and not 0)
        {
            _held.Add(key);
        }
    }

    private ulong KeyOf(int index) => NameHash.Of(batch[index].Key);
}
