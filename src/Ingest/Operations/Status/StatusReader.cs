using Ingest.Publishing.Lanes;
using System.Diagnostics;
using Ingest.Drain;
using Ingest.Health.Disk;
using Ingest.Health.Memory;
using Ingest.Health;
using Ingest.Operations.Attention;
using Ingest.Wal;

namespace Ingest.Operations.Status;

/// <summary>
/// Looks at the node and writes down what it sees. Nothing stops for it: lanes are read before the log, so that events that settle
/// in between show as pending and not as an account that does not add up.
/// </summary>
public sealed class StatusReader
{
    private const int DamageShownMax = 100;

    private static readonly TimeSpan RecentAge = TimeSpan.FromMilliseconds(250);

    private readonly Lazy<NodeView> _node;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _startedAt;
    private readonly long _started;
    private readonly AttentionBook _attention;
    private readonly Lock _lock = new();

    // Under the lock.
    private NodeStatus? _recent;
    private long _recentAt;

    /// <param name="view">Asked for with the first status: routes and instruments are made before the node is open.</param>
    /// <param name="time">The clock.</param>
    internal StatusReader(Lazy<NodeView> view, TimeProvider time)
    {
        (_node, _time) = (view, time);
        _attention = new AttentionBook(time);
        (_startedAt, _started) = (time.GetUtcNow(), time.GetTimestamp());
    }

    /// <summary>When the process started, in seconds since 1970; the same for as long as it runs.</summary>
    internal double ProcessStart { get; } = StartOfProcess();

    private NodeView View => _node.Value;

    /// <summary>The node as it is now. Any thread.</summary>
    public NodeStatus Read()
    {
        var lanes = View.Lanes.Statuses;
        var log = View.Log;
        var durable = log.DurableSequence;
        var streams = View.Streams.Snapshot();
        var drain = View.Drain.Status;
        var reasons = View.Gate.Reasons;
        var sample = View.Health.Sample;
        var now = _time.GetUtcNow();
        var status = new NodeStatus
        {
            Node = View.Name,
            Version = View.Version,
            StartedAt = _startedAt,
            UptimeSeconds = Rounded(_time.GetElapsedTime(_started).TotalSeconds),
            State = State(reasons, drain.Phase, log),
            Ready = reasons.Count == 0,
            Reasons = [.. reasons.Select(reason => new ReasonStatus(reason.Code.Text(), reason.Detail))],
            Drain = Progress(drain),
            Log = ReadLog(log, durable, lanes),
            Queue = ReadQueue(),
            Lanes = [.. lanes.Select(lane => LaneAccounting.View(lane, durable, now, log.SkippedUpTo))],
            Orphans = [.. View.Lanes.Orphans.Select(orphan => new OrphanStatus(orphan.Name, orphan.Sequence))],
            Streams = LaneAccounting.Streams(streams, lanes),
            DeadLetters = DeadLetterView.Of(View.DeadLetters.Status, now),
            Producers = View.Producers(),
            Memory = sample is null ? null : Memory(sample),
            Disk = sample is null ? null : new DiskStatus(
                sample.DiskState == DiskState.Good ? "good" : "refusing", sample.DiskFree, sample.DiskTotal),
            Policy = View.Policy is { } policy ? PolicyView.Of(policy.Status) : null,
        };
        return _attention.Look(status, log.BytesBehind(log.FirstSequence - 1));
    }

    /// <summary>
    /// The node as of at most a quarter of a second ago: forty instruments asked one after the other look at the node once. Any thread.
    /// </summary>
    public NodeStatus Recent()
    {
        lock (_lock)
        {
            if (_recent is null || _time.GetElapsedTime(_recentAt) > RecentAge)
            {
                _recent = Read();
                _recentAt = _time.GetTimestamp();
            }
            return _recent;
        }
    }

    private static double StartOfProcess()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }

    private static string State(IReadOnlyList<Refusal> reasons, DrainPhase phase, WriteAheadLog log) =>
        log.Poison is not null ? "failed"
        : phase == DrainPhase.Drained ? "drained"
        : phase != DrainPhase.Serving ? "draining"
        : reasons.Any(reason => reason.Code == RefusalCode.Starting) ? "starting"
        : "serving";

    private LogStatus ReadLog(WriteAheadLog log, long durable, IReadOnlyList<LaneStatus> lanes)
    {
        var damage = log.Quarantined;
        return new LogStatus
        {
            Directory = View.LogDirectory,
            Id = log.Id,
            First = log.FirstSequence,
            Durable = durable,
            Bytes = log.Bytes,
            BytesMax = View.WalSettings.BytesMax,
            Pending = lanes.Select(lane => lane.PendingEvents).DefaultIfEmpty().Max(),
            OldestPendingSeconds = Rounded(lanes.Select(lane => lane.LagSeconds).DefaultIfEmpty().Max()),
            Poison = log.Poison?.Message,
            Recovery = new RecoveryStatus(log.Recovery.CleanShutdown, log.Recovery.BytesScanned, log.Recovery.TornBytes),
            LostEvents = damage.Sum(range => range.Records) + (log.Recovery.MissingEnd?.Count ?? 0),
            ReadFromMemory = log.ReadFromMemory,
            ReadFromDisk = log.ReadFromDisk,
            MemoryErrors = log.MemoryErrors,
            TailBytes = log.TailBytesHeld,
            WritesDirect = log.WritesDirect,
            DirectRefusal = log.DirectRefusal,
            Damage = [.. damage.Take(DamageShownMax).Select(range => new DamageStatus(
                range.Segment, range.Offset, range.Bytes, range.FirstSequence, range.Records, range.Copy))],
        };
    }

    private QueueStatus ReadQueue()
    {
        var (queue, options) = (View.Queue, View.QueueOptions);
        return new QueueStatus(
            queue.Items, options.DepthItems, queue.Bytes, options.DepthBytes, queue.Groups, Rounded(queue.CommitRunning.TotalSeconds));
    }

    private static MemoryStatus Memory(HealthSample sample)
    {
        var memory = sample.Memory;
        return new MemoryStatus(
            sample.MemoryState == MemoryState.Good ? "good" : "failing",
            Math.Round(memory.Ratio, 4),
            memory.Anonymous,
            memory.Limit,
            memory.LimitSource ?? "unknown",
            memory.GcHeap,
            memory.GcLimit);
    }

    private static DrainProgress Progress(DrainStatus drain) => new()
    {
        Phase = drain.Phase.Text(),
        Reason = drain.Reason,
        ExitAfter = drain.ExitAfter,
        WaitsSkipped = drain.WaitsSkipped,
        RequestsInFlight = drain.RequestsInFlight,
        RemainingSeconds = drain.Remaining is { } remaining ? Rounded(remaining.TotalSeconds) : null,
        BacklogEvents = drain.Backlog.Events,
        BacklogBytes = drain.Backlog.Bytes,
        BacklogOldestSeconds = Rounded(drain.Backlog.OldestAge.TotalSeconds),
        Phases = [.. drain.Phases.Select(timing =>
            new PhaseProgress(timing.Phase.Text(), timing.StartedAt, Rounded(timing.Took.TotalSeconds)))],
        Failures = drain.Failures,
    };

    private static double Rounded(double seconds) => Math.Round(seconds, 3);
}
