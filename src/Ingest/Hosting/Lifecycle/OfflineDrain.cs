using Ingest.DeadLetters;
using Ingest.Hosting.Settings;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Delivers the log of a node that is gone, without listening: <c>ingest drain --data DIR</c>. It takes the directory's lock, so two cannot
/// try at once, and it continues the cursors of lanes with the same names, so nothing delivered is delivered again.
/// </summary>
/// <remarks>
/// Every cursor in the directory is a lane that was promised the events behind it, whether or not a sink of its name is configured
/// here. The log counts as empty only when none of them is owed anything, for then the directory may be deleted.
/// </remarks>
public static class OfflineDrain
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Delivers until nothing is owed, the deadline has passed, or the caller cancels. The rest stays in the log.</summary>
    /// <param name="settings">Bound and checked; its data directory is the dead node's.</param>
    /// <param name="factories">One per kind of sink.</param>
    /// <param name="only">Lanes to deliver and to judge by; empty: all there are.</param>
    /// <param name="deadline">How long to try; <see cref="Timeout.InfiniteTimeSpan"/>: for ever.</param>
    /// <param name="progress">Shown the lanes from time to time.</param>
    /// <param name="loggers">For everyone's messages.</param>
    /// <param name="cancel">Stops in order, as the deadline does.</param>
    /// <exception cref="SettingsException">A lane of <paramref name="only"/> has no sink here.</exception>
    /// <exception cref="StorageException">There is no log, it is in use, or it cannot be opened; the message says which.</exception>
    public static async Task<OfflineDrainReport> RunAsync(
        NodeSettings settings,
        IReadOnlyList<ISinkFactory> factories,
        IReadOnlyList<string> only,
        TimeSpan deadline,
        Action<IReadOnlyList<LaneStatus>> progress,
        ILoggerFactory loggers,
        CancellationToken cancel)
    {
        using var instruments = new Instruments();
        var parts = new NodeContext(settings, factories, instruments, TimeProvider.System, loggers);
        ThrowUnlessDelivered(settings, only);
        if (!Directory.Exists(parts.WalPath))
        {
            throw new StorageException(StorageFailure.NotFound, $"There is no log in {parts.WalPath}.");
        }
        await using var writing = NodeLog.Open(parts);
        await using var deadLetters = NodeDeadLetters.Open(parts, writing.Log, projection: null);
        var lanes = NodeLanes.Create(parts, writing.Log, deadLetters, only);
        try
        {
            lanes.Start();
            deadLetters.Start(lanes);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            ending.CancelAfter(deadline);
            await DeliverAsync(lanes, deadLetters, progress, ending.Token);
        }
        finally
        {
            await lanes.DisposeAsync();
            await writing.Queue.CloseAsync();
            writing.MarkClean();
        }
        return Report(writing.Log, lanes, deadLetters, only);
    }

    private static async Task DeliverAsync(
        LaneSet lanes, DeadLetterStore deadLetters, Action<IReadOnlyList<LaneStatus>> progress, CancellationToken ending)
    {
        var drained = lanes.DrainAsync(Timeout.InfiniteTimeSpan, ending);
        while (!ending.IsCancellationRequested && !(drained.IsCompleted && NothingComesBack(lanes, deadLetters)))
        {
            progress(lanes.Statuses);
            await Task.Delay(ProgressInterval, TimeProvider.System, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await drained;
    }

    // Letters whose requeue was asked for before the node died go to their lanes now, as in a running node.
    private static bool NothingComesBack(LaneSet lanes, DeadLetterStore deadLetters)
    {
        var status = deadLetters.Status;
        return !status.IsRebuilding
            && status.Lanes.All(lane => lane.Requeued == 0 || !lanes.TakesRequeues(lane.Lane))
            && status.Publication is not { PendingEvents: > 0 };
    }

    private static OfflineDrainReport Report(
        WriteAheadLog log, LaneSet lanes, DeadLetterStore deadLetters, IReadOnlyList<string> only)
    {
        var letters = deadLetters.Status;
        var owed = lanes.Statuses.Where(lane => lane.PendingEvents > 0)
            .Select(lane => new OwedEvents(lane.Name, lane.PendingEvents, Because(lane)))
            .Concat(lanes.Orphans.Select(orphan => OfOrphan(log, orphan)).Where(debt => debt.Events > 0))
            .Concat(letters.Lanes.Where(lane => lane.Requeued > 0).Select(lane => new OwedEvents(
                lane.Lane, lane.Requeued, "dead letters whose requeue was asked for and that were not delivered")))
            .ToList();
        if (letters.Publication is { PendingEvents: > 0 } publication)
        {
            owed.Add(new OwedEvents(publication.Name, publication.PendingEvents, "dead letters that were not published"));
        }
        bool Counts(OwedEvents debt) => only.Count == 0 || only.Contains(debt.Lane, StringComparer.OrdinalIgnoreCase);
        return new OfflineDrainReport(
            lanes.Statuses, [.. owed.Where(Counts)], only, [.. owed.Where(debt => !Counts(debt))], letters.Count,
            letters.IsRebuilding || letters.Failure is not null);
    }

    private static string Because(LaneStatus lane) => lane.Reason.Length > 0 ? lane.Reason : "the time was over";

    private static OwedEvents OfOrphan(WriteAheadLog log, CursorPosition orphan)
    {
        var (first, durable) = (log.FirstSequence, log.DurableSequence);
        var settled = orphan.Sequence > durable ? 0 : orphan.Sequence;
        var because = orphan.Sequence > durable
            ? $"its cursor stands at event {orphan.Sequence}, behind the end of this log: what it delivered cannot be told"
            : orphan.Sequence == 0
                ? "no sink of this name is configured, and its cursor has delivered nothing or cannot be read"
                : "no sink of this name is configured";
        return new OwedEvents(orphan.Name, durable - Math.Max(settled, first - 1), because);
    }

    private static void ThrowUnlessDelivered(NodeSettings settings, IReadOnlyList<string> only)
    {
        var names = settings.Sinks.Select(sink => sink.Name).ToList();
        var unknown = only.Where(lane => !names.Contains(lane, StringComparer.OrdinalIgnoreCase)).ToList();
        if (unknown.Count > 0)
        {
            var allowed = $"must be one of the sinks named here: {string.Join(", ", names)}.";
            throw new SettingsException([.. unknown.Select(lane => new SettingError("--only", lane, allowed))]);
        }
    }
}
