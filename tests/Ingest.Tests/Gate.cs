using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Ingest.Tests;

/// <summary>Waited for once at a time; resumes the waiter where it is opened, and allocates nothing.</summary>
internal sealed class Gate : IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _core;

    public int GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    internal ConfiguredValueTaskAwaitable<int> WaitAsync() => new ValueTask<int>(this, _core.Version).ConfigureAwait(false);

    internal void Open(int number) => _core.SetResult(number);
}
