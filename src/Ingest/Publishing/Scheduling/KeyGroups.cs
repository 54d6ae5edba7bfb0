using System.Numerics;
using Ingest.Sinks.Contract;
using Ingest.Wal.Format;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// Puts batches together from events in log order. With one group, batches are consecutive. With several, keys are spread over the
/// groups and a batch is made of whole groups, so that batches without a group in common have no key in common and may fly at once. Lane
/// loop only.
/// </summary>
/// <remarks>
/// Each group gathers into a batch of its own. Groups with little are put together, so that a slow trickle does not become many small
/// batches; but a batch leaves groups over for the other flights the window has room for.
/// </remarks>
internal sealed class KeyGroups : IDisposable
{
    internal const int GroupsMax = 64;

    private readonly SinkTraits _traits;
    private readonly BatchPool _pool;
    private readonly EventBatch?[] _gathering;
    private readonly List<(long Sequence, int Group, int Index)> _merge = [];

    // Groups whose gathering batch holds an event with a key.
    private ulong _keyed;

    internal KeyGroups(SinkTraits traits, int groups, BatchPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groups, GroupsMax);
        (_traits, _pool, _gathering) = (traits, pool, new EventBatch?[groups]);
    }

    /// <summary>Events gathered.</summary>
    internal int Events { get; private set; }

    /// <summary>Bytes gathered.</summary>
    internal long Bytes { get; private set; }

    /// <summary>The group a key belongs to, as a bit; none for an event without a key.</summary>
    internal ulong GroupsOf(ReadOnlySpan<byte> key) => key.IsEmpty || _gathering.Length == 1 ? 0 : 1UL << IndexOf(key);

    /// <summary>Takes an event. False: its batch is full and has to go first.</summary>
    internal bool TryAdd(long sequence, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key)
    {
        var group = _gathering.Length == 1 ? 0 : key.IsEmpty ? Emptiest() : IndexOf(key);
        var batch = _gathering[group] ??= _pool.Rent();
        if (!Fits(batch, batch.Count, batch.Bytes, 1, body.Length))
        {
            return false;
        }
        batch.Add(sequence, body);
        Events++;
        Bytes += body.Length;
        if (_gathering.Length > 1 && !key.IsEmpty)
        {
            _keyed |= 1UL << group;
        }
        return true;
    }

    /// <summary>Takes a batch out, the oldest events first; null when there is none that may fly now.</summary>
    /// <param name="busy">Groups that are in flight or wait to be sent again.</param>
    /// <param name="flights">How many more batches the window has room for, this one included.</param>
    /// <param name="groups">The groups the batch has keys of.</param>
    internal EventBatch? Take(ulong busy, int flights, out ulong groups)
    {
        groups = 0;
        var free = 0UL;
        for (var group = 0; group < _gathering.Length; group++)
        {
            var bit = 1UL << group;
            if (_gathering[group] is { Count: > 0 } && (_keyed & busy & bit) == 0)
            {
                free |= bit;
            }
        }
        if (free == 0)
        {
            return null;
        }
        var share = (BitOperations.PopCount(free) + flights - 1) / Math.Max(flights, 1);
        var chosen = Choose(free, share);
        groups = chosen & _keyed;
        _keyed &= ~chosen;
        var batch = BitOperations.IsPow2(chosen) ? Detach(BitOperations.TrailingZeroCount(chosen)) : Merge(chosen);
        Events -= batch.Count;
        Bytes -= batch.Bytes;
        return batch;
    }

    /// <summary>Forgets everything gathered.</summary>
    internal void Clear()
    {
        for (var group = 0; group < _gathering.Length; group++)
        {
            if (_gathering[group] is not null)
            {
                _pool.Return(Detach(group));
            }
        }
        (Events, Bytes, _keyed) = (0, 0, 0);
    }

    public void Dispose() => Clear();

    // The group with the oldest event, and more of the oldest ones as long as they fit and others keep their share.
    private ulong Choose(ulong free, int share)
    {
        var chosen = 0UL;
        int events = 0, bytes = 0;
        for (; share > 0 && free != 0; share--)
        {
            var oldest = Oldest(free);
            var batch = _gathering[oldest]!;
            free &= ~(1UL << oldest);
            if (chosen != 0 && !Fits(batch, events, bytes, batch.Count, batch.Bytes))
            {
                break;
            }
            chosen |= 1UL << oldest;
            events += batch.Count;
            bytes += batch.Bytes;
        }
        return chosen;
    }

    private int Oldest(ulong groups)
    {
        var oldest = BitOperations.TrailingZeroCount(groups);
        for (var rest = groups; rest != 0; rest &= rest - 1)
        {
            var group = BitOperations.TrailingZeroCount(rest);
            oldest = _gathering[group]!.FirstSequence < _gathering[oldest]!.FirstSequence ? group : oldest;
        }
        return oldest;
    }

    private EventBatch Merge(ulong groups)
    {
        _merge.Clear();
        for (var rest = groups; rest != 0; rest &= rest - 1)
        {
            var group = BitOperations.TrailingZeroCount(rest);
            var batch = _gathering[group]!;
            for (var i = 0; i < batch.Count; i++)
            {
                _merge.Add((batch[i].Sequence, group, i));
            }
        }
        _merge.Sort();
        var merged = _pool.Rent();
        foreach (var (sequence, group, index) in _merge)
        {
            merged.Add(sequence, _gathering[group]![index].Body.Span);
        }
        for (var rest = groups; rest != 0; rest &= rest - 1)
        {
            _pool.Return(Detach(BitOperations.TrailingZeroCount(rest)));
        }
        return merged;
    }

    private EventBatch Detach(int group)
    {
        var batch = _gathering[group]!;
        _gathering[group] = null;
        return batch;
    }

    private int Emptiest()
    {
        var emptiest = 0;
        for (var group = 1; group < _gathering.Length; group++)
        {
            emptiest = (_gathering[group]?.Bytes ?? 0) < (_gathering[emptiest]?.Bytes ?? 0) ? group : emptiest;
        }
        return emptiest;
    }

    private bool Fits(EventBatch batch, int events, int bytes, int moreEvents, int moreBytes) =>
        batch.Count == 0 || (events + moreEvents <= _traits.BatchEventsMax && (long)bytes + moreBytes <= _traits.BatchBytesMax);

    private int IndexOf(ReadOnlySpan<byte> key) => (int)(Crc32C.Compute(key) % (uint)_gathering.Length);
}
