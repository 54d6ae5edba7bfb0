namespace Ingest;

/// <summary>
/// Wakes one waiting loop when it is set, or after a time. Waiting allocates nothing and ends without an exception, so a loop that looks
/// ten times a second costs nothing to an idle node.
/// </summary>
internal sealed class TimedSignal : IDisposable
{
    private readonly AsyncSignal _signal = new();
    private readonly ITimer _timer;

    internal TimedSignal(TimeProvider time) => _timer = time.CreateTimer(
        static signal => ((AsyncSignal)signal!).Set(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Wakes the waiter, or lets its next wait end at once. Any thread.</summary>
    internal void Set() => _signal.Set();

    /// <summary>Ends when the signal is set or the time has passed. One waiter at a time.</summary>
    internal async ValueTask WaitAsync(TimeSpan atMost)
    {
        _timer.Change(atMost, Timeout.InfiniteTimeSpan);
        await _signal.WaitAsync();
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
