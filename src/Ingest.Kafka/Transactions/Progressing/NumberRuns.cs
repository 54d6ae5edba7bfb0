namespace Ingest.Kafka;

/// <summary>Numbers as runs of consecutive ones, in ascending order. Pure; one thread at a time.</summary>
/// <remarks>Invariants: each run has a number at least; no run overlaps another or stands next to it.</remarks>
internal sealed class NumberRuns
{
    private static readonly Comparer<(long First, long Last)> ByLast =
        Comparer<(long First, long Last)>.Create((one, other) => one.Last.CompareTo(other.Last));

    private readonly List<(long First, long Last)> _runs = [];

    /// <summary>The runs, the lowest first.</summary>
    internal IReadOnlyList<(long First, long Last)> All => _runs;

    /// <summary>How many there are.</summary>
    internal int Count => _runs.Count;

    /// <summary>The highest number; null when there is none.</summary>
    internal long? Last => _runs.Count == 0 ? null : _runs[^1].Last;

    /// <summary>Whether a number is in a run.</summary>
    internal bool Contains(long number)
    {
        var at = IndexFor(number);
        return at < _runs.Count && _runs[at].First <= number;
    }

    /// <summary>Whether a number that is in none would become part of a run that there is.</summary>
    internal bool Joins(long number)
    {
        var at = IndexFor(number);
        return (at > 0 && _runs[at - 1].Last == number - 1) || (at < _runs.Count && _runs[at].First == number + 1);
    }

    /// <summary>Adds the numbers from the first to the last, those that are there already included.</summary>
    internal void Add(long first, long last)
    {
        // Of the runs that touch it the first and the last one lengthen it.
        var from = IndexFor(first - 1);
        var to = from;
        for (; to < _runs.Count && _runs[to].First <= last + 1; to++)
        {
            (first, last) = (Math.Min(first, _runs[to].First), Math.Max(last, _runs[to].Last));
        }
        if (to == from)
        {
            _runs.Insert(from, (first, last));
            return;
        }
        _runs[from] = (first, last);
        _runs.RemoveRange(from + 1, to - from - 1);
    }

    /// <summary>Removes the numbers up to this one.</summary>
    internal void RemoveUpTo(long number)
    {
        _runs.RemoveRange(0, IndexFor(number + 1));
        if (_runs.Count > 0 && _runs[0].First <= number)
        {
            _runs[0] = (number + 1, _runs[0].Last);
        }
    }

    /// <summary>Removes the runs of which this is true.</summary>
    internal void RemoveAll(Predicate<(long First, long Last)> which) => _runs.RemoveAll(which);

    /// <summary>Removes the numbers from this one on.</summary>
    internal void RemoveFrom(long number)
    {
        var at = IndexFor(number);
        if (at < _runs.Count && _runs[at].First < number)
        {
            _runs[at] = (_runs[at].First, number - 1);
            at++;
        }
        _runs.RemoveRange(at, _runs.Count - at);
    }

    /// <summary>Closes the gaps of which this is true, which is told the first and the last number of each.</summary>
    internal void CloseGaps(Func<long, long, bool> which)
    {
        var kept = 0;
        for (var at = 1; at < _runs.Count; at++)
        {
            if (which(_runs[kept].Last + 1, _runs[at].First - 1))
            {
                _runs[kept] = (_runs[kept].First, _runs[at].Last);
            }
            else
            {
                _runs[++kept] = _runs[at];
            }
        }
        _runs.RemoveRange(kept + 1, Math.Max(_runs.Count - kept - 1, 0));
    }

    /// <summary>A copy that changes by itself.</summary>
    internal NumberRuns Clone()
    {
        var clone = new NumberRuns();
        clone._runs.AddRange(_runs);
        return clone;
    }

    /// <summary>Throws unless the invariants hold. For tests.</summary>
    internal void AssertInvariants()
    {
        for (var at = 0; at < _runs.Count; at++)
        {
            if (_runs[at].First > _runs[at].Last || (at > 0 && _runs[at].First <= _runs[at - 1].Last + 1))
            {
                throw new InvalidOperationException($"Run {at} of {_runs.Count}: {_runs[at]}.");
            }
        }
    }

    // The first run that ends at or behind the number.
    private int IndexFor(long number)
    {
        var at = _runs.BinarySearch((number, number), ByLast);
        return at < 0 ? ~at : at;
    }
}
