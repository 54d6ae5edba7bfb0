using Ingest.Publishing;
using Ingest.Queue;

namespace Ingest.Operations.Status;

/// <summary>Sets what was promised against what became of it, lane by lane and stream by stream.</summary>
internal static class LaneAccounting
{
    internal static LaneView View(LaneStatus lane, long durable)
    {
        var high = Math.Max(lane.Settled, lane.HighWater);
        // The lane may have settled an event that became durable after the log was asked: it never has more than there is.
        var accepted = Math.Max(durable, high);
        var counted = lane.Start + lane.Delivered + lane.DeadLettered + lane.Lost;
        return new LaneView
        {
            Name = lane.Name,
            Kind = lane.Kind,
            State = StatusJson.Snake(lane.State),
            Reason = lane.Reason,
            Settled = lane.Settled,
            Saved = lane.Saved,
            PendingEvents = lane.PendingEvents,
            LagSeconds = Math.Round(lane.LagSeconds, 3),
            InFlightBatches = lane.InFlightBatches,
            InFlightEvents = lane.InFlightEvents,
            Window = Math.Round(lane.Window, 2),
            WindowMax = lane.WindowMax,
            SlowStartThreshold = Math.Round(lane.SlowStartThreshold, 2),
            Breaker = StatusJson.Snake(lane.Breaker),
            RoundTripMs = Math.Round(lane.RoundTripMs, 3),
            Attempts = lane.Attempts.ToDictionary(pair => StatusJson.Snake(pair.Key), pair => pair.Value),
            Repeated = lane.Repeated,
            Recovered = lane.Recovered,
            Sum = new LaneSum(accepted, lane.Start, lane.Delivered, lane.DeadLettered, lane.Lost, accepted - high, counted == high),
        };
    }

    internal static IReadOnlyList<StreamStatus> Streams(IReadOnlyList<StreamTotal> totals, IReadOnlyList<LaneStatus> lanes)
    {
        var accounts = lanes
            .Select(lane => (lane.Name, ByStream: lane.Streams.ToDictionary(stream => stream.Stream, StringComparer.Ordinal)))
            .ToList();
        return
        [
            .. totals.OrderBy(total => total.Stream, StringComparer.Ordinal).Select(total => new StreamStatus(
                total.Stream,
                total.Events,
                total.Bytes,
                [.. accounts.Select(lane => OfLane(lane.Name, total, lane.ByStream.GetValueOrDefault(total.Stream)))])),
        ];
    }

    private static StreamLane OfLane(string lane, StreamTotal total, StreamAccount account) =>
        new(lane, account.Delivered, account.DeadLettered, total.Events - account.Delivered - account.DeadLettered);
}
