namespace Ingest.Operations.Debug;

/// <summary>The thread pool.</summary>
internal sealed record ThreadView
{
    /// <summary>Threads of the process, the pool's and others.</summary>
    public required int Process { get; init; }

    /// <summary>Threads of the pool.</summary>
    public required int Pool { get; init; }

    /// <summary>Work that waits for one. More than a moment of it: something blocks the pool's threads.</summary>
    public required long Queued { get; init; }

    /// <summary>Work done since the start.</summary>
    public required long Completed { get; init; }

    /// <summary>Threads the pool makes without hesitation.</summary>
    public required int WorkersMin { get; init; }

    /// <summary>Threads the pool makes at most.</summary>
    public required int WorkersMax { get; init; }

    /// <summary>Threads that may still be made.</summary>
    public required int WorkersAvailable { get; init; }

    /// <summary>Timers that are set.</summary>
    public required long Timers { get; init; }

    /// <summary>How often a lock was waited for since the start.</summary>
    public required long LockContentions { get; init; }

    internal static ThreadView Read()
    {
        ThreadPool.GetMinThreads(out var min, out _);
        ThreadPool.GetMaxThreads(out var max, out _);
        ThreadPool.GetAvailableThreads(out var available, out _);
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return new ThreadView
        {
            Process = process.Threads.Count,
            Pool = ThreadPool.ThreadCount,
            Queued = ThreadPool.PendingWorkItemCount,
            Completed = ThreadPool.CompletedWorkItemCount,
            WorkersMin = min,
            WorkersMax = max,
            WorkersAvailable = available,
            Timers = Timer.ActiveCount,
            LockContentions = Monitor.LockContentionCount,
        };
    }
}
