using System.Runtime.CompilerServices;

namespace Ingest.Operations.Prometheus;

/// <summary>
/// Finds the aggregate of a set of tags: without a lock and without allocating where the set was seen before, which is nearly always.
/// Bounded: sets beyond the maximum are counted together.
/// </summary>
/// <remarks>
/// Readers race with the one writer that holds the lock. This is sound because an entry is immutable and published by one volatile write;
/// because a slot once filled never changes; and because growing publishes a new array and leaves the old one as it was. A reader that
/// misses an entry just added takes the lock and finds it there.
/// </remarks>
internal sealed class SeriesTable(int seriesMax, Func<Aggregate> create)
{
    private readonly Lock _lock = new();

    // Under the lock: sets that differ only in order or type share an aggregate.
    private readonly Dictionary<string, Series> _byLabels = new(StringComparer.Ordinal);

    // Written under the lock, read by any thread with Volatile.
    private Entry?[] _slots = new Entry?[8];
    private Series? _untagged;
    private Series? _overflow;
    private bool _full;

    // Under the lock.
    private int _entries;

    /// <summary>All series, in the order of their labels.</summary>
    internal IReadOnlyList<Series> Series
    {
        get
        {
            lock (_lock)
            {
                var all = _byLabels.Values.ToList();
                all.Sort((left, right) => string.CompareOrdinal(left.Labels, right.Labels));
                return all;
            }
        }
    }

    /// <summary>The aggregate of these tags. Any thread.</summary>
    internal Aggregate Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0 && Volatile.Read(ref _untagged) is { } untagged)
        {
            return untagged.Aggregate;
        }
        var hash = Hash(tags);
        var slots = Volatile.Read(ref _slots);
        for (var slot = hash & (slots.Length - 1); Volatile.Read(ref slots[slot]) is { } entry; slot = (slot + 1) & (slots.Length - 1))
        {
            if (entry.Hash == hash && SameTags(entry.Tags, tags))
            {
                return entry.Series.Aggregate;
            }
        }
        return Volatile.Read(ref _full) ? _overflow!.Aggregate : Add(tags, hash);
    }

    private Aggregate Add(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        lock (_lock)
        {
            foreach (var entry in _slots)
            {
                if (entry is not null && entry.Hash == hash && SameTags(entry.Tags, tags))
                {
                    return entry.Series.Aggregate;
                }
            }
            if (_entries == seriesMax)
            {
                _overflow = SeriesNeedsLock(LabelText.Overflow);
                Volatile.Write(ref _full, true);
                return _overflow.Aggregate;
            }
            var series = SeriesNeedsLock(LabelText.Format(tags));
            _entries++;
            if (tags.Length == 0)
            {
                Volatile.Write(ref _untagged, series);
                return series.Aggregate;
            }
            if (_entries * 2 > _slots.Length)
            {
                GrowNeedsLock();
            }
            PlaceNeedsLock(_slots, new Entry(hash, tags.ToArray(), series));
            return series.Aggregate;
        }
    }

    private Series SeriesNeedsLock(string labels)
    {
        if (!_byLabels.TryGetValue(labels, out var series))
        {
            series = new Series(labels, create());
            _byLabels.Add(labels, series);
        }
        return series;
    }

    private void GrowNeedsLock()
    {
        var grown = new Entry?[_slots.Length * 2];
        foreach (var entry in _slots)
        {
            if (entry is not null)
            {
                PlaceNeedsLock(grown, entry);
            }
        }
        Volatile.Write(ref _slots, grown);
    }

    private static void PlaceNeedsLock(Entry?[] slots, Entry entry)
    {
        var slot = entry.Hash & (slots.Length - 1);
        while (slots[slot] is not null)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }
        Volatile.Write(ref slots[slot], entry);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Names are nearly always the same for an instrument: only values tell sets apart.
        var hash = (uint)tags.Length;
        foreach (ref readonly var tag in tags)
        {
            hash = ((hash << 5) | (hash >> 27)) ^ (uint)(tag.Value?.GetHashCode() ?? 0);
        }
        hash *= 0x9E3779B1;
        return (int)((hash ^ (hash >> 15)) & int.MaxValue);
    }

    private static bool SameTags(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }
        for (var i = 0; i < known.Length; i++)
        {
            if (!string.Equals(known[i].Key, tags[i].Key, StringComparison.Ordinal) || !Equals(known[i].Value, tags[i].Value))
            {
                return false;
            }
        }
        return true;
    }

    private sealed record Entry(int Hash, KeyValuePair<string, object?>[] Tags, Series Series);
}

/// <summary>One set of tags.</summary>
/// <param name="Labels">As they are written, without braces; empty for none.</param>
/// <param name="Aggregate">What their measurements add up to.</param>
internal sealed record Series(string Labels, Aggregate Aggregate);
