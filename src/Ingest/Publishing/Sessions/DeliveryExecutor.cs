using System.Collections.Concurrent;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>
/// Starts attempts and hands ended ones back. Lane loop only, but for the attempts.
/// </summary>
internal sealed class DeliveryExecutor(SessionState state)
{
    private readonly LaneContext _context = state.Context;
    private readonly ILaneHost _host = state.Host;

    // Ended attempts, written by any thread; at most as many as are in flight.
    private readonly ConcurrentQueue<BatchDelivery> _completed = new();

    /// <summary>An attempt ended and was not looked at.</summary>
    internal bool HasCompleted => !_completed.IsEmpty;

    internal bool TryTakeCompleted(out BatchDelivery delivery) => _completed.TryDequeue(out delivery!);

    /// <summary>Begins an attempt.</summary>
    internal void Start(BatchDelivery delivery, TimeSpan now)
    {
        if (delivery.Attempts++ == 0)
        {
            delivery.FirstUnixMs = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        }
        (delivery.NotStored, delivery.IsStoreBlocked, delivery.IsStoreDoubtful) = (null, false, false);
        (delivery.IsUntriedPart, delivery.IsUntriedRest) = (false, false);
        delivery.DeliveredBefore = state.Evidence.DeliveredAt;
        delivery.Permit = _host.Window.Dispatch(now, delivery.Batch.Bytes);
        state.Deliveries.Started(delivery, now);
        var usual = delivery.IsProbe ? _context.Options.ProbeTimeout : _context.Options.AttemptTimeout;
        // Sinks that keep time themselves say so.
        _ = AttemptAsync(delivery, _context.Sink.Traits.AttemptTimeout ?? usual);
    }

    // Never throws; hands the delivery back whatever happens: the lane waits for it, and so does the end of the process.
    private async Task AttemptAsync(BatchDelivery delivery, TimeSpan timeout)
    {
        var start = _context.Time.GetTimestamp();
        var span = DeliverySpan.TryStart(_context, delivery.Batch, delivery.Attempts);
        delivery.Ended = await _host.Caller.SendAsync(_context.Sink, delivery.Batch, timeout, state.Abort.Token);
        var verdict = AttemptSummary.Of(delivery.Ended.Result, delivery.Batch.Count).Worst;
        // While the span is current: the measurement leads to its trace.
        var took = _context.Time.GetElapsedTime(start);
        _context.Attempts.Add(_context.Name, _context.Kind, verdict.Kind, took, _context.Instruments);
        DeliverySpan.TryEnd(span, verdict);
        if (verdict.Kind != VerdictKind.Delivered && delivery.Requeue is null)
        {
            await StoreRejectedAsync(delivery);
        }
        _completed.Enqueue(delivery);
        _host.Signal.Set();
    }

    // The dead letters are durable before their events are settled.
    private async Task StoreRejectedAsync(BatchDelivery delivery)
    {
        var result = delivery.Ended.Result;
        var now = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var known = state.Cursor.Accounts.HighWater;
        var rejected = new List<RejectedEvent>();
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            if (result[i] is { Kind: VerdictKind.Rejected, Reason: var reason })
            {
                var stored = delivery.Batch[i];
                var isRepeat = stored.Sequence <= known;
                rejected.Add(new(stored.Sequence, stored.Body, reason, delivery.Attempts, delivery.FirstUnixMs, now, isRepeat));
            }
        }
        if (rejected.Count == 0)
        {
            return;
        }
        try
        {
            await _context.DeadLetters.StoreAsync(_context.Name, rejected, CancellationToken.None);
            Log.DeadLettered(_context.Logger, _context.Name, rejected.Count, rejected[0].Reason);
        }
        catch (Exception e)
        {
            // Whatever it is, the events are not stored: they stay pending and are tried again.
            delivery.NotStored = e.Message;
            delivery.IsStoreBlocked = (e as DeadLettersDoubtfulException)?.InnerException is DeadLettersBlockedException
                || e is DeadLettersBlockedException;
            delivery.IsStoreDoubtful = e is DeadLettersDoubtfulException;
            Log.DeadLettersFailed(_context.Logger, _context.Name, e.Message);
        }
    }
}
