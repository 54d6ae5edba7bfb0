using Ingest.Publishing.Accounting;
using Ingest.Publishing.Isolation;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>What the parts of a session share: the deliveries under way, what was read and not sent, and how far it is.</summary>
internal sealed class SessionState
{
    // Where the position stood when events that would be parked found no room.
    private (string Why, long Settled) _noRoom = ("", 0);

    internal required LaneContext Context { get; init; }

    internal required ILaneHost Host { get; init; }

    internal required LaneCursor Cursor { get; init; }

    internal required AckTracker Tracker { get; init; }

    internal required BatchPool Pool { get; init; }

    internal required KeyGroups Groups { get; init; }

    internal required BatchDeliveries Deliveries { get; init; }

    internal required LogFeed Feed { get; init; }

    internal required FailureEvidence Evidence { get; init; }

    internal required LaneParking Parking { get; init; }

    internal required ParkedTrials Trials { get; init; }

    /// <summary>Ends attempts: the lane stops or is rewound.</summary>
    internal required CancellationTokenSource Abort { get; init; }

    /// <summary>What the last failed attempt was told.</summary>
    internal string LastFailure { get; set; } = "";

    /// <summary>
    /// Why the lane waits: there is no room among the parked events, for as long as that keeps its position from moving; otherwise what the
    /// last failed attempt was told.
    /// </summary>
    internal string Obstacle => _noRoom.Settled == Tracker.Settled && _noRoom.Why.Length > 0 ? _noRoom.Why : LastFailure;

    /// <summary>
    /// The session must end: the dead letters may have events that it would send again, and settle otherwise. As the next one begins they
    /// are void.
    /// </summary>
    internal bool MustBeginAnew { get; set; }

    /// <summary>When an open breaker is probed.</summary>
    internal TimeSpan ProbeDue { get; set; }

    /// <summary>Nothing is left of what this lane read or has to read; parked events do not count.</summary>
    internal bool IsEmpty => Deliveries.Count == 0 && Groups.Events == 0 && Feed.IsCaughtUp && Tracker.Settled == Tracker.Last;

    /// <summary>
    /// Notes that events which would be parked have no room there. A batch that is too large by itself is split, and waits for none.
    /// </summary>
    internal void WaitForRoom(string why)
    {
        if (Parking.Events.Count > 0)
        {
            _noRoom = (why, Tracker.Settled);
        }
    }

    /// <summary>Leaves a delivery with other events, which are copies.</summary>
    internal void Replace(BatchDelivery delivery, EventBatch batch)
    {
        Pool.Return(delivery.Batch);
        delivery.Batch = batch;
        delivery.Groups = GroupsOf(batch);
    }

    /// <summary>Forgets a delivery of which nothing is left to be sent.</summary>
    internal void Drop(BatchDelivery delivery)
    {
        Deliveries.Remove(delivery);
        Pool.Return(delivery.Batch);
    }

    /// <summary>The groups of keys a batch has events of.</summary>
    internal ulong GroupsOf(EventBatch batch)
    {
        var groups = 0UL;
        for (var i = 0; i < batch.Count; i++)
        {
            groups |= Groups.GroupsOf(batch[i].Key);
        }
        return groups;
    }
}
