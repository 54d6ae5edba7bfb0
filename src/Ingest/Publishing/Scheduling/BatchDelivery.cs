using Ingest.Publishing.Lanes;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Window;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// A batch from the moment it is put together until its last event is settled or parked: in flight, or waiting to be sent again. Lane loop
/// only, but for what the ending attempt writes before it hands the delivery back.
/// </summary>
internal sealed class BatchDelivery(EventBatch batch, ulong groups)
{
    /// <summary>What is still to be settled.</summary>
    internal EventBatch Batch { get; set; } = batch;

    /// <summary>Groups of keys the batch has events of, a bit each; no later event of these is sent before this delivery is
    /// settled.</summary>
    internal ulong Groups { get; set; } = groups;

    /// <summary>Events from the dead letters, which are behind the cursor; null for events on their first way.</summary>
    internal RequeueRequest? Requeue { get; init; }

    /// <summary>First event of the batch that it was part of when that was put together.</summary>
    internal long Origin { get; init; } = batch.FirstSequence;

    /// <summary>An attempt is under way.</summary>
    internal bool IsInFlight { get; set; }

    /// <summary>The attempt under way is the breaker's probe.</summary>
    internal bool IsProbe { get; set; }

    /// <summary>Attempts begun.</summary>
    internal int Attempts { get; set; }

    /// <summary>Attempts that failed for a reason these events may be to blame for.</summary>
    internal int FailedAttempts { get; set; }

    /// <summary>The last dispatch number when the first of them had failed; null before.</summary>
    internal long? FirstFailedAt { get; set; }

    /// <summary>The highest dispatch number that had delivered something when the last attempt began.</summary>
    internal long DeliveredBefore { get; set; }

    /// <summary>The sink said that these events, their key or stream are the reason, and delivered others of the same attempt.</summary>
    internal bool IsBlamed { get; set; }

    /// <summary>The verdict the last attempt failed with.</summary>
    internal SinkVerdict LastVerdict { get; set; }

    /// <summary>True if this part was split off a batch that failed, and was not tried since.</summary>
    internal bool IsUntriedPart { get; set; }

    /// <summary>True if it was split off so, but goes behind the other part, with which it has a key in common.</summary>
    internal bool IsUntriedRest { get; set; }

    /// <summary>No earlier delivery has a key of it, so it may go before those that wait.</summary>
    internal bool IsBeside { get; set; }

    /// <summary>When it was first tried, Unix ms.</summary>
    internal long FirstUnixMs { get; set; }

    /// <summary>When its last attempt began, on the lane's clock.</summary>
    internal TimeSpan Started { get; set; }

    /// <summary>When it may be sent again, on the lane's clock.</summary>
    internal TimeSpan Due { get; set; }

    /// <summary>The window's permit of the attempt under way, or of the last one.</summary>
    internal AimdDispatch Permit { get; set; }

    /// <summary>How the last attempt ended. Written by the attempt.</summary>
    internal AttemptResult Ended { get; set; }

    /// <summary>Why the rejected events of the last attempt are not in the dead letters; null when they are. Written by the
    /// attempt.</summary>
    internal string? NotStored { get; set; }

    /// <summary>The dead letters take nothing more until an operator acts. Written by the attempt.</summary>
    internal bool IsStoreBlocked { get; set; }

    /// <summary>Some of the rejected events may be in the dead letters nevertheless. Written by the attempt.</summary>
    internal bool IsStoreDoubtful { get; set; }

    /// <summary>Joins this delivery and a later neighbour, in log order; neither is in flight or of the dead letters.</summary>
    internal BatchDelivery Join(BatchDelivery later)
    {
        var joined = new EventBatch();
        var (mine, its) = (0, 0);
        while (mine < Batch.Count || its < later.Batch.Count)
        {
            var isMine = its == later.Batch.Count || (mine < Batch.Count && Batch.SequenceAt(mine) < later.Batch.SequenceAt(its));
            var stored = isMine ? Batch[mine++] : later.Batch[its++];
            joined.Add(stored.Sequence, stored.Body.Span);
        }
        var whole = Part(joined, Groups | later.Groups);
        whole.FailedAttempts = Math.Min(FailedAttempts, later.FailedAttempts);
        whole.FirstFailedAt = FirstFailedAt > later.FirstFailedAt || later.FirstFailedAt is null ? FirstFailedAt : later.FirstFailedAt;
        (whole.IsBlamed, whole.IsBeside) = (false, IsBeside && later.IsBeside);
        return whole;
    }

    /// <summary>A part of the delivery, with its history.</summary>
    internal BatchDelivery Part(EventBatch part, ulong groups) => new(part, groups)
    {
        Requeue = Requeue,
        Origin = Origin,
        Attempts = Attempts,
        FailedAttempts = FailedAttempts,
        FirstFailedAt = FirstFailedAt,
        DeliveredBefore = DeliveredBefore,
        IsBlamed = IsBlamed,
        LastVerdict = LastVerdict,
        FirstUnixMs = FirstUnixMs,
        Due = Due,
        IsBeside = IsBeside,
        Permit = Permit,
    };
}
