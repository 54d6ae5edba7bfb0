namespace Ingest.Simulation.Node;

/// <summary>
/// Runs one piece of work after another, on one thread: what the thread pool was given, what timers call, what the simulation posts. The
/// seed draws which of them is next. Time moves on its own only when nothing is ready.
/// </summary>
internal sealed class SimulatedScheduler
{
    // What a piece of work takes.
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(5);

    private readonly SeizedThreadPool _pool;
    private readonly Random _random;
    private readonly SchedulingStyle _style;
    private readonly List<object> _ready = [];

    internal SimulatedScheduler(SeizedThreadPool pool, SimulatedClock clock, Random random)
    {
        (_pool, Clock, _random) = (pool, clock, random);
        _style = (SchedulingStyle)random.Next(Enum.GetValues<SchedulingStyle>().Length);
    }

    internal SimulatedClock Clock { get; }

    /// <summary>Pieces of work run so far.</summary>
    internal long Steps { get; private set; }

    /// <summary>Told of each piece of work before it runs.</summary>
    internal Action<string>? Trace { get; set; }

    /// <summary>Has something run, sooner or later.</summary>
    internal void Post(Action work) => _ready.Add(work);

    /// <summary>Runs one piece of work. False: there is none, and no timer is set.</summary>
    internal bool Step()
    {
        Pull();
        if (_ready.Count == 0 && !Clock.MoveToNext())
        {
            return false;
        }
        if (_ready.Count == 0 || _random.Next(8) == 0)
        {
            Clock.TakeDue(_ready);
        }
        if (_ready.Count == 0)
        {
            return true;
        }
        var index = Draw();
        var work = _ready[index];
        _ready.RemoveAt(index);
        Steps++;
        Trace?.Invoke($"{Clock.Now.TotalMilliseconds:F3} ms, {index} of {_ready.Count + 1}: {work.GetType().Name}");
        Run(work);
        Clock.Tick(Tick);
        return true;
    }

    /// <summary>The process is gone: nothing of it runs any more.</summary>
    internal void Forget()
    {
        Pull();
        _ready.Clear();
        Clock.Forget();
    }

    private void Pull()
    {
        while (_pool.Take() is { } item)
        {
            _ready.Add(item);
        }
    }

    private int Draw() => _style switch
    {
        SchedulingStyle.InOrder when _random.Next(8) > 0 => 0,
        SchedulingStyle.LastFirst when _random.Next(4) > 0 => _ready.Count - 1,
        _ => _random.Next(_ready.Count),
    };

    private void Run(object work)
    {
        if (work is Action action)
        {
            action();
        }
        else
        {
            _pool.Run(work);
        }
    }

    private enum SchedulingStyle
    {
        Any,
        InOrder,
        LastFirst,
    }
}
