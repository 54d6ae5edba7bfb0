using Ingest.Queue.Totals;

namespace Ingest.Queue;

/// <summary>
/// What commits have come to since the process started, across every close and reopening of the queue. Written by the commit thread, of
/// which there is one at a time; read by any.
/// </summary>
internal sealed class CommitProgress(StreamTotals totals, Instruments instruments, TimeProvider time)
{
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Volatile: when the running commit began, 0 between commits.
    private long _started;
    private long _groups;

    /// <summary>Commit groups written, each with one flush.</summary>
    internal long Groups => Volatile.Read(ref _groups);

    /// <summary>How long the commit that runs now has been running; zero between commits.</summary>
    internal TimeSpan Running => Volatile.Read(ref _started) is var started and not 0 ? time.GetElapsedTime(started) : TimeSpan.Zero;

    /// <summary>Ends with the reason when the log takes nothing more.</summary>
    internal Task<string> Failed => _failed.Task;

    /// <summary>Called on the commit thread after each group. Must be quick.</summary>
    internal Action? AfterCommit { get; set; }

    internal long UnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    internal long Begin()
    {
        var started = time.GetTimestamp();
        Volatile.Write(ref _started, started);
        return started;
    }

    internal void End() => Volatile.Write(ref _started, 0);

    internal void Committed(long started, List<PendingCommit> group, long first, long last)
    {
        Volatile.Write(ref _groups, _groups + 1);
        totals.Add(group, last);
        instruments.FlushDuration.TryRecord(time.GetElapsedTime(started).TotalSeconds);
        instruments.GroupEvents.TryRecord(last - first + 1);
    }

    internal void Fail(string reason) => _failed.TrySetResult(reason);
}
