using System.Diagnostics.Metrics;
using Ingest.DeadLetters;
using Ingest.Operations.Status;

namespace Ingest.Operations.Observed;

/// <summary>What waits in the dead letters.</summary>
internal static class DeadLetterInstruments
{
    private static readonly Measurement<long>[] Nothing = [];
    private static readonly Measurement<double>[] NoTime = [];

    internal static void Add(Meter meter, Func<DeadLetterView> letters)
    {
        void ByLane(string name, Func<LaneDeadLetterCounts, long> read, string unit, string help) => meter.CreateObservableGauge(
            name,
            () => letters().Lanes.Select(lane => new Measurement<long>(read(lane), new KeyValuePair<string, object?>("lane", lane.Lane))),
            unit,
            help);

        ByLane("ingest.deadletters.pending", lane => lane.Count, "{event}", "Dead letters nobody has resolved, by lane.");
        ByLane("ingest.deadletters.requeued", lane => lane.Requeued, "{event}", "Of them, those on their way back, by lane.");
        ByLane("ingest.deadletters.bytes", lane => lane.Bytes, "By", "Their bytes, by lane.");
        meter.CreateObservableGauge(
            "ingest.deadletters.limit", () => letters().BytesMax, "By", "Bytes of dead letters at which a lane that has more stops.");
        meter.CreateObservableGauge(
            "ingest.deadletters.limit.events", () => letters().CountMax, "{event}", "Dead letters at which a lane that has more stops.");
        meter.CreateObservableGauge("ingest.deadletters.log", () => letters().LogBytes, "By", "Bytes of the dead letters' files.");
        meter.CreateObservableGauge(
            "ingest.deadletters.oldest.age",
            () => letters().OldestSeconds,
            "s",
            "Time since the oldest event among the dead letters was first tried.");
        meter.CreateObservableCounter(
            "ingest.deadletters.published",
            () => letters().Publication is { } publication ? [new Measurement<long>(publication.Published)] : Nothing,
            "{event}",
            "Dead letters published, where DeadLetters:PublishTo asks for it.");
        meter.CreateObservableGauge(
            "ingest.deadletters.publication.lag",
            () => letters().Publication is { } publication ? [new Measurement<double>(publication.LagSeconds)] : NoTime,
            "s",
            "Age of the oldest event among the dead letters on their way to be published.");
        meter.CreateObservableGauge(
            "ingest.deadletters.store",
            () => letters().Store?.Bytes ?? 0,
            "By",
            "Bytes of the files that answer questions over dead letters.");
        meter.CreateObservableCounter(
            "ingest.deadletters.store.failures",
            () => letters().Store?.Failures ?? 0,
            "{failure}",
            "How often these files were put aside and filled again.");
        meter.CreateObservableGauge(
            "ingest.deadletters.lost.events", () => letters().Lost, "{event}", "Records of the dead letters that could not be read.");
    }
}
