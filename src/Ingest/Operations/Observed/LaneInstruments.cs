using System.Diagnostics.Metrics;
using Ingest.Operations.Status;
using Ingest.Publishing.Lanes;

namespace Ingest.Operations.Observed;

/// <summary>What each lane does, by lane.</summary>
internal static class LaneInstruments
{
    private static readonly string[] States = [.. Enum.GetValues<LaneState>().Select(StatusJson.Snake)];

    internal static void Add(Meter meter, Func<IReadOnlyList<LaneView>> lanes)
    {
        void Gauge(string name, Func<LaneView, double> read, string unit, string help) =>
            meter.CreateObservableGauge(name, () => lanes().Select(lane => new Measurement<double>(read(lane), Tag(lane))), unit, help);
        void Counter(string name, Func<LaneView, long> read, string help) => meter.CreateObservableCounter(
            name, () => lanes().Select(lane => new Measurement<long>(read(lane), Tag(lane))), "{event}", help);

        Gauge("ingest.lane.window", lane => lane.Window, "{batch}", "Batches that may be in flight.");
        Gauge("ingest.lane.window.max", lane => lane.WindowMax, "{batch}", "The most the window may become.");
        Gauge(
            "ingest.lane.slow_start.threshold", lane => lane.SlowStartThreshold, "{batch}", "Below this the window doubles.");
        Gauge("ingest.lane.inflight", lane => lane.InFlightBatches, "{batch}", "Batches in flight.");
        Gauge("ingest.lane.inflight.events", lane => lane.InFlightEvents, "{event}", "Events in flight.");
        Gauge("ingest.lane.lag.events", lane => lane.PendingEvents, "{event}", "Events not settled, parked ones among them.");
        Gauge("ingest.lane.parked.events", lane => lane.ParkedEvents, "{event}", "Events set aside while others are delivered.");
        Gauge("ingest.lane.lag", lane => lane.LagSeconds, "s", "Age of the oldest event not settled.");
        Gauge("ingest.lane.round_trip", lane => lane.RoundTripMs / 1000, "s", "Smoothed time of a successful attempt.");
        Gauge("ingest.lane.breaker", lane => BreakerNumber(lane.Breaker), "", "The breaker: 0 closed, 1 half open, 2 open.");
        Gauge("ingest.lane.rejected", RejectedShare, "1", "Dead-lettered over settled events.");
        Gauge("ingest.lane.balanced", lane => lane.Sum.Balanced ? 1 : 0, "", "1 while what became of the events adds up.");
        Counter("ingest.lane.delivered.events", lane => lane.Sum.Delivered, "Events the sink has.");
        // Ever: one that is delivered after all must not make the counter smaller, or a rate takes that for a new beginning.
        Counter("ingest.lane.deadlettered.events", lane => lane.Sum.DeadLettered + lane.Recovered, "Events put into the dead letters.");
        Counter("ingest.lane.lost.events", lane => lane.Sum.Lost, "Events that could not be read from the log.");
        Counter("ingest.lane.repeated.events", lane => lane.Repeated, "Events delivered once more after a rewind.");
        meter.CreateObservableCounter("ingest.lane.attempts", () => lanes().SelectMany(Attempts), "{attempt}", "Attempts by verdict.");
        meter.CreateObservableGauge(
            "ingest.lane.state", () => lanes().SelectMany(StateSet), "", "1 for the state the lane is in, 0 for the others.");
    }

    private static KeyValuePair<string, object?> Tag(LaneView lane) => new("lane", lane.Name);

    private static IEnumerable<Measurement<long>> Attempts(LaneView lane) =>
        lane.Attempts.Select(pair => new Measurement<long>(pair.Value, Tag(lane), new KeyValuePair<string, object?>("verdict", pair.Key)));

    private static IEnumerable<Measurement<long>> StateSet(LaneView lane) =>
        States.Select(state => new Measurement<long>(
            state == lane.State ? 1 : 0, Tag(lane), new KeyValuePair<string, object?>("state", state)));

    private static double BreakerNumber(string breaker) => breaker switch
    {
        "closed" => 0,
        "half_open" => 1,
        _ => 2,
    };

    private static double RejectedShare(LaneView lane)
    {
        var settled = lane.Sum.Delivered + lane.Sum.DeadLettered;
        return settled > 0 ? (double)lane.Sum.DeadLettered / settled : 0;
    }
}
