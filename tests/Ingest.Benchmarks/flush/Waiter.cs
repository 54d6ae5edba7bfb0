using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Ingest.Benchmarks;

/// <summary>The pooled task of one request; it goes on on the thread that completes it.</summary>
internal sealed class Waiter : IValueTaskSource
{
    private static readonly ConcurrentBag<Waiter> Pool = [];

    private ManualResetValueTaskSourceCore<bool> _core;

    internal static Waiter Rent() => Pool.TryTake(out var waiter) ? waiter : new Waiter();

    internal ValueTask WaitAsync() => new(this, _core.Version);

    internal void Complete() => _core.SetResult(true);

    /// <inheritdoc/>
    public void GetResult(short token)
    {
        _core.GetResult(token);
        _core.Reset();
        Pool.Add(this);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
