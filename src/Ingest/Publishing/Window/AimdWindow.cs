namespace Ingest.Publishing.Window;

/// <summary>
/// How many batches may be in flight, found out the way TCP does it: slow start, additive increase while the window is what limits,
/// multiplicative decrease on congestion, a smaller one when latency leaves its band or flights wait in a queue. Pure: no clock, no I/O;
/// time is passed in and only moves forward. One thread at a time.
/// </summary>
public sealed class AimdWindow
{
    private const double LimitMin = 1;
    private const double SlowStartThresholdMin = 2;

    private readonly AimdOptions _options;
    private readonly LatencyBand _latency;
    private readonly QueueDelayDetector _queue;
    private readonly Queue<AimdDispatch> _oldest = new();
    private readonly HashSet<long> _landed = [];
    private double _limit = LimitMin;
    private long _dispatched;

    // Signals of flights dispatched up to this number are old news: the window was already lowered after they had left.
    private long _decreasedAt;

    // The last dispatch that found half of the window or more in use. Flights up to it were under way while the window was what limited.
    private long _limitedAt;
    private int _generation;

    // The window before it was lowered because flights waited, while they still do; else 0.
    private double _beforeQueue;

    /// <summary>Starts in slow start with a window of 1.</summary>
    public AimdWindow(AimdOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LimitMax, 1, nameof(options));
        _options = options;
        _latency = new LatencyBand(options);
        _queue = new QueueDelayDetector(options);
        SlowStartThreshold = options.LimitMax;
    }

    /// <summary>Batches that may be in flight: at least 1, at most <see cref="AimdOptions.LimitMax"/>.</summary>
    public int Limit => (int)_limit;

    /// <summary>The window, with its fraction.</summary>
    public double Exact => _limit;

    /// <summary>Below this the window doubles with each round trip.</summary>
    public double SlowStartThreshold { get; private set; }

    /// <summary>Flights dispatched and not landed, stale ones included.</summary>
    public int InFlight { get; private set; }

    /// <summary>The last dispatch number given.</summary>
    public long LastDispatched => _dispatched;

    /// <summary>True while the window stands still, from <see cref="Freeze"/> to <see cref="Restart"/>.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Whether another flight fits.</summary>
    public bool CanDispatch => !IsFrozen && InFlight < (IsProbing ? 1 : Limit);

    /// <summary>The window runs empty for once, to see what a flight needs by itself: one goes alone, and all is as before.</summary>
    public bool IsProbing => _queue.IsProbing;

    /// <summary>The smoothed round trip of successful flights; zero before the first.</summary>
    public TimeSpan RoundTrip => _latency.Smoothed;

    /// <summary>A flight older than this is taken for congestion.</summary>
    public TimeSpan Overdue
    {
        get
        {
            var trips = _latency.Smoothed * _options.OverdueRoundTrips;
            return trips > _options.OverdueMin ? trips : _options.OverdueMin;
        }
    }

    /// <summary>Takes a permit. Ask <see cref="CanDispatch"/> first; a probe is dispatched while frozen.</summary>
    /// <param name="now">Now.</param>
    /// <param name="bytes">How large the flight is, where sizes differ.</param>
    public AimdDispatch Dispatch(TimeSpan now, int bytes = 0)
    {
        var flight = new AimdDispatch(++_dispatched, now, _generation, bytes, IsAlone: InFlight == 0);
        InFlight++;
        if (InFlight * 2 >= _limit)
        {
            _limitedAt = flight.Number;
        }
        _oldest.Enqueue(flight);
        return flight;
    }

    /// <summary>The flight was delivered.</summary>
    public void Succeeded(in AimdDispatch flight, TimeSpan now)
    {
        if (!Land(flight))
        {
            return;
        }
        var trip = now - flight.Dispatched;
        var outside = _latency.Add(trip, now);
        _queue.Note(flight, trip, _latency.Smoothed, now);
        if (flight.Number <= _decreasedAt)
        {
            return;
        }
        if (WaitsInQueue(_queue.Judge(flight, trip, Limit), out var factor))
        {
            Decrease(factor);
        }
        else if (outside)
        {
            Decrease(_options.SlowedFactor);
        }
        else if (flight.Number <= _limitedAt && !_queue.IsQueued)
        {
            _limit = Math.Min(_limit + (_limit < SlowStartThreshold ? 1 : 1 / _limit), _options.LimitMax);
        }
    }

    /// <summary>The flight met congestion: a throttle, a retriable error, a timeout.</summary>
    public void Congested(in AimdDispatch flight)
    {
        if (Land(flight) && flight.Number > _decreasedAt)
        {
            Decrease(_options.CongestedFactor);
        }
    }

    /// <summary>The flight ended in a way that says nothing about load.</summary>
    public void Ignored(in AimdDispatch flight) => Land(flight);

    /// <summary>Looks at the oldest flight: overdue is congestion, once per flight.</summary>
    public void Tick(TimeSpan now)
    {
        if (Oldest() is { } oldest && !IsFrozen && oldest.Generation == _generation && oldest.Number > _decreasedAt
            && now - oldest.Dispatched >= Overdue)
        {
            Decrease(_options.CongestedFactor);
        }
    }

    /// <summary>When <see cref="Tick"/> has something to look at; null while nothing in flight can become overdue.</summary>
    public TimeSpan? NextTick =>
        Oldest() is { } oldest && !IsFrozen && oldest.Generation == _generation && oldest.Number > _decreasedAt
            ? oldest.Dispatched + Overdue
            : null;

    /// <summary>The breaker opened: the window stands still, and flights under way only give their permits back.</summary>
    public void Freeze()
    {
        if (!IsFrozen)
        {
            IsFrozen = true;
            _generation++;
        }
    }

    /// <summary>The breaker closed: slow start from 1, up to half of what the window was.</summary>
    public void Restart()
    {
        SlowStartThreshold = Math.Clamp(_limit / 2, Math.Min(SlowStartThresholdMin, _options.LimitMax), _options.LimitMax);
        _limit = LimitMin;
        IsFrozen = false;
        _generation++;
        _decreasedAt = 0;
        _beforeQueue = 0;
        _latency.Restart();
        _queue.Restart();
    }

    private bool WaitsInQueue(QueueVerdict verdict, out double factor)
    {
        factor = verdict.Factor;
        if (verdict.IsQueued)
        {
            _beforeQueue = Math.Max(_beforeQueue, _limit);
        }
        else if (verdict.Moved)
        {
            // The way became longer and no queue did: back to where it was, as fast as a slow start goes.
            SlowStartThreshold = Math.Max(SlowStartThreshold, _beforeQueue);
            _beforeQueue = 0;
        }
        else if (factor > 0)
        {
            _beforeQueue = 0;
        }
        return verdict.IsQueued;
    }

    private void Decrease(double factor)
    {
        _limit = Math.Max(_limit * factor, LimitMin);
        SlowStartThreshold = Math.Clamp(_limit, Math.Min(SlowStartThresholdMin, _options.LimitMax), _options.LimitMax);
        _decreasedAt = _dispatched;
        _queue.StartGroup();
    }

    // Gives the permit back. False: the flight belongs to an earlier life of the window.
    private bool Land(in AimdDispatch flight)
    {
        if (!_landed.Add(flight.Number) || flight.Number > _dispatched || InFlight == 0)
        {
            throw new InvalidOperationException("A flight lands once.");
        }
        InFlight--;
        Oldest();
        return flight.Generation == _generation && !IsFrozen;
    }

    private AimdDispatch? Oldest()
    {
        while (_oldest.TryPeek(out var oldest))
        {
            if (!_landed.Remove(oldest.Number))
            {
                return oldest;
            }
            _oldest.Dequeue();
        }
        return null;
    }
}
