using Ingest.Simulation.Disk;
using Ingest.Simulation.Model;
using Ingest.Sinks.Contract;

namespace Ingest.Simulation.Node;

/// <summary>What a history's nodes live in: the machine, the clock, the other sides of the sinks, and what was promised so far.</summary>
internal sealed class NodeWorld
{
    // One for all: its meters are of the process.
    private static readonly Instruments Shared = new();

    private readonly Dictionary<string, Downstream> _downstreams;
    private int _life;

    internal NodeWorld(SeizedThreadPool pool, int seed)
    {
        Random = new Random(seed);
        Setup = new NodeSetup(Random, TailSizes.Of(seed), DirectWriting.IsAsked(seed));
        Scheduler = new SimulatedScheduler(pool, Clock, new Random(Random.Next()));
        Places = new SimulatedPlaces(new Random(Random.Next())) { DirectWritesLeft = DirectWriting.LeftOf(seed) };
        Model = new NodeModel(Setup.Lanes.Select(lane => lane.Name));
        var poison = NodeSetup.Pick(Random, 0, 0, 7, 23);
        _downstreams = Setup.Lanes.ToDictionary(
            lane => lane.Name,
            lane => new Downstream(Model.Lanes.First(model => model.Name == lane.Name), new Random(Random.Next()))
            {
                PoisonEvery = poison,
                KeepsKeyOrder = lane.Traits.KeepsKeyOrder,
            },
            StringComparer.Ordinal);
    }

    internal Random Random { get; }

    internal NodeSetup Setup { get; }

    internal SimulatedClock Clock { get; } = new();

    internal SimulatedScheduler Scheduler { get; }

    internal SimulatedPlaces Places { get; }

    internal NodeModel Model { get; }

    internal WatchedLoggers Loggers { get; } = new();

    internal static Instruments Instruments => Shared;

    internal IEnumerable<Downstream> Downstreams => _downstreams.Values;

    /// <summary>Told of everything that happens.</summary>
    internal Action<string>? Trace
    {
        get => Scheduler.Trace;
        set => (Scheduler.Trace, Places.Faults.Trace, Loggers.Trace) = (value, value, value);
    }

    /// <summary>Lives so far: what belongs to an earlier one is gone.</summary>
    internal int Life => _life;

    internal ISink NewSink(string lane, SinkTraits traits)
    {
        var life = _life;
        return new SimulatedSink(
            _downstreams[lane], Model, Clock, () => life != _life || Places.Faults.PowerIsCut, traits, Trace);
    }

    /// <summary>The process is gone in the middle of what it did.</summary>
    internal void Kill(CrashStyle style)
    {
        _life++;
        Scheduler.Forget();
        foreach (var downstream in Downstreams)
        {
            downstream.Abandon();
        }
        Places.Crash(style);
    }

    /// <summary>The process ended in order.</summary>
    internal void End()
    {
        _life++;
        Scheduler.Forget();
    }
}
