namespace Ingest.Queue;

/// <summary>
/// Where the one commit thread sleeps while there is nothing to do. Waking it costs a signal only when it really sleeps.
/// </summary>
/// <remarks>
/// No wake-up is lost: the sleeper announces itself before it looks for work a last time, the waker makes work visible before it looks for
/// a sleeper, and both steps are full fences.
/// </remarks>
internal sealed class IdleSignal : IDisposable
{
    private readonly AutoResetEvent _signal = new(initialState: false);
    private int _parked;

    /// <summary>Commit thread only: sleeps unless <paramref name="hasWork"/> says otherwise.</summary>
    internal void Park(Func<bool> hasWork)
    {
        Interlocked.Exchange(ref _parked, 1);
        if (!hasWork())
        {
            _signal.WaitOne();
        }
        Interlocked.Exchange(ref _parked, 0);
    }

    /// <summary>Any thread, after making work visible.</summary>
    internal void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _parked) == 1 && Interlocked.Exchange(ref _parked, 0) == 1)
        {
            _signal.Set();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();
}
