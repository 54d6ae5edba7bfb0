namespace Ingest.Queue;

/// <summary>Bounds what waits, in items and bytes, and lets refused requests wait a while for room.</summary>
internal sealed class QueueRoom(int itemsMax, long bytesMax)
{
    private readonly Lock _lock = new();
    private long _items;
    private long _bytes;
    private int _waiting;
    private TaskCompletionSource _freed = NewSignal();

    internal long Items => Interlocked.Read(ref _items);

    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Takes room for one batch. A batch larger than the whole queue may enter when the queue is empty.</summary>
    internal bool TryTake(int bytes)
    {
        if (Interlocked.Increment(ref _items) <= itemsMax)
        {
            var total = Interlocked.Add(ref _bytes, bytes);
            if (total <= bytesMax || total == bytes)
            {
                return true;
            }
            Interlocked.Add(ref _bytes, -bytes);
        }
        Interlocked.Decrement(ref _items);
        return false;
    }

    /// <summary>Commit loop: gives room back and tells those who wait.</summary>
    internal void Release(int items, long bytes)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Add(ref _items, -items);
        if (Volatile.Read(ref _waiting) > 0)
        {
            Signal();
        }
    }

    /// <summary>Waits until there may be room again.</summary>
    /// <returns>False when <paramref name="deadline"/> passed first.</returns>
    internal async ValueTask<bool> WaitAsync(int bytes, TimeSpan deadline, TimeProvider time, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        Interlocked.Increment(ref _waiting);
        try
        {
            while (true)
            {
                Task freed;
                lock (_lock)
                {
                    freed = _freed.Task;
                }
                if (TryTake(bytes))
                {
                    return true;
                }
                var left = deadline - time.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }
                await freed.WaitAsync(left, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        TaskCompletionSource freed;
        lock (_lock)
        {
            freed = _freed;
            _freed = NewSignal();
        }
        freed.TrySetResult();
    }
}
