namespace Ingest.Publishing.Receipts;

/// <summary>
/// Waiters until a lane's settled position reaches an event. Without any, a position that moves costs one read. Any thread.
/// </summary>
internal sealed class SettledWaits
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(long Sequence, long Number), TaskCompletionSource> _waits = [];
    private long _number;

    // The lowest event waited for; Volatile outside the lock.
    private long _next = long.MaxValue;

    /// <summary>Ends when the position is at <paramref name="sequence"/> or behind it, or is cancelled.</summary>
    /// <param name="sequence">The event.</param>
    /// <param name="settled">Reads the position.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task WaitAsync(long sequence, Func<long> settled, CancellationToken cancel)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (long, long) place;
        lock (_lock)
        {
            place = (sequence, ++_number);
            _waits.Add(place, reached);
            Volatile.Write(ref _next, Math.Min(_next, sequence));
        }
        // A position that moved before this wait was noted was not compared with it.
        Interlocked.MemoryBarrier();
        Moved(settled());
        try
        {
            await reached.Task.WaitAsync(cancel);
        }
        finally
        {
            lock (_lock)
            {
                _waits.Remove(place);
                NoteNextNeedsLock();
            }
        }
    }

    /// <summary>The position was published.</summary>
    internal void Moved(long settled)
    {
        Interlocked.MemoryBarrier();
        if (settled < Volatile.Read(ref _next))
        {
            return;
        }
        lock (_lock)
        {
            while (_waits.Count > 0 && _waits.First() is var first && first.Key.Sequence <= settled)
            {
                _waits.Remove(first.Key);
                first.Value.TrySetResult();
            }
            NoteNextNeedsLock();
        }
    }

    private void NoteNextNeedsLock() => Volatile.Write(ref _next, _waits.Count == 0 ? long.MaxValue : _waits.First().Key.Sequence);
}
