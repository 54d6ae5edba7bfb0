using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;

namespace Ingest.Publishing.Sessions;

/// <summary>
/// Does what operators ask for with parked events. Where an attempt with an event is under way, it is done once the attempt has ended, if
/// the event is still parked then. Lane loop only.
/// </summary>
internal sealed class ParkedCommands(SessionState state)
{
    private const string MovedWaiting = "moved to the dead letters by an operator while it waited for an earlier event";

    // Commands that are not answered yet.
    private readonly List<Order> _open = [];

    /// <summary>Does it to what waits, and notes what is being tried.</summary>
    internal void Take(ParkedCommand command)
    {
        var chosen = state.Parking.Events.All.Where(command.Selection.Matches).OrderBy(one => one.Sequence).ToList();
        var waiting = chosen.Where(one => one.Phase == ParkedPhase.Waiting).ToList();
        if (command.Action == ParkedAction.Try)
        {
            state.Parking.Scheduler.SkipWaits(command.Selection.Matches);
            command.Done.TrySetResult(waiting.Count);
            return;
        }
        var order = new Order(command) { OnTrial = [.. chosen.Where(one => one.Phase == ParkedPhase.OnTrial)] };
        _open.Add(order);
        Act(order, waiting);
        AnswerIfDone(order);
    }

    /// <summary>Attempts may have ended: what they left parked is done now. Before anything is tried again.</summary>
    internal void AttemptsEnded()
    {
        foreach (var order in _open.Where(order => order.OnTrial.Count > 0).ToList())
        {
            var ended = order.OnTrial.Where(one => one.Phase != ParkedPhase.OnTrial).ToList();
            order.OnTrial.RemoveAll(ended.Contains);
            Act(order, [.. ended.Where(one => one.Phase == ParkedPhase.Waiting)]);
            AnswerIfDone(order);
        }
    }

    /// <summary>The session is over: what it did not come to is waited for no longer.</summary>
    internal void End()
    {
        _open.ForEach(order => order.Command.Done.TrySetResult(null));
        _open.Clear();
    }

    private void Act(Order order, List<ParkedEvent> events)
    {
        if (events.Count == 0)
        {
            return;
        }
        order.Count += events.Count;
        if (order.Command.Action == ParkedAction.DeadLetter)
        {
            Log.ParkedMoved(state.Context.Logger, state.Context.Name, events.Count);
            foreach (var group in events.GroupBy(one => one.Reason).ToList())
            {
                order.Unwritten++;
                state.Trials.MoveToDeadLetters([.. group], group.Key.Length > 0 ? group.Key : MovedWaiting, () => Written(order));
            }
        }
        else
        {
            Log.ParkedDropped(state.Context.Logger, state.Context.Name, events.Count);
            order.Unwritten++;
            state.Parking.Resolve(ParkedKind.Dropped, events, "dropped by an operator", () => Written(order));
        }
    }

    private void Written(Order order)
    {
        order.Unwritten--;
        AnswerIfDone(order);
    }

    private void AnswerIfDone(Order order)
    {
        if (order is { Unwritten: 0, OnTrial.Count: 0 })
        {
            _open.Remove(order);
            order.Command.Done.TrySetResult(order.Count);
        }
    }

    /// <summary>A command that is being carried out.</summary>
    private sealed class Order(ParkedCommand command)
    {
        internal ParkedCommand Command => command;

        /// <summary>Events it means that are being tried.</summary>
        internal required List<ParkedEvent> OnTrial { get; init; }

        /// <summary>Writes under way.</summary>
        internal int Unwritten { get; set; }

        /// <summary>Events it was done to.</summary>
        internal int Count { get; set; }
    }
}
