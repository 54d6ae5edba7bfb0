using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ingest;

/// <summary>
/// Runs an async method that returns a <see cref="Task"/> and, where it waits, keeps what it remembers in a <see cref="PooledCall"/>: a
/// call that waits allocates its task (72 bytes) and nothing else, however many wait at once. For methods that each request goes through.
/// </summary>
internal struct PooledTaskMethodBuilder
{
    private AsyncTaskMethodBuilder _task;
    private PooledCall? _call;

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
        if (_call is not { } call)
        {
            _task.SetResult();
            return;
        }
        // This builder is part of what the call remembers, and empty once that is given back.
        var task = _task;
        call.Return();
        task.SetResult();
    }

    public void SetException(Exception exception)
    {
        if (_call is not { } call)
        {
            _task.SetException(exception);
            return;
        }
        var task = _task;
        call.Return();
        task.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(Wait(ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Wait(ref stateMachine));

    private Action Wait<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        // Made before the state is first copied, of which this builder is a part: the copy completes the task that the caller is given.
        _ = _task.Task;
        return PooledCall<TStateMachine>.Wait(ref _call, ref stateMachine);
    }
}
