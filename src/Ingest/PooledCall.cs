using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Ingest;

/// <summary>
/// What one call of an async method remembers from its first wait on, in an object of a pool that grows to as many calls as wait at once.
/// The framework's own pooling builders keep one object a thread and one a processor, and allocate for all others that wait meanwhile.
/// </summary>
/// <remarks>
/// The object belongs to one call until it is returned, once: with <see cref="PooledTaskMethodBuilder"/> when the method has ended, with
/// <see cref="PooledValueTaskMethodBuilder"/> when its caller has taken its end. A method ends when every wait in it has resumed, so no
/// awaiter still has the object's continuation by then.
/// </remarks>
internal abstract class PooledCall : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _end;

    /// <summary>For a caller that takes the end from this object. It awaits once.</summary>
    internal ValueTask AsTask() => new(this, _end.Version);

    /// <summary>Resumes the caller that awaits <see cref="AsTask"/>, on this thread.</summary>
    internal void End() => _end.SetResult(true);

    /// <summary>The same with what the method threw.</summary>
    internal void Fail(Exception exception) => _end.SetException(exception);

    /// <summary>Forgets the call, and gives the object back.</summary>
    internal abstract void Return();

    void IValueTaskSource.GetResult(short token)
    {
        // Throws where the end was taken before: then the object is another call's.
        if (_end.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The call has not ended.");
        }
        try
        {
            _end.GetResult(token);
        }
        finally
        {
            _end.Reset();
            Return();
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _end.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _end.OnCompleted(continuation, state, token, flags);
}

/// <summary>The same for one method.</summary>
/// <typeparam name="TStateMachine">The method, as the compiler has it.</typeparam>
internal sealed class PooledCall<TStateMachine> : PooledCall
    where TStateMachine : IAsyncStateMachine
{
    private const int PooledMax = 1024;

    private static readonly ConcurrentQueue<PooledCall<TStateMachine>> Pool = new();
    private static readonly ContextCallback MoveNext = static state => ((PooledCall<TStateMachine>)state!)._stateMachine!.MoveNext();
    private static int _pooled;

    private readonly Action _resume;
    private TStateMachine? _stateMachine;
    private ExecutionContext? _context;

    private PooledCall() => _resume = Resume;

    /// <summary>Keeps what the method remembers at its first wait, and its context at each; returns what resumes it.</summary>
    /// <param name="known">The call as the method's builder knows it: null before the first wait.</param>
    /// <param name="stateMachine">What the method remembers.</param>
    internal static Action Wait(ref PooledCall? known, ref TStateMachine stateMachine)
    {
        if (known is not PooledCall<TStateMachine> call)
        {
            call = Rent();
            // Before the copy, of which the builder is a part: the copy has to know its own object.
            known = call;
            call._stateMachine = stateMachine;
        }
        call._context = ExecutionContext.Capture();
        return call._resume;
    }

    internal override void Return()
    {
        (_stateMachine, _context) = (default, null);
        if (Interlocked.Increment(ref _pooled) <= PooledMax)
        {
            Pool.Enqueue(this);
        }
        else
        {
            Interlocked.Decrement(ref _pooled);
        }
    }

    private static PooledCall<TStateMachine> Rent()
    {
        if (!Pool.TryDequeue(out var call))
        {
            return new PooledCall<TStateMachine>();
        }
        Interlocked.Decrement(ref _pooled);
        return call;
    }

    private void Resume()
    {
        if (_context is { } context)
        {
            ExecutionContext.Run(context, MoveNext, this);
        }
        else
        {
            // No context is to flow.
            _stateMachine!.MoveNext();
        }
    }
}
