using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Wal;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Simulation.Node;

/// <summary>
/// One life of a node: the log, the queue, the upkeep, the lanes, the dead letters and the drain as the product has them, put together as
/// it does (OpenNode, NodeLog, NodeDrain), without what speaks HTTP.
/// </summary>
internal sealed class SimulatedNode : IAsyncDisposable
{
    private const string LogPlace = "/wal";
    private const string DeadLettersPlace = "/dead";
    private const string ParkedPlaces = "/parked";
    private const int SegmentBytesBeside = 16 * 1024;

    private readonly IWalDirectory _directory;
    private readonly LogUpkeep _upkeep;

    private SimulatedNode(NodeWorld world, IWalDirectory directory, WriteAheadLog log)
    {
        (_directory, Log) = (directory, log);
        var setup = world.Setup;
        var totalsCursor = log.OpenCursor(LogUpkeep.TotalsCursor);
        TotalsRecovery.Recover(log, totalsCursor, Totals);
        var (sequence, encoded) = Totals.Encode();
        if (sequence != totalsCursor.Sequence)
        {
            totalsCursor.Save(sequence, encoded);
        }
        Queue = new CommitQueue(
            log,
            setup.Queue,
            Gate,
            Totals,
            NodeWorld.Instruments,
            world.Clock,
            world.Loggers.CreateLogger<CommitQueue>(),
            () => new SimulatedCommitDriver(world.Scheduler, world.Random, setup.CommitSlowMax));
        DeadLetters = new DeadLetterStore(
            DeadLettersPlace,
            log.Id,
            setup.DeadLetters,
            SegmentBytesBeside,
            NodeWorld.Instruments,
            world.Clock,
            world.Loggers,
            publication: null,
            projection: null,
            world.Places);
        Lanes = new LaneSet(
            log,
            [.. setup.Lanes.Select(lane => new LaneSpec(lane.Name, "simulated", () => world.NewSink(lane.Name, lane.Traits)))],
            setup.Publishing,
            DeadLetters,
            NodeWorld.Instruments,
            world.Clock,
            world.Loggers,
            world.Random.Next(),
            new ParkedPlace(ParkedPlaces, log.Id, SegmentBytesBeside) { Disk = world.Places });
        _upkeep = new LogUpkeep(
            log,
            Totals,
            totalsCursor,
            setup.Upkeep,
            Gate,
            () => Lanes.SettledSequence,
            () => long.MaxValue,
            () => directory.FreeBytes,
            world.Clock,
            world.Loggers.CreateLogger<LogUpkeep>());
        Queue.Committed = _upkeep.AfterCommit;
        Drain = new DrainController(
            setup.Drain, new SimulatedDrainSteps(this), world.Clock, world.Loggers.CreateLogger<DrainController>());
    }

    internal WriteAheadLog Log { get; }

    internal AdmissionGate Gate { get; } = new();

    internal StreamTotals Totals { get; } = new();

    internal CommitQueue Queue { get; }

    internal LaneSet Lanes { get; }

    internal DeadLetterStore DeadLetters { get; }

    internal DrainController Drain { get; }

    /// <summary>Requests that wait for their answer.</summary>
    internal int RequestsInFlight { get; set; }

    /// <summary>A drain came to its end and wants the process to end.</summary>
    internal bool IsExiting { get; set; }

    /// <summary>Opens the node and starts it.</summary>
    /// <exception cref="StorageException">A start failed; the process ends.</exception>
    internal static SimulatedNode Open(NodeWorld world)
    {
        var directory = world.Places.Open(LogPlace);
        var node = new SimulatedNode(world, directory, world.Places.OpenLog(directory, world.Setup.Wal with { Holds = LaneSet.IsLane }));
        node.Lanes.Start();
        node.DeadLetters.Start(node.Lanes);
        node.Gate.Open(RefusalCode.Starting);
        return node;
    }

    /// <summary>Says that the process stops in order.</summary>
    internal void MarkClean()
    {
        _upkeep.SaveTotals();
        if (Log.Poison is not null)
        {
            return;
        }
        try
        {
            Log.MarkClean();
        }
        catch (StorageException) when (Log.Poison is null)
        {
            // Recovery does without.
        }
    }

    /// <summary>Closes everything in the order in which a node does.</summary>
    public async ValueTask DisposeAsync()
    {
        await Drain.DisposeAsync();
        await Lanes.DisposeAsync();
        await DeadLetters.DisposeAsync();
        Queue.Dispose();
        await _upkeep.DisposeAsync();
        Log.Dispose();
        _directory.Dispose();
    }
}
