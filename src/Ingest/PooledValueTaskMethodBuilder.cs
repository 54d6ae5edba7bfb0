using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ingest;

/// <summary>
/// Runs an async method that returns a <see cref="ValueTask"/>, awaited once, and, where it waits, keeps what it remembers in a
/// <see cref="PooledCall"/>: a call that waits allocates nothing, however many wait at once. For methods that each request goes through.
/// </summary>
internal struct PooledValueTaskMethodBuilder
{
    private PooledCall? _call;
    private Exception? _failure;

    /// <summary>What the caller gets.</summary>
    public readonly ValueTask Task => _call is { } call ? call.AsTask()
        : _failure is { } failure ? ValueTask.FromException(failure)
        : default;

    public static PooledValueTaskMethodBuilder Create() => default;

    [SuppressMessage("Performance", "CA1822", Justification = "The compiler calls it on the builder.")]
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => AsyncValueTaskMethodBuilder.Create().Start(ref stateMachine);

    [SuppressMessage("Performance", "CA1822", Justification = "The compiler asks each builder for one, and it is no static member.")]
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    // Of a call that never waited nothing is awaited: its end is in this builder.
    public readonly void SetResult() => _call?.End();

    public void SetException(Exception exception)
    {
        if (_call is { } call)
        {
            call.Fail(exception);
        }
        else
        {
            _failure = exception;
        }
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(PooledCall<TStateMachine>.Wait(ref _call, ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(PooledCall<TStateMachine>.Wait(ref _call, ref stateMachine));
}
