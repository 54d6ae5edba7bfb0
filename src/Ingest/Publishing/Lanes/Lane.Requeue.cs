using Ingest.Publishing.Requeue;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Lanes;

/// <content>Dead letters on their way back.</content>
internal sealed partial class Lane
{
    /// <summary>
    /// Sends dead letters again and says what became of them, when all are settled or the lane stops. The batch is the lane's from here on.
    /// Any thread.
    /// </summary>
    internal async Task<IReadOnlyList<RequeuedEvent>> RequeueAsync(
        EventBatch batch, Func<long, bool>? isWanted, CancellationToken cancel)
    {
        var request = new RequeueRequest(batch, isWanted);
        Post(new RequeueCommand(request));
        using var stopped = _stopping.Register(request.End);
        return await request.Ended.WaitAsync(cancel);
    }

    /// <summary>Counts dead letters that were delivered after all; each settlement once, however often it is offered. Any thread.</summary>
    internal void SettleRequeues(RequeueSettlement settlement) => Post(new SettleRequeuesCommand(settlement));

    /// <summary>The sink takes events that are behind its lane. Any thread.</summary>
    internal bool TakesRequeues => _context.Sink.Traits.AcceptsOutOfOrder;

    /// <summary>What may be sent again now. Any thread.</summary>
    internal RequeueBounds RequeueBounds => new(
        _cursor.SavedHighWater, _cursor.SavedRequeues, _context.Sink.Traits.BatchEventsMax, _context.Sink.Traits.BatchBytesMax);
}
