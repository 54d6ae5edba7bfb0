using System.Diagnostics.CodeAnalysis;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Scheduling;
using Ingest.Publishing.Sessions;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Isolation;

/// <summary>
/// Events whose key or stream has parked events: they join those before they are sent, in log order, so that nothing overtakes. Lane loop
/// only.
/// </summary>
internal sealed class HeldEvents(SessionState state)
{
    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Has the events of a delivery that wait for parked ones join them. Returns whether others are left to be sent. A lane without parked
    /// events asks one question here. No delivery in front of it may hold an earlier event of their keys.
    /// </summary>
    internal bool Divert(BatchDelivery delivery, TimeSpan now)
    {
        if (!state.Parking.IsActive)
        {
            return true;
        }
        var (held, free) = (new List<int>(), new List<int>());
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            var stored = delivery.Batch[i];
            (state.Parking.Events.Holds(stored.Sequence, stored.Stream, stored.Key) ? held : free).Add(i);
        }
        if (held.Count == 0)
        {
            return true;
        }
        var diverted = delivery.Batch.Select(held);
        if (state.Parking.Events.FullFor(diverted) is { } full)
        {
            return Wait(delivery, diverted, free, full, now);
        }
        state.Parking.Park(diverted, new ParkedCause("", IsOfStream: false, 0, 0));
        if (free.Count == 0)
        {
            state.Drop(delivery);
            return false;
        }
        state.Replace(delivery, delivery.Batch.Select(free));
        return true;
    }

    // There is no room among the parked events: what waits for them waits here, and with it, in the end, the lane.
    [SuppressMessage("Reliability", "CA2000", Justification = "A delivery owns its batch until it is settled or dropped.")]
    private bool Wait(BatchDelivery delivery, EventBatch held, List<int> free, string full, TimeSpan now)
    {
        state.WaitForRoom(full);
        if (free.Count == 0)
        {
            held.Dispose();
            delivery.Due = now + FullPause;
            delivery.Attempts = Math.Max(delivery.Attempts, 1);
            return false;
        }
        var waiting = delivery.Part(held, state.GroupsOf(held));
        (waiting.Due, waiting.Attempts) = (now + FullPause, Math.Max(delivery.Attempts, 1));
        state.Deliveries.InsertBefore(delivery, waiting);
        state.Replace(delivery, delivery.Batch.Select(free));
        return true;
    }
}
