using System.Threading.Tasks.Sources;

namespace Ingest;

/// <summary>
/// Wakes one waiting loop. Setting it is cheap while it is set already, and never runs the loop on the setter's thread; waiting
/// allocates nothing.
/// </summary>
/// <remarks>
/// One waiter, any number of setters. States: none → waiting → set → none. A setter changes what the loop looks at first and sets
/// the signal then; the loop takes the signal first and looks then. So no change is missed.
/// </remarks>
internal sealed class AsyncSignal : IValueTaskSource
{
    private const int None = 0;
    private const int IsSet = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _wait = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Wakes the waiter, or lets its next wait end at once. Any thread.</summary>
    public void Set()
    {
        // What the setter changed must be visible before it believes that the signal stands: the waiter may be taking it just now.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _state) != IsSet && Interlocked.Exchange(ref _state, IsSet) == Waiting)
        {
            _wait.SetResult(true);
        }
    }

    /// <summary>Ends when the signal is set, and takes it. Await at once and once.</summary>
    public ValueTask WaitAsync()
    {
        _wait.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, None) == None)
        {
            return new ValueTask(this, _wait.Version);
        }
        Interlocked.Exchange(ref _state, None);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token)
    {
        _wait.GetResult(token);
        Interlocked.Exchange(ref _state, None);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
