using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ingest;

/// <summary>
/// Runs an async method that returns a <see cref="Task"/> and, where it waits, keeps what it remembers in an object of a pool: a call that
/// waits allocates its task (72 bytes) and nothing else, however many calls wait at once. For methods that each request goes through. The
/// framework's own pooling builders keep one object a thread and one a processor, and allocate for every other call that waits meanwhile.
/// </summary>
/// <remarks>
/// The object belongs to one call, from its first wait until the method ends. The caller never holds it, only the task, which is not used
/// again. A method ends when every wait in it has resumed, so no awaiter still has the object's continuation by then.
/// </remarks>
internal struct PooledTaskMethodBuilder
{
    private AsyncTaskMethodBuilder _task;
    private Waiting? _waiting;

    /// <summary>What the caller gets.</summary>
    public Task Task => _task.Task;

    public static PooledTaskMethodBuilder Create() => default;

    public void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => _task.Start(ref stateMachine);

    [SuppressMessage("Performance", "CA1822", Justification = "The compiler asks each builder for one, and it is no static member.")]
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult()
    {
        if (_waiting is not { } waiting)
        {
            _task.SetResult();
            return;
        }
        // This builder is part of what the pooled object remembers, and empty once that is given back.
        var task = _task;
        waiting.Return();
        task.SetResult();
    }

    public void SetException(Exception exception)
    {
        if (_waiting is not { } waiting)
        {
            _task.SetException(exception);
            return;
        }
        var task = _task;
        waiting.Return();
        task.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(Wait(ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Wait(ref stateMachine));

    /// <summary>Keeps the method's state, and its context for this wait; returns what resumes it.</summary>
    private Action Wait<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_waiting is not Waiting<TStateMachine> waiting)
        {
            // Both before the state is copied, of which this builder is a part: the copy completes the task that the caller is given.
            _ = _task.Task;
            waiting = Waiting<TStateMachine>.Rent();
            _waiting = waiting;
            waiting.Take(stateMachine);
        }
        waiting.Context = ExecutionContext.Capture();
        return waiting.Resume;
    }

    private abstract class Waiting
    {
        internal abstract void Return();
    }

    private sealed class Waiting<TStateMachine> : Waiting
        where TStateMachine : IAsyncStateMachine
    {
        private const int PooledMax = 1024;

        private static readonly ConcurrentQueue<Waiting<TStateMachine>> Pool = new();
        private static readonly ContextCallback MoveNext = static state => ((Waiting<TStateMachine>)state!)._stateMachine!.MoveNext();
        private static int _pooled;

        private TStateMachine? _stateMachine;

        private Waiting() => Resume = ResumeInContext;

        /// <summary>The context of the method at its wait; null where it is not to be carried on.</summary>
        internal ExecutionContext? Context { get; set; }

        internal Action Resume { get; }

        internal static Waiting<TStateMachine> Rent()
        {
            if (!Pool.TryDequeue(out var waiting))
            {
                return new Waiting<TStateMachine>();
            }
            Interlocked.Decrement(ref _pooled);
            return waiting;
        }

        internal void Take(TStateMachine stateMachine) => _stateMachine = stateMachine;

        internal override void Return()
        {
            (_stateMachine, Context) = (default, null);
            if (Interlocked.Increment(ref _pooled) <= PooledMax)
            {
                Pool.Enqueue(this);
            }
            else
            {
                Interlocked.Decrement(ref _pooled);
            }
        }

        private void ResumeInContext()
        {
            if (Context is { } context)
            {
                ExecutionContext.Run(context, MoveNext, this);
            }
            else
            {
                _stateMachine!.MoveNext();
            }
        }
    }
}
