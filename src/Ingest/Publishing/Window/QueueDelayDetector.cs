using System.Numerics;

namespace Ingest.Publishing.Window;

/// <summary>
/// Says when flights wait in a queue: when all of a window's worth took longer than a flight of that size needs with nothing in front of
/// it (the idea of CoDel, RFC 8289: one that was fast disproves a standing queue, so that noise alone is none). What a flight needs by
/// itself is the least that was ever seen, learned anew where the window is 1 and nothing of ours can be in front. Pure; time is passed in.
/// </summary>
internal sealed class QueueDelayDetector(AimdOptions options)
{
    // Flights that went alone and waited all the same, before the way is believed to be longer: others' queues come and go.
    private const int SightingsMin = 4;

    // Round trips between two probes, where they are long.
    private const int ProbeRoundTrips = 20;

    // One for each power of two of bytes, and one for flights whose size is not told.
    private readonly Least[] _least = NewLeast();
    private int _flights;
    private double _smallest = double.PositiveInfinity;
    private Sighting _smallestSeen;
    private int _sightings;
    private Sighting _nearest;
    private TimeSpan _probeDue = options.QueueProbeInterval;

    /// <summary>The last window's worth waited: the window does not grow.</summary>
    internal bool IsQueued { get; private set; }

    /// <summary>Everything lands, then one flight goes alone, to see what a flight needs by itself.</summary>
    internal bool IsProbing { get; private set; }

    /// <summary>Takes note of a flight that landed well.</summary>
    /// <param name="flight">The flight.</param>
    /// <param name="trip">How long it took.</param>
    /// <param name="smoothed">The smoothed round trip.</param>
    /// <param name="now">Now.</param>
    internal void Note(in AimdDispatch flight, TimeSpan trip, TimeSpan smoothed, TimeSpan now)
    {
        ref var least = ref _least[ClassOf(flight.Bytes)];
        if (trip < least.For(flight.Bytes))
        {
            least = new Least(trip, flight.Bytes);
        }
        if (flight.IsAlone)
        {
            var trips = smoothed * ProbeRoundTrips;
            _probeDue = now + (trips > options.QueueProbeInterval ? trips : options.QueueProbeInterval);
            IsProbing = false;
        }
        else if (now >= _probeDue && smoothed > options.QueueDelayMin)
        {
            // Who came when a queue stood already takes it for the distance; and who stays forgets nothing otherwise.
            IsProbing = true;
        }
    }

    /// <summary>Judges once a window's worth of flights, all dispatched since the last decrease, was told here.</summary>
    /// <param name="flight">One of them.</param>
    /// <param name="trip">How long it took.</param>
    /// <param name="limit">The window.</param>
    internal QueueVerdict Judge(in AimdDispatch flight, TimeSpan trip, int limit)
    {
        var ratio = trip / BoundFor(flight.Bytes);
        if (ratio < _smallest)
        {
            (_smallest, _smallestSeen) = (ratio, new Sighting(trip, flight.Bytes, flight.IsAlone));
        }
        if (++_flights < limit)
        {
            return QueueVerdict.Open;
        }
        var (smallest, seen) = (_smallest, _smallestSeen);
        StartGroup();
        IsQueued = smallest > 1;
        if (IsQueued && limit == 1 && seen.IsAlone)
        {
            return Sight(seen);
        }
        _sightings = 0;
        return !IsQueued ? QueueVerdict.Free
            : new QueueVerdict(Math.Clamp(1 / smallest, options.CongestedFactor, options.SlowedFactor), Moved: false);
    }

    /// <summary>The window became smaller: what is under way says nothing about what it is now.</summary>
    internal void StartGroup() => (_flights, _smallest) = (0, double.PositiveInfinity);

    /// <summary>The window begins anew.</summary>
    internal void Restart()
    {
        StartGroup();
        (IsQueued, IsProbing, _sightings) = (false, false, 0);
    }

    private QueueVerdict Sight(Sighting seen)
    {
        _nearest = _sightings == 0 || seen.Trip < _nearest.Trip ? seen : _nearest;
        if (++_sightings < SightingsMin)
        {
            return QueueVerdict.Open;
        }
        _least[ClassOf(_nearest.Bytes)] = new Least(_nearest.Trip, _nearest.Bytes);
        (_sightings, IsQueued) = (0, false);
        return QueueVerdict.Elsewhere;
    }

    // Longer than this is waiting.
    private TimeSpan BoundFor(int bytes)
    {
        var least = _least[ClassOf(bytes)].For(bytes);
        var (multiple, plus) = (least * options.QueueOverLeast, least + options.QueueDelayMin);
        return multiple > plus ? multiple : plus;
    }

    private static int ClassOf(int bytes) => bytes <= 0 ? 0 : 1 + BitOperations.Log2((uint)bytes);

    private static Least[] NewLeast()
    {
        var least = new Least[1 + 32];
        Array.Fill(least, new Least(TimeSpan.FromDays(1), 0));
        return least;
    }

    // A larger flight of the same class may need longer in proportion.
    private readonly record struct Least(TimeSpan Trip, int Bytes)
    {
        internal TimeSpan For(int bytes) => bytes > Bytes && Bytes > 0 ? Trip * ((double)bytes / Bytes) : Trip;
    }

    private readonly record struct Sighting(TimeSpan Trip, int Bytes, bool IsAlone);
}

/// <summary>What a <see cref="QueueDelayDetector"/> thinks.</summary>
/// <param name="Factor">What should be left of the window; 1 where nothing speaks for less.</param>
/// <param name="Moved">The other side is farther away than it was: earlier decreases were for nothing.</param>
internal readonly record struct QueueVerdict(double Factor, bool Moved)
{
    /// <summary>Not enough flights yet.</summary>
    internal static QueueVerdict Open => default;

    /// <summary>Nothing waits.</summary>
    internal static QueueVerdict Free => new(1, false);

    /// <summary>What waits does not wait behind us.</summary>
    internal static QueueVerdict Elsewhere => new(1, true);

    /// <summary>The window should be smaller.</summary>
    internal bool IsQueued => Factor is > 0 and < 1;
}
