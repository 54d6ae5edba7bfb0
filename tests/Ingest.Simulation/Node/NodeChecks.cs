using System.Runtime.CompilerServices;
using Ingest.Publishing.Lanes;
using Ingest.Queue.Totals;

namespace Ingest.Simulation.Node;

/// <summary>What has to hold at every moment of a node's life.</summary>
internal static class NodeChecks
{
    private const string Other = "(other)";

    /// <exception cref="NodeModelException">It does not hold.</exception>
    internal static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new NodeModelException(message);
        }
    }

    /// <inheritdoc cref="Require(bool, string)"/>
    internal static void Require(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref RequireMessage message)
    {
        if (!condition)
        {
            throw new NodeModelException(message.Text());
        }
    }

    /// <summary>No cursor on the disk has passed an event that is not settled.</summary>
    internal static void Cursors(SimulatedNode node, NodeModel model)
    {
        foreach (var lane in node.Lanes.Named([]))
        {
            model.Lane(lane.Name).CheckSaved(lane);
        }
    }

    /// <summary>
    /// Conservation: what was accepted is what was delivered, is dead or is pending, for each stream and each lane.
    /// </summary>
    internal static void Accounts(SimulatedNode node)
    {
        if (node.Log.Poison is not null)
        {
            return;
        }
        var (log, durable) = (node.Log, node.Log.DurableSequence);
        var totals = node.Totals.Snapshot();
        var accepted = totals.Sum(stream => stream.Events);
        Require(accepted == durable - log.SkippedUpTo(durable), $"{accepted} events are accepted of {durable}.");
        foreach (var lane in node.Lanes.Statuses)
        {
            Require(lane.Start == 0, $"Lane {lane.Name} begins behind {lane.Start}.");
            Require(lane.Lost == 0, $"Lane {lane.Name} lost {lane.Lost} events.");
            var passed = lane.HighWater - log.SkippedUpTo(lane.HighWater);
            var known = lane.Delivered + lane.DeadLettered + lane.ParkedEvents;
            Require(
                passed == known,
                $"Lane {lane.Name} has passed {passed} events: {lane.Delivered} delivered, {lane.DeadLettered} dead, "
                + $"{lane.ParkedEvents} parked.");
            Require(lane.HighWater <= durable, $"Lane {lane.Name} has settled {lane.HighWater} of {durable}.");
            Streams(lane, totals);
        }
    }

    private static void Streams(LaneStatus lane, IReadOnlyList<StreamTotal> totals)
    {
        Require(
            lane.Streams.Sum(stream => stream.Delivered + stream.DeadLettered + stream.Parked)
                == lane.Delivered + lane.DeadLettered + lane.ParkedEvents,
            $"The streams of lane {lane.Name} are not its sum.");
        // Of events that were reclaimed before a crash the stream is not known any more.
        if (totals.Any(total => total.Stream == Other))
        {
            return;
        }
        foreach (var stream in lane.Streams)
        {
            var accepted = totals.FirstOrDefault(total => total.Stream == stream.Stream).Events;
            var settled = stream.Delivered + stream.DeadLettered + stream.Parked;
            Require(settled <= accepted, $"Lane {lane.Name} has settled {settled} of {accepted} events of {stream.Stream}.");
        }
    }
}
