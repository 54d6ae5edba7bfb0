using System.Diagnostics.CodeAnalysis;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Requeue;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <content>What is sent when.</content>
internal sealed partial class LaneSession
{
    private void Dispatch(TimeSpan now)
    {
        if (!_lane.Door.IsOpen || _rewind is not null)
        {
            return;
        }
        if (_lane.Caller.State != BreakerState.Closed)
        {
            if (_flights.InFlight == 0 && now >= _probeDue)
            {
                Probe(now);
            }
            return;
        }
        while (now >= _lane.Pace.PausedUntil && _landed.IsEmpty && _lane.Window.CanDispatch
            && !(_lane.Door.IsOnTrial && _flights.InFlight > 0)
            && (TakeWaiting(now) ?? TakeNew(now)) is { } flight)
        {
            Launch(flight, now, Within(_context.Options.AttemptTimeout));
        }
    }

    private BatchDelivery? TakeNew(TimeSpan now)
    {
        var traits = _context.Sink.Traits;
        if (!_flights.TakesNew || _flights.Count >= traits.WindowMax)
        {
            return null;
        }
        if (now >= _lingerUntil || _lane.IsDraining || _feed.Unread >= traits.BatchEventsMax)
        {
            var any = _feed.Fill((long)Math.Max(1, traits.WindowMax + 1 - _flights.Count) * traits.BatchBytesMax);
            _sawEnd = _feed.ReachedEnd;
            _lingerUntil = any && _sawEnd && !_lane.IsDraining ? now + _context.Options.Linger : TimeSpan.Zero;
        }
        if (_groups.Take(_flights.Busy, _lane.Window.Limit - _flights.InFlight, out var groups) is not { } batch)
        {
            return null;
        }
        var flight = new BatchDelivery(batch, groups);
        _flights.Add(flight);
        return flight;
    }

    // The next one to be sent again, or the oldest whether it is due or not. Dead letters that an operator gave up while they waited are
    // not sent any more.
    private BatchDelivery? TakeWaiting(TimeSpan? dueBy)
    {
        while ((dueBy is { } now ? _flights.NextRetry(now) : _flights.OldestWaiting()) is { } flight)
        {
            if (flight.Requeue is not { } request || KeepWanted(flight, request))
            {
                return flight;
            }
            _flights.Remove(flight);
            _pool.Return(flight.Batch);
            if (request.IsSettled)
            {
                request.End();
            }
        }
        return null;
    }

    // False: none is left.
    private bool KeepWanted(BatchDelivery flight, RequeueRequest request)
    {
        var whole = flight.Batch;
        var wanted = Enumerable.Range(0, whole.Count).Where(index => request.IsWanted(whole.SequenceAt(index))).ToList();
        request.Withdraw(whole.Count - wanted.Count);
        if (wanted.Count > 0 && wanted.Count < whole.Count)
        {
            flight.Batch = whole.Select(wanted);
            flight.Groups = GroupsOf(flight.Batch);
            _pool.Return(whole);
        }
        return wanted.Count > 0;
    }

    // One small batch of the oldest events finds out whether the sink is back.
    private void Probe(TimeSpan now)
    {
        _lane.Caller.SkipPause();
        var flight = TakeWaiting(dueBy: null) ?? TakeNew(now);
        if (flight is null)
        {
            return;
        }
        if (flight.Batch.Count > _context.Options.ProbeEvents)
        {
            flight = SplitOff(flight, _context.Options.ProbeEvents);
        }
        flight.IsProbe = true;
        Launch(flight, now, Within(_context.Options.ProbeTimeout));
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "A flight owns its batch until it is settled or dropped.")]
    private BatchDelivery SplitOff(BatchDelivery flight, int events)
    {
        var whole = flight.Batch;
        var first = new BatchDelivery(whole.Select(Enumerable.Range(0, events)), flight.Groups)
        {
            Attempts = flight.Attempts,
            FirstUnixMs = flight.FirstUnixMs,
            Requeue = flight.Requeue,
        };
        flight.Batch = whole.Select(Enumerable.Range(events, whole.Count - events));
        _pool.Return(whole);
        _flights.InsertBefore(flight, first);
        return first;
    }

    private void Launch(BatchDelivery flight, TimeSpan now, TimeSpan timeout)
    {
        if (flight.Attempts++ == 0)
        {
            flight.FirstUnixMs = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        }
        (flight.NotStored, flight.IsStoreBlocked) = (null, false);
        flight.Permit = _lane.Window.Dispatch(now, flight.Batch.Bytes);
        _flights.Launched(flight);
        _ = AttemptAsync(flight, timeout);
    }

    // Never throws; hands the flight back whatever happens.
    private async Task AttemptAsync(BatchDelivery flight, TimeSpan timeout)
    {
        var start = _context.Time.GetTimestamp();
        var span = DeliverySpan.Start(_context, flight.Batch, flight.Attempts);
        flight.Ended = await _lane.Caller.SendAsync(_context.Sink, flight.Batch, timeout, _abort.Token);
        var verdict = AttemptSummary.Of(flight.Ended.Result, flight.Batch.Count).Worst;
        DeliverySpan.End(span, verdict);
        var worst = verdict.Kind;
        _context.Attempts.Add(_context.Name, worst, _context.Time.GetElapsedTime(start), _context.Instruments);
        if (worst != VerdictKind.Delivered && flight.Requeue is null)
        {
            await StoreRejectedAsync(flight);
        }
        _landed.Enqueue(flight);
        _lane.Signal.Set();
    }

    // The dead letters are durable before their events are settled.
    private async Task StoreRejectedAsync(BatchDelivery flight)
    {
        var result = flight.Ended.Result;
        var now = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var known = _cursor.Accounts.HighWater;
        var rejected = new List<RejectedEvent>();
        for (var i = 0; i < flight.Batch.Count; i++)
        {
            if (result[i] is { Kind: VerdictKind.Rejected, Reason: var reason })
            {
                var stored = flight.Batch[i];
                rejected.Add(new(
                    stored.Sequence, stored.Body, reason, flight.Attempts, flight.FirstUnixMs, now, IsRepeat: stored.Sequence <= known));
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
            (flight.NotStored, flight.IsStoreBlocked) = (e.Message, e is DeadLettersBlockedException);
            Log.DeadLettersFailed(_context.Logger, _context.Name, e.Message);
        }
    }

    // Sinks that keep time themselves say so.
    private TimeSpan Within(TimeSpan usual) => _context.Sink.Traits.AttemptTimeout ?? usual;
}
