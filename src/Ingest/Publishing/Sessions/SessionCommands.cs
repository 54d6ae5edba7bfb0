using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>Does what operators ask a running lane for. Lane loop only.</summary>
internal sealed class SessionCommands(SessionState state, PositionKeeper position)
{
    private const string MovedWaiting = "moved to the dead letters by an operator while it waited for an earlier event";

    private readonly LaneContext _context = state.Context;

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
                    var batch = requeue.Request.Batch;
                    state.Deliveries.Add(new BatchDelivery(batch, state.GroupsOf(batch)) { Requeue = requeue.Request });
                    break;
                case SettleRequeuesCommand settle:
                    if (state.Cursor.Accounts.AddRequeued(settle.Settlement))
                    {
                        position.MustSave(now);
                    }
                    break;
                case ParkedCommand parked:
                    Act(parked);
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
            state.Cursor.Save(rewind.Next - 1);
            Log.Rewound(_context.Logger, _context.Name, before, rewind.Next);
            rewind.Done.SetResult(new(RewindStatus.Done));
        }
        catch (IOException e)
        {
            rewind.Done.SetResult(new(RewindStatus.Failed, e.Message));
        }
        position.NothingToSave();
    }

    private void SkipWaits()
    {
        state.Deliveries.SkipWaits();
        state.Host.Backoff.SkipWaits();
        state.Parking.SkipWaits();
        state.Feed.RetryNow();
        state.ProbeDue = TimeSpan.Zero;
    }

    private void Act(ParkedCommand command)
    {
        var parked = state.Parking.Events.All
            .Where(one => command.Selection.Matches(one) && one.Phase == ParkedPhase.Waiting).OrderBy(one => one.Sequence).ToList();
        if (parked.Count == 0 || command.Action == ParkedAction.Try)
        {
            state.Parking.Scheduler.SkipWaits(command.Selection.Matches);
            command.Done.TrySetResult(parked.Count);
        }
        else if (command.Action == ParkedAction.DeadLetter)
        {
            Log.ParkedMoved(_context.Logger, _context.Name, parked.Count);
            var left = parked.GroupBy(one => one.Reason).Count();
            foreach (var group in parked.GroupBy(one => one.Reason))
            {
                var reason = group.Key.Length > 0 ? group.Key : MovedWaiting;
                state.Trials.MoveToDeadLetters([.. group], reason, () =>
                {
                    if (--left == 0)
                    {
                        command.Done.TrySetResult(parked.Count);
                    }
                });
            }
        }
        else
        {
            Log.ParkedDropped(_context.Logger, _context.Name, parked.Count);
            state.Parking.Resolve(ParkedKind.Dropped, parked, "dropped by an operator", () => command.Done.TrySetResult(parked.Count));
        }
    }
}
