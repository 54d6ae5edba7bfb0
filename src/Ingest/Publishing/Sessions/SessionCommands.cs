using Ingest.Publishing.Lanes;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>Does what operators ask a running lane for. Lane loop only.</summary>
internal sealed class SessionCommands(SessionState state, PositionKeeper position)
{
    private readonly LaneContext _context = state.Context;

    /// <summary>What is asked for with parked events.</summary>
    internal ParkedCommands Parked { get; } = new(state);

    /// <summary>A rewind that waits for the attempts under way to end; nothing else is begun meanwhile.</summary>
    internal RewindCommand? Rewind { get; private set; }

    /// <summary>Takes up what was asked for.</summary>
    internal void Take(TimeSpan now)
    {
        while (Rewind is null && state.Host.Commands.TryDequeue(out var command))
        {
            switch (command)
            {
                case RewindCommand rewind:
                    Rewind = rewind;
                    state.Abort.CancelAfter(_context.Options.StopGrace);
                    break;
                case RequeueCommand requeue:
                    TakeRequeue(requeue.Request);
                    break;
                case SettleRequeuesCommand settle:
                    if (state.Cursor.Accounts.AddRequeued(settle.Settlement))
                    {
                        position.MustSave(now);
                    }
                    break;
                case ParkedCommand parked:
                    Parked.Take(parked);
                    break;
                default:
                    SkipWaits();
                    break;
            }
        }
        if (state.Host.TakeDrainBegun())
        {
            SkipWaits();
        }
    }

    /// <summary>Goes back; no attempt is under way. The session is over afterwards.</summary>
    internal async Task RewindAsync(RewindCommand rewind)
    {
        var before = state.Tracker.Settled;
        if (rewind.Next < _context.Log.FirstSequence || rewind.Next > before + 1)
        {
            rewind.Done.SetResult(new(RewindStatus.OutOfRange, $"Lane {_context.Name} can go back to any event from "
                + $"{_context.Log.FirstSequence} to {before + 1}."));
            return;
        }
        try
        {
            if (_context.Sink is IRewindable remembering)
            {
                await remembering.RewindAsync(rewind.Next, CancellationToken.None);
            }
            // What is still noted of parked events as the session ends must not bring the old position back.
            position.End();
            state.Cursor.Save(rewind.Next - 1);
            Log.Rewound(_context.Logger, _context.Name, before, rewind.Next);
            rewind.Done.SetResult(new(RewindStatus.Done));
        }
        catch (IOException e)
        {
            rewind.Done.SetResult(new(RewindStatus.Failed, e.Message));
        }
    }

    private void TakeRequeue(RequeueRequest request)
    {
        var batch = request.Batch;
        if (_context.Sink.Traits.KeepsKeyOrder && batch.LastSequence > state.Tracker.Settled)
        {
            // The lane went back after it was asked for (RequeueBounds.SentTo): the letters are handed to it again later.
            batch.Dispose();
            request.End();
            return;
        }
        var letters = new BatchDelivery(batch, state.GroupsOf(batch)) { Requeue = request };
        // They are older than what waits, and a sink that keeps the order of keys may wait for them.
        if (_context.Sink.Traits.KeepsKeyOrder && state.Deliveries.FirstWaitingEvents is { } waiting)
        {
            state.Deliveries.InsertBefore(waiting, letters);
            return;
        }
        state.Deliveries.Add(letters);
    }

    private void SkipWaits()
    {
        state.Deliveries.SkipWaits();
        state.Host.Backoff.SkipWaits();
        state.Parking.SkipWaits();
        state.Feed.RetryNow();
        state.ProbeDue = TimeSpan.Zero;
    }
}
