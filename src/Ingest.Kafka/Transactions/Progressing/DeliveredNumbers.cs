namespace Ingest.Kafka;

/// <summary>
/// Events above a floor that a cluster has, as runs of numbers. What is below the floor was settled and noted on the node's disk. Pure;
/// one thread at a time.
/// </summary>
internal sealed class DeliveredNumbers
{
    /// <summary>Most runs at whatever distance from each other.</summary>
    internal const int RunsMax = 250;

    /// <summary>How far above the floor runs may be when there are more: they are written as bits then.</summary>
    internal const int SpanMax = 16_000;

    private static readonly Comparer<(long First, long Last)> ByLast =
        Comparer<(long First, long Last)>.Create((one, other) => one.Last.CompareTo(other.Last));

    private readonly List<(long First, long Last)> _runs = [];

    /// <param name="floor">What is up to here was settled and noted on the node's disk.</param>
    /// <param name="isWhole">Whether the cluster has all of that.</param>
    internal DeliveredNumbers(long floor, bool isWhole = false) => (Floor, IsWhole) = (floor, isWhole || floor <= 0);

    /// <summary>
    /// Whether the cluster has every event up to the floor: none was parked or refused, and none delivered without progress.
    /// </summary>
    internal bool IsWhole { get; private set; }

    /// <summary>Events up to here are no matter of this.</summary>
    internal long Floor { get; private set; }

    /// <summary>The highest number, or the floor.</summary>
    internal long Last => _runs.Count == 0 ? Floor : _runs[^1].Last;

    /// <summary>In ascending order, none next to another.</summary>
    internal IReadOnlyList<(long First, long Last)> Runs => _runs;

    /// <summary>Whether the cluster has an event above the floor.</summary>
    internal bool Contains(long sequence)
    {
        if (sequence > Last || sequence <= Floor)
        {
            return false;
        }
        var at = IndexFor(sequence);
        return at < _runs.Count && _runs[at].First <= sequence;
    }

    /// <summary>
    /// Whether what there would be with this event can be written. Where it cannot, the floor has to rise first.
    /// </summary>
    internal bool HasRoomFor(long sequence)
    {
        if (_runs.Count < RunsMax || sequence <= Floor || Math.Max(sequence, Last) - Floor <= SpanMax || Contains(sequence))
        {
            return true;
        }
        // More runs than that are written as bits, which reach no further.
        var at = IndexFor(sequence);
        return _runs.Count <= RunsMax && (JoinsBefore(at, sequence) || JoinsAfter(at, sequence));
    }

    /// <summary>Adds an event; those up to the floor are not kept.</summary>
    internal void Add(long sequence)
    {
        if (sequence <= Floor || Contains(sequence))
        {
            return;
        }
        var at = IndexFor(sequence);
        var (joinsBefore, joinsAfter) = (JoinsBefore(at, sequence), JoinsAfter(at, sequence));
        var first = joinsBefore ? _runs[at - 1].First : sequence;
        var last = joinsAfter ? _runs[at].Last : sequence;
        if (joinsBefore && joinsAfter)
        {
            _runs.RemoveAt(at);
        }
        if (joinsBefore)
        {
            _runs[at - 1] = (first, last);
        }
        else if (joinsAfter)
        {
            _runs[at] = (first, last);
        }
        else
        {
            _runs.Insert(at, (first, last));
        }
    }

    /// <summary>Adds a run behind all others.</summary>
    internal void Append(long first, long last) => _runs.Add((first, last));

    /// <summary>The lane begins at or behind this number after a restart: what is below is no longer kept.</summary>
    internal void RaiseFloor(long floor)
    {
        if (floor <= Floor)
        {
            return;
        }
        IsWhole &= _runs.Count > 0 && _runs[0].First == Floor + 1 && _runs[0].Last >= floor;
        Floor = floor;
        _runs.RemoveRange(0, IndexFor(floor + 1));
        if (_runs.Count > 0 && _runs[0].First <= floor)
        {
            _runs[0] = (floor + 1, _runs[0].Last);
        }
    }

    /// <summary>
    /// The lane begins below the floor, which the cluster knows better: what lies between counts as delivered. Only where
    /// <see cref="IsWhole"/>.
    /// </summary>
    internal void LowerFloor(long floor)
    {
        if (floor >= Floor)
        {
            return;
        }
        var last = Floor;
        if (_runs.Count > 0 && _runs[0].First == Floor + 1)
        {
            last = _runs[0].Last;
            _runs.RemoveAt(0);
        }
        _runs.Insert(0, (floor + 1, last));
        Floor = floor;
    }

    /// <summary>A copy that changes by itself.</summary>
    internal DeliveredNumbers Clone()
    {
        var clone = new DeliveredNumbers(Floor) { IsWhole = IsWhole };
        clone._runs.AddRange(_runs);
        return clone;
    }

    private bool JoinsBefore(int at, long sequence) => at > 0 && _runs[at - 1].Last == sequence - 1;

    private bool JoinsAfter(int at, long sequence) => at < _runs.Count && _runs[at].First == sequence + 1;

    // The first run that ends at or behind the number.
    private int IndexFor(long sequence)
    {
        var at = _runs.BinarySearch((sequence, sequence), ByLast);
        return at < 0 ? ~at : at;
    }
}
