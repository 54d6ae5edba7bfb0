namespace Ingest.Intake.Idempotency;

/// <summary>
/// Remembers the answers to requests that may be repeated, for a while and for so many of them. Any thread. What is remembered also lies in
/// the log, with the events, and comes back from there at the next start (<see cref="IdempotencyRecovery"/>).
/// </summary>
/// <param name="window">How long an answer is remembered.</param>
/// <param name="keysMax">How many are; the oldest goes first.</param>
/// <param name="time">The clock.</param>
internal sealed class IdempotencyWindow(TimeSpan window, int keysMax, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Entry> _entries = [];

    // Settled entries, oldest first, by when they were accepted.
    private readonly Queue<(UInt128 Identity, long Accepted)> _order = new();

    /// <summary>Whether answers are remembered at all.</summary>
    internal bool IsOn => window > TimeSpan.Zero && keysMax > 0;

    /// <summary>Whether what the log has is still being read: until then repeats cannot be told. Any thread.</summary>
    internal bool IsRecovering { get; set; }

    /// <summary>Requests remembered or in flight.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>
    /// The log must be kept from here on for the window to survive a restart; <see cref="long.MaxValue"/> when nothing need be kept.
    /// </summary>
    internal long KeepFrom
    {
        get
        {
            lock (_lock)
            {
                ForgetNeedsLock();
                return _order.TryPeek(out var oldest) ? _entries[oldest.Identity].First : long.MaxValue;
            }
        }
    }

    /// <summary>Asks whether the request is new. If so, the caller must call <see cref="Settle"/> or <see cref="Abandon"/>.</summary>
    internal IdempotencyClaim Claim(RequestMark mark)
    {
        lock (_lock)
        {
            ForgetNeedsLock();
            if (!_entries.TryGetValue(mark.Identity, out var entry))
            {
                _entries.Add(mark.Identity, new Entry { Fingerprint = mark.Fingerprint });
                return new IdempotencyClaim(ClaimOutcome.New);
            }
            if (mark.IsExact && entry.Fingerprint != mark.Fingerprint)
            {
                return new IdempotencyClaim(ClaimOutcome.Conflict);
            }
            if (entry.Count > 0)
            {
                return new IdempotencyClaim(ClaimOutcome.Replayed, entry.First, entry.Count);
            }
            entry.Settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new IdempotencyClaim(ClaimOutcome.InFlight, Settled: entry.Settled.Task);
        }
    }

    /// <summary>The events are durable: from here on the request is a repeat.</summary>
    internal void Settle(RequestMark mark, long first, int count)
    {
        lock (_lock)
        {
            var entry = _entries[mark.Identity];
            (entry.First, entry.Count) = (first, count);
            _order.Enqueue((mark.Identity, time.GetTimestamp()));
            ForgetNeedsLock();
            entry.Settled?.TrySetResult();
            entry.Settled = null;
        }
    }

    /// <summary>The events were not stored: who waits may try.</summary>
    internal void Abandon(RequestMark mark)
    {
        lock (_lock)
        {
            if (_entries.Remove(mark.Identity, out var entry))
            {
                entry.Settled?.TrySetResult();
            }
        }
    }

    /// <summary>Takes over what the log remembers. Oldest first; of a repeated one the first counts.</summary>
    internal void Restore(RequestMark mark, long first, int count, TimeSpan age)
    {
        if (!IsOn || age >= window)
        {
            return;
        }
        lock (_lock)
        {
            if (_entries.TryAdd(mark.Identity, new Entry { Fingerprint = mark.Fingerprint, First = first, Count = count }))
            {
                var ticks = (long)(Math.Max(age.TotalSeconds, 0) * time.TimestampFrequency);
                _order.Enqueue((mark.Identity, time.GetTimestamp() - ticks));
                ForgetNeedsLock();
            }
        }
    }

    private void ForgetNeedsLock()
    {
        while (_order.TryPeek(out var oldest) && (_order.Count > keysMax || time.GetElapsedTime(oldest.Accepted) >= window))
        {
            _order.Dequeue();
            _entries.Remove(oldest.Identity);
        }
    }

    /// <summary>Under the lock. In flight while the count is 0.</summary>
    private sealed class Entry
    {
        internal UInt128 Fingerprint { get; init; }

        internal long First { get; set; }

        internal int Count { get; set; }

        internal TaskCompletionSource? Settled { get; set; }
    }
}
