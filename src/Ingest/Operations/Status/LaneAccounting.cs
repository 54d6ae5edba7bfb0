using Ingest.Publishing.Accounting;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Queue.Totals;

namespace Ingest.Operations.Status;

/// <summary>Sets what was promised against what became of it, lane by lane and stream by stream.</summary>
internal static class LaneAccounting
{
    internal static LaneView View(LaneStatus lane, long durable, DateTimeOffset now, Func<long, long>? skippedUpTo = null)
    {
        // Numbers that were never given out are no events.
        var high = Given(Math.Max(lane.Settled, lane.HighWater));
        var before = Given(lane.Start);
        // The lane may have settled an event that became durable after the log was asked: it never has more than there is.
        var accepted = Math.Max(Given(durable), high);
        var trouble = LaneReach.Trouble(lane, now);
        var counted = before + lane.Delivered + lane.DeadLettered + lane.Lost + lane.ParkedEvents;
        return new LaneView
        {
            Name = lane.Name,
            Kind = lane.Kind,
            Client = lane.Client,
            State = StatusJson.Snake(lane.State),
            Reason = lane.Reason.Length > 0 ? lane.Reason : trouble?.Reason ?? "",
            UnreachableSince = trouble is { IsCut: true } ? trouble.Since : null,
            NextTrySeconds = lane.NextTrySeconds is { } wait ? Math.Round(wait, 1) : null,
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
            ParkedEvents = lane.ParkedEvents,
            Parked = [.. lane.Parked.Select(View)],
            Sum = new LaneSum(
                accepted,
                before,
                lane.Delivered,
                lane.DeadLettered,
                lane.Lost,
                accepted - high + lane.ParkedEvents,
                counted == high),
        };

        long Given(long upTo) => upTo - (skippedUpTo?.Invoke(upTo) ?? 0);
    }

    internal static ParkedStreamView View(ParkedStreamStatus parked) => new(
        parked.Stream,
        parked.Events,
        parked.Bytes,
        DateTimeOffset.FromUnixTimeMilliseconds(parked.SinceUnixMs).UtcDateTime,
        parked.Reason,
        parked.IsWhole,
        Math.Round(parked.NextTrySeconds, 1));

    internal static IReadOnlyList<StreamStatus> Streams(IReadOnlyList<StreamTotal> totals, IReadOnlyList<LaneStatus> lanes)
    {
        var accounts = lanes
            .Select(lane => (lane.Name, ByStream: lane.Streams.ToDictionary(stream => stream.Stream, StringComparer.Ordinal)))
            .ToList();
        return
        [
            .. totals.OrderBy(total => total.Stream, StringComparer.Ordinal).Select(total =>
                OfStream(total, [.. accounts.Select(lane => (lane.Name, lane.ByStream.GetValueOrDefault(total.Stream)))])),
        ];
    }

    private static StreamStatus OfStream(StreamTotal total, IReadOnlyList<(string Lane, StreamAccount Account)> accounts)
    {
        // A lane may have settled events of a commit that is counted the moment after: it never has more than were accepted.
        var accepted = Math.Max(
            total.Events, accounts.Select(lane => lane.Account.Delivered + lane.Account.DeadLettered).DefaultIfEmpty().Max());
        return new StreamStatus(
            total.Stream, accepted, total.Bytes, [.. accounts.Select(lane => OfLane(lane.Lane, accepted, lane.Account))]);
    }

    private static StreamLane OfLane(string lane, long accepted, StreamAccount account) =>
        new(lane, account.Delivered, account.DeadLettered, accepted - account.Delivered - account.DeadLettered);
}
