using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Requeue;

/// <summary>Dead letters on their way through a lane again. Lane loop only, but for <see cref="Ended"/>.</summary>
/// <param name="batch">The events.</param>
/// <param name="isWanted">Whether an event is still to be sent: it may have been given up while it waited. Null: all are.</param>
internal sealed class RequeueRequest(EventBatch batch, Func<long, bool>? isWanted = null)
{
    private readonly TaskCompletionSource<IReadOnlyList<RequeuedEvent>> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<RequeuedEvent> _events = [];
    private int _count = batch.Count;

    /// <summary>The events; the lane's from the moment it takes the request up.</summary>
    internal EventBatch Batch { get; } = batch;

    /// <summary>What became of the events that were settled; the others stay dead letters.</summary>
    internal Task<IReadOnlyList<RequeuedEvent>> Ended => _ended.Task;

    internal void Settle(long sequence, in SinkVerdict verdict) => _events.Add(new(sequence, verdict));

    /// <summary>Whether an event is still to be sent.</summary>
    internal bool IsWanted(long sequence) => isWanted?.Invoke(sequence) ?? true;

    /// <summary>Takes back events that are not sent any more, because they were dropped meanwhile.</summary>
    internal void Withdraw(int events) => _count -= events;

    /// <summary>No more is going to be settled.</summary>
    internal void End() => _ended.TrySetResult(_events);

    /// <summary>Ends the request once every event is settled or not wanted any more.</summary>
    internal void EndIfSettled()
    {
        if (_events.Count == _count)
        {
            End();
        }
    }
}

/// <summary>What became of a dead letter that was sent again.</summary>
/// <param name="Sequence">Its number in the log.</param>
/// <param name="Verdict">Delivered, or rejected again.</param>
public readonly record struct RequeuedEvent(long Sequence, SinkVerdict Verdict);
