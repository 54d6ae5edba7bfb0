using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Operations.Status;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Simulation.Model;
using Ingest.Testing;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Operations;

/// <summary>A real log and queue in a directory of their own, lanes as a test says, and the status of all.</summary>
internal sealed class NodeFixture : ILaneStatuses, IDeadLetterStatus, IDrainStatus, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CommitQueue _queue;

    public NodeFixture()
    {
        Log = WriteAheadLog.Open(WalDirectory.Open(_directory["wal"]), new WalOptions
        {
            SegmentBytes = 1024 * 1024,
            TailBytes = TailSizes.Tested,
        });
        Health = new HealthState(Gate, new HealthOptions(), Time);
        _queue = new CommitQueue(
            Log, new QueueOptions(), Gate, new StreamTotals(), Instruments, Time, NullLogger<CommitQueue>.Instance);
        Status = new StatusReader(
            new Lazy<NodeView>(new NodeView
            {
                Name = "node-1",
                Version = "1.2.3+abc",
                Gate = Gate,
                Log = Log,
                LogDirectory = "/data/wal",
                WalSettings = new WalSettings(),
                Queue = _queue,
                QueueOptions = new QueueOptions(),
                Streams = Streams,
                Lanes = this,
                DeadLetters = this,
                Drain = this,
                Health = Health,
                Producers = () => new ProducersStatus(7, 100, 2, 3),
            }),
            Time);
    }

    public FakeTime Time { get; } = new();

    public Instruments Instruments { get; } = new();

    public AdmissionGate Gate { get; } = new();

    public WriteAheadLog Log { get; }

    public StatusReader Status { get; }

    public IReadOnlyList<LaneStatus> Lanes { get; set; } = [];

    public StreamTotals Streams { get; } = new();

    public DeadLetterStatus Letters { get; set; } = new(0, 200_000, 0, 1024, 0, null, false, 0, null, []);

    public HealthState Health { get; }

    /// <summary>How often the lanes were asked.</summary>
    public int Looks { get; private set; }

    public DrainStatus Drain { get; set; } = new()
    {
        Phase = DrainPhase.Serving,
        Reason = "",
        ExitAfter = false,
        WaitsSkipped = false,
        Phases = [],
        RequestsInFlight = 3,
        Backlog = new DrainBacklog(0, 0, TimeSpan.Zero),
        Remaining = null,
        Failures = [],
    };

    IReadOnlyList<LaneStatus> ILaneStatuses.Statuses
    {
        get
        {
            Looks++;
            return Lanes;
        }
    }

    IReadOnlyList<CursorPosition> ILaneStatuses.Orphans => [new("old", 17)];

    DeadLetterStatus IDeadLetterStatus.Status => Letters;

    DrainStatus IDrainStatus.Status => Drain;

    public void Dispose()
    {
        _queue.Dispose();
        Log.Dispose();
        Instruments.Dispose();
        _directory.Dispose();
    }
}
