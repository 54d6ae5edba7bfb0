using System.Diagnostics.Metrics;
using Ingest.Operations.Status;

namespace Ingest.Operations.Observed;

/// <summary>
/// The instruments that are read instead of recorded: what status shows, as numbers. They are asked at each scrape or export, and
/// cost nothing before.
/// </summary>
public sealed class ObservedInstruments
{
    private readonly StatusReader _status;
    private readonly StreamSeries _streams = new();

    /// <summary>Adds them to our meter, where they live as long as it does.</summary>
    public ObservedInstruments(Instruments instruments, StatusReader status)
    {
        _status = status;
        var meter = instruments.Meter;
        AddIntake(meter);
        AddProducers(meter);
        AddLog(meter);
        AddNode(meter);
        AddPolicy(meter);
        LaneInstruments.Add(meter, () => _status.Recent().Lanes);
        DeadLetterInstruments.Add(meter, () => _status.Recent().DeadLetters);
    }

    private void AddIntake(Meter meter)
    {
        meter.CreateObservableCounter(
            "ingest.events.accepted",
            () => _streams.Read(Now.Streams, stream => stream.Accepted),
            "{event}",
            "Events answered with 202, by stream.");
        meter.CreateObservableCounter(
            "ingest.bytes.accepted",
            () => _streams.Read(Now.Streams, stream => stream.AcceptedBytes),
            "By",
            "Their encoded bytes, by stream.");
        meter.CreateObservableGauge("ingest.queue.requests", () => Now.Queue.Items, "{request}", "Requests that wait for their commit.");
        meter.CreateObservableGauge("ingest.queue.bytes", () => Now.Queue.Bytes, "By", "Bytes that wait for their commit.");
        meter.CreateObservableGauge(
            "ingest.requests.in_flight", () => Now.Drain.RequestsInFlight, "{request}", "Requests let in and not answered yet.");
    }

    private void AddProducers(Meter meter)
    {
        meter.CreateObservableGauge(
            "ingest.producers.known", () => Now.Producers.Known, "{producer}", "Producers whose next number is known (Ingest-Producer).");
        meter.CreateObservableGauge("ingest.producers.limit", () => Now.Producers.Max, "{producer}", "How many producers may be known.");
        meter.CreateObservableCounter(
            "ingest.producers.dropped",
            () => Now.Producers.Dropped,
            "{producer}",
            "Producers forgotten, for their age or to make room.");
        meter.CreateObservableCounter(
            "ingest.producers.repeats", () => Now.Producers.Repeats, "{request}", "Repeats of producers' requests, which stored nothing.");
    }

    private void AddLog(Meter meter)
    {
        meter.CreateObservableCounter("ingest.log.durable.events", () => Now.Log.Durable, "{event}", "The last sequence number on disk.");
        meter.CreateObservableGauge("ingest.log.bytes", () => Now.Log.Bytes, "By", "Bytes of the log's files.");
        meter.CreateObservableGauge("ingest.log.limit", () => Now.Log.BytesMax, "By", "Bytes at which intake refuses.");
        meter.CreateObservableGauge(
            "ingest.log.oldest_pending.age",
            () => Now.Log.OldestPendingSeconds,
            "s",
            "Age of the oldest event that some lane has not settled.");
        meter.CreateObservableGauge("ingest.log.lost.events", () => Now.Log.LostEvents, "{event}", "Events lost to damage of the log.");
        meter.CreateObservableCounter(
            "ingest.log.read.events",
            () => ReadEvents(Now.Log),
            "{event}",
            "Events that lanes and other readers took from memory, or read from the disk.");
        meter.CreateObservableCounter(
            "ingest.log.memory.errors",
            () => Now.Log.MemoryErrors,
            "{error}",
            "How often events were found wrong in memory, and read from the disk instead.");
        meter.CreateObservableGauge("ingest.log.tail.bytes", () => Now.Log.TailBytes, "By", "Memory that the last events take.");
        meter.CreateObservableGauge(
            "ingest.log.poisoned",
            () => Now.Log.Poison is null ? 0 : 1,
            "",
            "1 after a failed write or flush: the process is about to exit.");
    }

    private void AddNode(Meter meter)
    {
        meter.CreateObservableGauge(
            "process.start_time",
            () => _status.ProcessStart,
            "s",
            "When the process started, in seconds since 1970.");
        meter.CreateObservableGauge("ingest.ready", () => Now.Ready ? 1 : 0, "", "1 while the node accepts events.");
        meter.CreateObservableGauge(
            "ingest.unready.reason",
            () => Now.Reasons.DistinctBy(reason => reason.Code)
                .Select(reason => new Measurement<long>(1, new KeyValuePair<string, object?>("code", reason.Code))),
            "",
            "1 for each reason that holds now.");
        meter.CreateObservableGauge(
            "ingest.drain.phase",
            () => new Measurement<long>(1, new KeyValuePair<string, object?>("phase", Now.Drain.Phase)),
            "",
            "1 for the phase the drain is in; serving when there is none.");
        meter.CreateObservableGauge("ingest.drain.backlog", () => Now.Drain.BacklogEvents, "{event}", "Events a drain has yet to deliver.");
        meter.CreateObservableGauge("ingest.memory", () => Measured(Now.Memory?.Ratio), "1", "Memory used over memory allowed.");
        meter.CreateObservableGauge(
            "ingest.memory.anonymous",
            () => Measured(Now.Memory?.AnonymousBytes),
            "By",
            "Memory the process holds, page cache not counted.");
        meter.CreateObservableGauge("ingest.memory.limit", () => Measured(Now.Memory?.LimitBytes), "By", "Memory the process may hold.");
        meter.CreateObservableGauge(
            "ingest.memory.failing",
            () => Measured(Now.Memory is { } memory ? (memory.State == "failing" ? 1 : 0) : null),
            "",
            "1 while memory is a reason not to be ready.");
        meter.CreateObservableGauge("ingest.disk.free", () => Measured(Now.Disk?.FreeBytes), "By", "Bytes free where the log lies.");
        meter.CreateObservableGauge(
            "ingest.disk.size", () => Measured(Now.Disk?.TotalBytes), "By", "Size of the file system the log lies on.");
    }

    private void AddPolicy(Meter meter)
    {
        meter.CreateObservableCounter(
            "ingest.policy.changes",
            () => Now.Policy?.Changes ?? 0,
            "{change}",
            "How often another policy of the operator came into force.");
        meter.CreateObservableGauge(
            "ingest.policy.rejected",
            () => Now.Policy?.Error is null ? 0 : 1,
            "",
            "1 while the policy file as it is now is not in force because it is wrong or cannot be read.");
    }

    private static IEnumerable<Measurement<long>> ReadEvents(LogStatus log) =>
    [
        new(log.ReadFromMemory, new KeyValuePair<string, object?>("source", "memory")),
        new(log.ReadFromDisk, new KeyValuePair<string, object?>("source", "disk")),
    ];

    private NodeStatus Now => _status.Recent();

    // Nothing instead of a made-up number before the first look.
    private static IEnumerable<Measurement<double>> Measured(double? value) => value is { } known ? [new Measurement<double>(known)] : [];
}
