using Ingest.DeadLetters;
using Ingest.Publishing.Breaker;
using Ingest.Simulation.Disk;
using Ingest.Wal.Storage;

namespace Ingest.Simulation.Node;

/// <summary>
/// The life of a node, decided by a seed: producers, sinks, disks, crashes, drains and commands in any order, and after them the proof that
/// nothing is lost and everything comes to rest. A broken promise is a <see cref="NodeModelException"/>.
/// </summary>
internal sealed class NodeHistory
{
    /// <summary>Simulated time within which everything is settled after the last fault.</summary>
    internal static readonly TimeSpan RestMax = TimeSpan.FromMinutes(5);

    /// <summary>Most actions before the node comes to rest.</summary>
    internal const int ActionsMax = 60;

    private const int ActionsMin = 5;
    private const long StepsMax = 300_000;

    // Accounts are looked at this often: it costs more than a step.
    private const int AccountsEvery = 32;
    private const int LettersPage = 1000;

    private readonly NodeWorld _world;
    private readonly Producers _producers;
    private readonly Operators _operators;

    // By lane, as of the last look at rest.
    private readonly Dictionary<string, List<DeadLetter>> _letters = new(StringComparer.Ordinal);
    private readonly int _actionsMax;
    private readonly (int Weight, Func<string> Do)[] _actions;

    private SimulatedNode? _node;
    private Task? _closing;
    private CrashStyle _powerCutStyle;
    private long _looks;
    private bool _sawParked;
    private bool _sawOpen;

    internal NodeHistory(SeizedThreadPool pool, int seed, int actionsMax = int.MaxValue)
    {
        _world = new NodeWorld(pool, seed);
        (_producers, _operators, _actionsMax) = (new Producers(_world), new Operators(_world), actionsMax);
        foreach (var lane in _world.Model.Lanes)
        {
            lane.IsDead = sequence => _node?.DeadLetters.CountIn(lane.Name, sequence, sequence) is { } count ? count > 0 : null;
        }
        _actions =
        [
            (40, Submit),
            (10, () => LetPass(TimeSpan.FromMilliseconds(Random.Next(3000)))),
            (Weight(6), ChangeMood),
            (Weight(3), Sicken),
            (Weight(6), () => Running(_operators.Act)),
            (Weight(3), () => Crash((CrashStyle)Random.Next(Enum.GetValues<CrashStyle>().Length))),
            (Weight(3), CutPower),
            (Weight(3), FailDisk),
            (Weight(1), FillDisk),
            (Weight(1), StepClock),
            (Weight(2), () => Running(Drain)),
        ];
    }

    /// <summary>Crashes, power cuts and failed operations so far.</summary>
    internal int Faults { get; private set; }

    /// <summary>Events that were acknowledged.</summary>
    internal int Acknowledged => _world.Model.Acknowledged.Count;

    /// <summary>Pieces of work run.</summary>
    internal long Steps => _world.Scheduler.Steps;

    /// <summary>Simulated time from the last fault until everything was settled.</summary>
    internal TimeSpan Rest { get; private set; }

    /// <summary>What happened, by name.</summary>
    internal SortedDictionary<string, int> Coverage { get; } = new(StringComparer.Ordinal);

    /// <summary>Told of everything that happens.</summary>
    internal Action<string>? Trace
    {
        get => _world.Trace;
        init => _world.Trace = value;
    }

    private Random Random => _world.Random;

    /// <summary>Lives it.</summary>
    internal void Run()
    {
        try
        {
            Open();
            for (var count = Math.Min(Random.Next(ActionsMin, ActionsMax), _actionsMax); count > 0; count--)
            {
                var action = DrawAction();
                Trace?.Invoke($"== {action}");
                for (var steps = Random.Next(NodeSetup.Pick(Random, 2, 20, 200)); steps > 0 && Step(); steps--)
                {
                }
            }
            ComeToRest();
            CountCorners();
            foreach (var file in Trace is null ? [] : _world.Places.Describe())
            {
                Trace?.Invoke(file);
            }
        }
        finally
        {
            // What is left of it must not run in the next one.
            _world.End();
        }
    }

    private int Weight(int usual) => usual * NodeSetup.Pick(Random, 0, 1, 1, 4);

    private string DrawAction()
    {
        var at = Random.Next(_actions.Sum(action => action.Weight));
        foreach (var (weight, act) in _actions)
        {
            if (at < weight)
            {
                return act();
            }
            at -= weight;
        }
        return "";
    }

    // One piece of work, and what follows from it. False: nothing moves any more.
    private bool Step()
    {
        var moved = _world.Scheduler.Step();
        _looks++;
        NodeChecks.Require(Math.Max(Steps, _looks) <= StepsMax, $"The node has done {Steps} pieces of work and finds no end.");
        if (_world.Places.Faults.PowerIsCut)
        {
            Crash(_powerCutStyle);
        }
        else if (_closing is { IsCompleted: true } closed)
        {
            closed.GetAwaiter().GetResult();
            (_closing, _node) = (null, null);
            _world.End();
            Count("ended in order");
            Open();
        }
        else if (_node is { IsExiting: true } ended && _closing is null)
        {
            _closing = ended.DisposeAsync().AsTask();
        }
        else if (_node is { Queue.Failed.IsCompleted: true } && Random.Next(20) == 0)
        {
            Count("log failed");
            Crash(CrashStyle.ProcessKilled);
        }
        Check();
        return moved;
    }

    private void Check()
    {
        if (_world.Model.Broken is { } broken)
        {
            throw new NodeModelException(broken.Message);
        }
        if (_world.Places.Violation is { } violation)
        {
            throw new NodeModelException(violation);
        }
        if (_world.Loggers.Unexpected is { } unexpected)
        {
            throw new NodeModelException($"The node met an exception that nothing explains: {unexpected}");
        }
        if (_node is null || _closing is not null)
        {
            return;
        }
        NodeChecks.Cursors(_node, _world.Model);
        CountLanes(_node);
        if (_world.Scheduler.Steps % AccountsEvery == 0)
        {
            NodeChecks.Accounts(_node);
        }
    }

    private void CountLanes(SimulatedNode node)
    {
        foreach (var lane in node.Lanes.Named([]))
        {
            _sawParked = _sawParked || lane.Receipts.Parked is { Count: > 0 };
            _sawOpen = _sawOpen || lane.Caller.State == BreakerState.Open;
        }
    }

    private void Open()
    {
        try
        {
            _node = SimulatedNode.Open(_world);
            Count("opened");
        }
        catch (Exception e) when (e is StorageException or PowerCutException)
        {
            // The process ends, and is started again later.
            Count("start failed");
            Trace?.Invoke($"start failed: {e.Message}");
            Crash(_world.Places.Faults.PowerIsCut ? _powerCutStyle : CrashStyle.ProcessKilled);
        }
    }

    private string Submit()
    {
        if (_node is null)
        {
            Open();
        }
        return Running(node =>
        {
            _producers.Submit(node);
            return "submit";
        });
    }

    private string Running(Func<SimulatedNode, string> act) => _node is { } node && _closing is null ? act(node) : "nothing: no node runs";

    private string LetPass(TimeSpan time)
    {
        var until = _world.Clock.Now + time;
        while (_world.Clock.Now < until && Step())
        {
        }
        return $"{time.TotalMilliseconds} ms passed";
    }

    private string ChangeMood()
    {
        var downstream = DrawDownstream();
        downstream.Mood = SinkMood.Draw(Random);
        return $"{downstream.Lane.Name} is {downstream.Mood.Name}";
    }

    private string Sicken()
    {
        var downstream = DrawDownstream();
        (downstream.SickKey, downstream.SickStream) = (NodeSetup.Pick(Random, "", "k0", "k1"), NodeSetup.Pick(Random, "", "", "orders"));
        return $"{downstream.Lane.Name} is sick of key {downstream.SickKey} and stream {downstream.SickStream}";
    }

    private Downstream DrawDownstream() => _world.Downstreams.ElementAt(Random.Next(_world.Setup.Lanes.Count));

    private string Crash(CrashStyle style)
    {
        Faults++;
        Count($"crash: {style}");
        (_node, _closing) = (null, null);
        _world.Kill(style);
        return $"crash, {style}";
    }

    private string CutPower()
    {
        _powerCutStyle = (CrashStyle)Random.Next(Enum.GetValues<CrashStyle>().Length);
        var changes = Random.Next(NodeSetup.Pick(Random, 3, 30));
        _world.Places.Faults.CutPowerAfter(changes);
        return $"power is cut after {changes} changes, {_powerCutStyle}";
    }

    private string FailDisk()
    {
        Faults++;
        var operation = (DiskOperation)Random.Next(Enum.GetValues<DiskOperation>().Length);
        var failure = NodeSetup.Pick(Random, StorageFailure.Failed, StorageFailure.Full);
        var after = Random.Next(6);
        _world.Places.Faults.FailNext(operation, failure, after);
        return $"{operation} fails after {after}: {failure}";
    }

    private string FillDisk()
    {
        Faults++;
        _world.Places.Capacity = NodeSetup.Pick(Random, long.MaxValue, 0, Random.Next(200_000));
        return $"the disks take {_world.Places.Capacity} bytes";
    }

    private string StepClock()
    {
        _world.Clock.WallOffset = TimeSpan.FromHours(Random.Next(-48, 48));
        return $"the wall clock is off by {_world.Clock.WallOffset}";
    }

    private string Drain(SimulatedNode node)
    {
        switch (Random.Next(4))
        {
            case 0:
                _ = node.Drain.RequestDrain("operator", exitAfter: false);
                return "drain";
            case 1:
                node.Drain.OnSignal("SIGTERM");
                return "SIGTERM";
            default:
                _ = node.Drain.ResumeAsync();
                return "resume";
        }
    }

    // Nothing fails any more: all that was accepted has to be settled within the bound, and then is looked for.
    private void ComeToRest()
    {
        _world.Places.Faults.Clear();
        _world.Places.Capacity = long.MaxValue;
        foreach (var downstream in _world.Downstreams)
        {
            downstream.Heal();
        }
        var began = _world.Clock.Now;
        while (!IsAtRest() || !HasCountedLetters())
        {
            if (_node is null)
            {
                Open();
            }
            if (_looks % 500 == 0 && _node is { IsExiting: false } node && node.Drain.Status.Phase != Ingest.Drain.DrainPhase.Serving)
            {
                _ = node.Drain.ResumeAsync();
            }
            Step();
            Rest = _world.Clock.Now - began;
            NodeChecks.Require(
                Rest <= RestMax,
                $"Not everything is settled after {Rest}: {string.Join("; ", _node?.Lanes.Statuses ?? [])}.");
        }
        Trace?.Invoke($"at rest after {Rest}");
        NodeChecks.Accounts(_node!);
        CheckNothingIsLost();
    }

    // A node that drains may end while it is asked what it has.
    private bool IsAtRest() => _node is { IsExiting: false, Drain.Status.Phase: Ingest.Drain.DrainPhase.Serving } node
        && _closing is null && !node.Lanes.IsStopped
        && node.Queue is { IsClosed: false, Items: 0 }
        && node.Lanes.Named([]).All(lane =>
            lane.Saved == node.Log.DurableSequence && lane.Receipts.Parked is { IsComplete: true, Count: 0 })
        && node.DeadLetters.Status is { IsRebuilding: false, Failure: null } letters && letters.Lanes.All(lane => lane.Requeued == 0);

    // Letters that were delivered after all reach the accounts a moment after they are noted, and void ones go a moment after their lane
    // began. What was dropped stays dead; what was refused again after a rewind is counted as what it was before.
    private bool HasCountedLetters()
    {
        _letters.Clear();
        foreach (var lane in _world.Model.Lanes)
        {
            if (AskLetters(lane.Name) is not { } letters)
            {
                return false;
            }
            _letters.Add(lane.Name, letters);
            var dead = _node!.Lanes.Statuses.Single(status => status.Name == lane.Name).DeadLettered;
            if (dead < letters.Count(letter => letter.IsCounted) || dead > letters.Count + lane.Dropped)
            {
                return false;
            }
        }
        return true;
    }

    // Null when there is work again before it is answered: the node may even end.
    private List<DeadLetter>? AskLetters(string lane)
    {
        var letters = new List<DeadLetter>();
        while (_node is { } node)
        {
            var asked = node.DeadLetters.Operations.ListAsync(
                new DeadLetterFilter { Lane = lane }, letters.LastOrDefault()?.Key, LettersPage, CancellationToken.None);
            while (!asked.IsCompleted && IsAtRest())
            {
                Step();
            }
            if (!asked.IsCompletedSuccessfully)
            {
                return null;
            }
            if (asked.Result.Count == 0)
            {
                return letters;
            }
            letters.AddRange(asked.Result);
        }
        return null;
    }

    private void CheckNothingIsLost()
    {
        foreach (var lane in _world.Model.Lanes)
        {
            lane.CheckAll(_letters[lane.Name].Select(letter => letter.Key.Sequence).ToHashSet());
        }
    }

    private void CountCorners()
    {
        Note(_sawParked, "parked");
        Note(_sawOpen, "breaker opened");
        Note(_node!.DeadLetters.Status.Count > 0, "dead letters");
        Note(_operators.Commands > 0, "commands");
        Note(_world.Model.Lanes.Any(lane => lane.Repeated > 0), "delivered again");

        void Note(bool isSo, string what) => Coverage[what] = Coverage.GetValueOrDefault(what) + (isSo ? 1 : 0);
    }

    private void Count(string what) => Coverage[what] = Coverage.GetValueOrDefault(what) + 1;
}
