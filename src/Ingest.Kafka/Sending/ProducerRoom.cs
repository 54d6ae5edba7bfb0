namespace Ingest.Kafka;

/// <summary>
/// What one producer holds and how much it may hold; and whether it still sends. The ledger knows producers by it. Only the sender whose
/// turn it
/// is takes room; reports free it on any thread.
/// </summary>
internal sealed class ProducerRoom(SendMode mode, long bytesMax, long eventsMax)
{
    // A sender that found no room starts again when this much of it is left: one wake-up for many messages.
    private const double LowMark = 0.75;

    private static readonly TimeSpan ClientLag = TimeSpan.FromMilliseconds(5);

    // Any thread, Interlocked.
    private long _bytes;
    private long _events;
    private long _delivered;
    private int _dead;
    private TaskCompletionSource? _waiter;

    /// <summary>How the producer sends.</summary>
    internal SendMode Mode => mode;

    /// <summary>Events it holds.</summary>
    internal long Events => Interlocked.Read(ref _events);

    /// <summary>Bytes of their payloads.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Events it has delivered.</summary>
    internal long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>True once the producer sends no more.</summary>
    internal bool IsDead => Volatile.Read(ref _dead) != 0;

    private bool IsBelowLowMark => Bytes <= bytesMax * LowMark && Events <= eventsMax * LowMark;

    /// <summary>Takes room if there is some. An event larger than all of it goes when nothing else is there.</summary>
    internal bool TryTake(int bytes)
    {
        var events = Interlocked.Increment(ref _events);
        var total = Interlocked.Add(ref _bytes, bytes);
        if (events == 1 || (events <= eventsMax && total <= bytesMax))
        {
            return true;
        }
        Free(bytes);
        return false;
    }

    /// <summary>Gives room back that was taken for nothing.</summary>
    internal void GiveBack(int bytes) => Free(bytes);

    /// <summary>An event is settled: its room is free.</summary>
    internal void Settle(int bytes, bool delivered)
    {
        if (delivered)
        {
            Interlocked.Increment(ref _delivered);
        }
        Free(bytes);
        if (Volatile.Read(ref _waiter) is not null && IsBelowLowMark)
        {
            Wake();
        }
    }

    /// <summary>
    /// Waits for a good part of the room to be free. False when the producer died or the attempt was interrupted meanwhile.
    /// </summary>
    internal async ValueTask<bool> WaitAsync(Task interrupted, CancellationToken cancel)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _waiter, waiter);
        if (IsBelowLowMark)
        {
            // The reports came before the signal stood, or the client, which counts a message a little longer than we do, had no room.
            await Task.Delay(ClientLag, TimeProvider.System, cancel);
        }
        else if (!IsDead)
        {
            await Task.WhenAny(waiter.Task, interrupted).WaitAsync(cancel);
        }
        return !IsDead && !interrupted.IsCompleted;
    }

    /// <summary>Marks that the producer sends no more.</summary>
    internal void Die()
    {
        Interlocked.Exchange(ref _dead, 1);
        Wake();
    }

    private void Free(int bytes)
    {
        Interlocked.Decrement(ref _events);
        Interlocked.Add(ref _bytes, -bytes);
    }

    private void Wake() => Interlocked.Exchange(ref _waiter, null)?.TrySetResult();
}
