namespace Ingest.DeadLetters.Storage;

/// <summary>
/// Where lanes began, as far as the dead letters' log does not say so on disk yet: it writes them in front of its next records. They
/// outlive a log that failed. Any thread.
/// </summary>
internal sealed class LaneBeginnings
{
    private readonly Lock _lock = new();

    // By lane: everything up to here was settled and counted when it began.
    private readonly Dictionary<string, long> _highWaters = new(StringComparer.Ordinal);

    /// <summary>Whether all of them are on disk.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _highWaters.Count == 0;
            }
        }
    }

    /// <summary>The lane began, or began again: while the first beginning is not on disk, no letter is there from behind it.</summary>
    internal void Add(string lane, long highWater)
    {
        lock (_lock)
        {
            _highWaters[lane] = Math.Min(highWater, _highWaters.GetValueOrDefault(lane, highWater));
        }
    }

    /// <summary>Where the lane began; null when that is on disk.</summary>
    internal long? Of(string lane)
    {
        lock (_lock)
        {
            return _highWaters.TryGetValue(lane, out var highWater) ? highWater : null;
        }
    }

    /// <summary>Beginnings that are not on disk.</summary>
    internal IReadOnlyList<KeyValuePair<string, long>> All()
    {
        lock (_lock)
        {
            return [.. _highWaters];
        }
    }

    /// <summary>Takes note that beginnings are on disk.</summary>
    internal void Written(IReadOnlyList<KeyValuePair<string, long>> beginnings)
    {
        lock (_lock)
        {
            foreach (var (lane, highWater) in beginnings)
            {
                if (_highWaters.GetValueOrDefault(lane, -1) == highWater)
                {
                    _highWaters.Remove(lane);
                }
            }
        }
    }
}
