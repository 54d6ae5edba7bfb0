using System.Collections.Concurrent;
using System.Reflection;

namespace Ingest.Simulation.Node;

/// <summary>
/// The thread pool of this process without its threads: they are kept busy for good, and what is queued to them, by <c>Task.Run</c>, by
/// continuations and by the runtime itself, is taken out and run by the simulation, in the order its seed decides.
/// </summary>
/// <remarks>
/// It looks into the runtime, whose queue has no public door. Where that changed, seizing it fails and says so; nothing is simulated
/// wrongly then. It is for a process of its own: whatever else needs the pool would stand still.
/// </remarks>
internal sealed class SeizedThreadPool
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<object> _items;
    private readonly Action<Task, Thread> _run;

    private SeizedThreadPool()
    {
        var pool = typeof(ThreadPool).GetField("s_workQueue", Hidden)?.GetValue(null);
        _items = pool?.GetType().GetField("workItems", Hidden)?.GetValue(pool) as ConcurrentQueue<object>
            ?? throw new NotSupportedException("The runtime's thread pool keeps its work elsewhere.");
        _run = typeof(Task).GetMethod("ExecuteFromThreadPool", Hidden)?.CreateDelegate<Action<Task, Thread>>()
            ?? throw new NotSupportedException("The runtime's thread pool runs tasks in another way.");
    }

    /// <summary>Takes the pool over, for as long as the process lives. Called first of all.</summary>
    /// <exception cref="NotSupportedException">This runtime does not let itself be taken over.</exception>
    internal static SeizedThreadPool Seize()
    {
        var seized = new SeizedThreadPool();
        if (!ThreadPool.SetMinThreads(1, 1) || !ThreadPool.SetMaxThreads(1, 1))
        {
            throw new NotSupportedException("The thread pool does not take a bound of one thread.");
        }
        using var begun = new ManualResetEventSlim();
        ThreadPool.UnsafeQueueUserWorkItem(
            static begun =>
            {
                begun.Set();
                // For as long as the process lives.
                using var never = new ManualResetEventSlim();
                never.Wait();
            },
            begun,
            preferLocal: false);
        if (!begun.Wait(Patience))
        {
            throw new NotSupportedException("The thread pool has no thread to keep busy.");
        }
        seized.Probe();
        return seized;
    }

    /// <summary>Takes what was queued first; null: nothing is queued.</summary>
    internal object? Take() => _items.TryDequeue(out var item) ? item : null;

    /// <summary>Runs an item here and now, as the pool would.</summary>
    internal void Run(object item)
    {
        if (item is Task task)
        {
            _run(task, Thread.CurrentThread);
        }
        else
        {
            ((IThreadPoolWorkItem)item).Execute();
        }
    }

    // Each kind of work that comes, once: none may get past.
    private void Probe()
    {
        var ran = 0;
        _ = Task.Run(() => ran++);
        _ = YieldAsync();
        ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);
        var taken = 0;
        while (Take() is { } item)
        {
            Run(item);
            taken++;
        }
        if (ran != 2 || taken != 3)
        {
            throw new NotSupportedException($"Of 3 items queued to the thread pool {taken} were seen and {ran} of 2 did their work.");
        }

        async Task YieldAsync()
        {
            await Task.Yield();
            ran++;
        }
    }
}
