using Ingest.Hosting.Settings;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Delivers the log of a node that is gone, without listening: <c>ingest drain --data DIR</c>. It takes the directory's lock, so two cannot
/// try at once, and it continues the cursors of lanes with the same names, so nothing delivered is delivered again.
/// </summary>
public static class OfflineDrain
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Delivers until all lanes are empty, the deadline has passed, or the caller cancels. The rest stays in the log.</summary>
    /// <param name="settings">Bound and checked; its data directory is the dead node's.</param>
    /// <param name="factories">One per kind of sink.</param>
    /// <param name="deadline">How long to try; <see cref="Timeout.InfiniteTimeSpan"/>: for ever.</param>
    /// <param name="progress">Shown the lanes from time to time.</param>
    /// <param name="loggers">For everyone's messages.</param>
    /// <param name="cancel">Stops in order, as the deadline does.</param>
    /// <exception cref="StorageException">There is no log, it is in use, or it cannot be opened; the message says which.</exception>
    public static async Task<DrainReport> RunAsync(
        NodeSettings settings,
        IReadOnlyList<ISinkFactory> factories,
        TimeSpan deadline,
        Action<IReadOnlyList<LaneStatus>> progress,
        ILoggerFactory loggers,
        CancellationToken cancel)
    {
        using var instruments = new Instruments();
        var parts = new NodeContext(settings, factories, instruments, TimeProvider.System, loggers);
        if (!Directory.Exists(parts.WalPath))
        {
            throw new StorageException(StorageFailure.NotFound, $"There is no log in {parts.WalPath}.");
        }
        await using var writing = NodeLog.Open(parts);
        await using var deadLetters = NodeDeadLetters.Open(parts, writing.Log.Id);
        var lanes = NodeLanes.Create(parts, writing.Log, deadLetters);
        try
        {
            lanes.Start();
            deadLetters.Start(() => lanes);
            var drained = lanes.DrainAsync(deadline, cancel);
            while (!drained.IsCompleted)
            {
                progress(lanes.Statuses);
                await Task.WhenAny(drained, Task.Delay(ProgressInterval, TimeProvider.System, CancellationToken.None));
            }
            return await drained;
        }
        finally
        {
            await lanes.DisposeAsync();
            await writing.Queue.CloseAsync();
            writing.MarkClean();
        }
    }
}
