using System.Threading.Channels;

namespace Ingest.Sinks.Files;

/// <summary>
/// A thread for work that blocks on the disk, so that it never holds a thread requests are answered on. One piece of work after another.
/// </summary>
internal sealed class WorkThread : IDisposable
{
    // One attempt and one rewind or opening; more would mean that callers do not wait for each other.
    private const int WaitingMax = 8;

    private readonly Channel<Action> _work = Channel.CreateBounded<Action>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private readonly Thread _thread;

    internal WorkThread(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Does <paramref name="work"/> on the thread; its exception is the task's.</summary>
    internal async ValueTask<T> DoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.Writer.WriteAsync(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return await done.Task;
    }

    /// <summary>Finishes what was begun and ends the thread.</summary>
    public void Dispose()
    {
        _work.Writer.TryComplete();
        _thread.Join();
    }

    private void Run()
    {
        while (_work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_work.Reader.TryRead(out var work))
            {
                work();
            }
        }
    }
}
