using System.Diagnostics.CodeAnalysis;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Scheduling;
using Ingest.Publishing.Sessions;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Isolation;

/// <summary>
/// Keeps one bad event, key or stream from stopping the others: what failed while others are delivered is parked; what may be to blame is
/// split to find out. While nothing is delivered the sink as a whole is to blame, and nothing is parked. Lane loop only.
/// </summary>
internal sealed class FailureIsolation(SessionState state)
{
    // Attempts more that are refused for overload before they are parked.
    private const int CongestedMore = 2;

    // What is asked to come back later than this does not keep its keys waiting in front of others.
    private static readonly TimeSpan AskedWaitMax = TimeSpan.FromSeconds(1);

    private readonly LaneContext _context = state.Context;
    private readonly PublishingOptions _options = state.Context.Options;
    private readonly SinkTraits _traits = state.Context.Sink.Traits;

    /// <summary>
    /// Parks the events of a failed attempt, or sends them apart. False: neither, and the lane waits as for any failure.
    /// </summary>
    /// <param name="delivery">What is left of it.</param>
    /// <param name="summary">The attempt.</param>
    /// <param name="verdicts">The verdicts on the events left, in their order.</param>
    /// <param name="now">Now.</param>
    internal bool TryIsolate(BatchDelivery delivery, in AttemptSummary summary, List<SinkVerdict> verdicts, TimeSpan now)
    {
        var worst = Worst(verdicts);
        if (worst.Scope is VerdictScope.Sink or VerdictScope.NotTried || !state.Parking.IsEnabled)
        {
            return false;
        }
        delivery.LastVerdict = worst;
        state.Evidence.Failed(delivery, state.Host.Window.LastDispatched);
        delivery.IsBlamed |= summary.Delivered > 0 && worst.Scope is VerdictScope.Event or VerdictScope.Key or VerdictScope.Stream;
        if (worst is { RetryAfter: not null, Kind: not VerdictKind.Blocked, Scope: VerdictScope.Unknown } && !delivery.IsBlamed)
        {
            IsolateAsked(delivery, worst, verdicts, now);
            return true;
        }
        if (delivery.FailedAttempts >= AttemptsBefore(worst) && FailureEvidence.Blames(delivery) && TryPark(delivery, verdicts, now))
        {
            return true;
        }
        // Sent apart before they are parked, so that those that are not to blame wait for no more than they must.
        var isDecided = worst.Kind == VerdictKind.Blocked || delivery.FailedAttempts >= _options.ParkAfterAttempts - 1;
        if (isDecided && state.Deliveries.All.Any(other => other.IsUntriedPart && other.Origin == delivery.Origin))
        {
            // The other part of a batch has not been tried yet: that decides.
            delivery.Due = now + _options.BackoffMin;
            return true;
        }
        // The first failure may pass: what was sent apart waits as after any failure.
        var waits = worst.Kind is VerdictKind.Retryable or VerdictKind.Congested && delivery.FailedAttempts < _options.ParkAfterAttempts;
        return isDecided && TrySplit(delivery, worst, waits, waits ? null : now, now);
    }

    // The sink asked to come back later. Where it took something else since it refused these events before, it means them: they are split
    // at once, down to what alone waits as long as it asks. Otherwise it may mean everything: the lane waits, and parts of them are what
    // finds out. Each refusal is judged by what was delivered since the one before, so that a sink that takes nothing any more is asked
    // twice and no more, however far the events were split.
    private void IsolateAsked(BatchDelivery delivery, in SinkVerdict worst, List<SinkVerdict> verdicts, TimeSpan now)
    {
        var isItsOwn = FailureEvidence.Blames(delivery);
        var due = Pause(delivery, worst, now, pausesLane: !isItsOwn);
        delivery.FirstFailedAt = state.Host.Window.LastDispatched;
        if (TrySplit(delivery, worst, waits: false, isItsOwn ? now : due, now))
        {
            return;
        }
        (delivery.Due, state.LastFailure) = (due, worst.Reason);
        if (!isItsOwn || !TryPark(delivery, verdicts, now))
        {
            Log.AttemptFailed(_context.Logger, _context.Name, delivery.Batch.Count, delivery.Attempts, worst.Reason);
        }
    }

    private TimeSpan Pause(BatchDelivery delivery, in SinkVerdict worst, TimeSpan now, bool pausesLane) => state.Host.Backoff.Failed(
        delivery.Attempts, delivery.Permit.Number, state.Host.Window.LastDispatched, worst.RetryAfter, now, pausesLane);

    /// <summary>
    /// Something was delivered: what failed before is tried again soon, which shows whether it is to blame. What was asked to come back
    /// later is parked until then, unless it was split since: its parts are tried.
    /// </summary>
    internal void Reconsider(TimeSpan now)
    {
        if (!state.Parking.IsEnabled || state.Deliveries.Count == state.Deliveries.InFlight)
        {
            return;
        }
        foreach (var delivery in state.Deliveries.All.ToList())
        {
            if (delivery.IsInFlight || delivery.FailedAttempts == 0 || delivery.NotStored is not null
                || !state.Evidence.IsTakenMeanwhile(delivery))
            {
                continue;
            }
            if (delivery.LastVerdict.RetryAfter is not null && (delivery.IsUntriedPart || delivery.IsUntriedRest))
            {
                delivery.Due = Earlier(delivery.Due, now);
            }
            else if (delivery.LastVerdict.RetryAfter > AskedWaitMax && delivery.Due > now + AskedWaitMax)
            {
                TryPark(delivery, [.. Enumerable.Repeat(delivery.LastVerdict, delivery.Batch.Count)], now);
            }
            else if (delivery.LastVerdict.RetryAfter is null && !FailureEvidence.Blames(delivery))
            {
                delivery.Due = Earlier(delivery.Due, now + _options.BackoffMin);
            }
        }
    }

    /// <summary>Whether there is anything that did not fail, to find out by whether the sink is to blame.</summary>
    internal bool HasUntried =>
        state.Deliveries.HasUntried || state.Deliveries.InFlight > 0 || state.Groups.Events > 0 || state.Feed.HasMore;

    /// <summary>Events of these streams were delivered: single failures of their others do not come to the whole stream's.</summary>
    internal void NoteDelivered(BatchDelivery delivery)
    {
        state.Parking.Scheduler.Succeeded();
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            if (state.Parking.Events.Stream(delivery.Batch[i].Stream) is { } stream)
            {
                stream.FailedInRow = 0;
            }
        }
    }

    // A refusal for overload is meant to pass: it takes more of them.
    private int AttemptsBefore(in SinkVerdict verdict) => verdict switch
    {
        { Kind: VerdictKind.Blocked, Scope: not VerdictScope.Unknown } => 1,
        { Kind: VerdictKind.Congested } => _options.ParkAfterAttempts + CongestedMore,
        _ => _options.ParkAfterAttempts,
    };

    private static TimeSpan Earlier(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static SinkVerdict Worst(List<SinkVerdict> verdicts)
    {
        var worst = verdicts[0];
        foreach (var verdict in verdicts)
        {
            var isWorse = verdict.Scope == VerdictScope.Sink
                || (worst.Scope != VerdictScope.Sink && verdict.Scope != VerdictScope.NotTried && worst.Scope == VerdictScope.NotTried);
            worst = isWorse ? verdict : worst;
        }
        return worst;
    }

    private bool TryPark(BatchDelivery delivery, List<SinkVerdict> verdicts, TimeSpan now)
    {
        var worst = Worst(verdicts);
        if (delivery.Requeue is { } request)
        {
            return TrySplit(delivery, worst, waits: false, now, now) || GiveBack(delivery, request, worst);
        }
        var ofStream = worst.Scope == VerdictScope.Stream || !_traits.AcceptsOutOfOrder;
        var (parked, kept) = (new List<int>(), new List<int>());
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            (verdicts[i].Scope == VerdictScope.NotTried ? kept : parked).Add(i);
        }
        var batch = delivery.Batch.Select(parked);
        if (state.Parking.Events.FullFor(batch) is { } full)
        {
            batch.Dispose();
            state.WaitForRoom(full);
            return false;
        }
        var asked = worst.RetryAfter is null ? TimeSpan.Zero : delivery.Due;
        state.Parking.Park(batch, new ParkedCause(worst.Reason, ofStream, delivery.Attempts, delivery.FirstUnixMs, asked));
        if (kept.Count == 0)
        {
            state.Drop(delivery);
        }
        else
        {
            // Those of a parked event's key or stream join it before they are sent.
            state.Replace(delivery, delivery.Batch.Select(kept));
            (delivery.FailedAttempts, delivery.FirstFailedAt, delivery.IsBlamed, delivery.Due) = (0, null, false, now);
        }
        return true;
    }

    // They are dead letters already: refused once more.
    private bool GiveBack(BatchDelivery delivery, RequeueRequest request, in SinkVerdict worst)
    {
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            request.Settle(delivery.Batch.SequenceAt(i), worst with { Kind = VerdictKind.Rejected });
        }
        state.Drop(delivery);
        request.EndIfSettled();
        return true;
    }

    // Both parts go at once, unless they share a key. Without a time for them the lane waits as after any failure, and they with it.
    [SuppressMessage("Reliability", "CA2000", Justification = "A delivery owns its batch until it is settled or dropped.")]
    private bool TrySplit(BatchDelivery delivery, in SinkVerdict worst, bool waits, TimeSpan? dueAt, TimeSpan now)
    {
        var whole = delivery.Batch;
        var (first, rest, isOrdered) =
            BatchSplit.Of(whole, byStreamOnly: worst.Scope == VerdictScope.Stream, keepsStreams: !_traits.AcceptsOutOfOrder);
        if (rest.Count == 0 || !state.Evidence.TakeSplit())
        {
            return false;
        }
        state.LastFailure = worst.Reason;
        var due = dueAt ?? Pause(delivery, worst, now, pausesLane: true);
        var sentFirst = whole.Select(first);
        var part = delivery.Part(sentFirst, state.GroupsOf(sentFirst));
        state.Replace(delivery, whole.Select(rest));
        delivery.IsBeside = !isOrdered;
        state.Deliveries.InsertBefore(delivery, part);
        (part.IsUntriedPart, delivery.IsUntriedPart, delivery.IsUntriedRest) = (!waits, !waits && !isOrdered, isOrdered);
        (part.Due, delivery.Due) = (due, due);
        Log.Split(_context.Logger, _context.Name, first.Count + rest.Count, worst.Reason);
        return true;
    }
}
