namespace Ingest.Kafka;

/// <summary>
/// Events that the lane has still to send again, by key: no later event of the key may overtake them, whichever the lane sends first. Pure;
/// time is passed in, as time since any fixed start.
/// </summary>
internal sealed class HeldKeys(TimeSpan patience)
{
    /// <summary>
    /// How long later events of a key wait for an earlier one that the lane never sends again. Longer than any backoff or breaker pause.
    /// </summary>
    internal static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(2);

    private readonly Dictionary<ulong, Owed> _keys = [];

    // Written under the ledger's lock, read by any thread.
    private volatile bool _any;

    /// <summary>Whether anything is owed. Any thread may look; all else needs the ledger's lock.</summary>
    internal bool Any => _any;

    /// <summary>The lane has to send this event again.</summary>
    internal void Add(ulong key, long sequence)
    {
        if (key == KeyHash.None)
        {
            return;
        }
        if (!_keys.TryGetValue(key, out var owed))
        {
            _keys.Add(key, owed = new Owed());
        }
        owed.Sequences.Add(sequence);
        _any = true;
    }

    /// <summary>
    /// Whether the event may go now. Not while an earlier one of its key is owed; but when later events have been held back for
    /// longer than the patience, the earlier one is not going to be sent any more (it expired, or the lane was moved), and the key is free.
    /// </summary>
    internal bool MayGo(ulong key, long sequence, TimeSpan now)
    {
        if (key == KeyHash.None || !_keys.TryGetValue(key, out var owed))
        {
            return true;
        }
        if (owed.Sequences.Min >= sequence)
        {
            owed.Sequences.Remove(sequence);
            owed.HeldSince = null;
            if (owed.Sequences.Count == 0)
            {
                Free(key);
            }
            return true;
        }
        owed.HeldSince ??= now;
        if (now - owed.HeldSince > patience)
        {
            Free(key);
            return true;
        }
        owed.Sequences.Add(sequence);
        return false;
    }

    /// <summary>The event is not going to be sent again: it is there already.</summary>
    internal void Settle(ulong key, long sequence)
    {
        if (_keys.TryGetValue(key, out var owed) && owed.Sequences.Remove(sequence) && owed.Sequences.Count == 0)
        {
            Free(key);
        }
    }

    /// <summary>Nothing is owed any more.</summary>
    internal void Clear()
    {
        _keys.Clear();
        _any = false;
    }

    private void Free(ulong key)
    {
        _keys.Remove(key);
        _any = _keys.Count > 0;
    }

    private sealed class Owed
    {
        internal SortedSet<long> Sequences { get; } = [];

        internal TimeSpan? HeldSince { get; set; }
    }
}
