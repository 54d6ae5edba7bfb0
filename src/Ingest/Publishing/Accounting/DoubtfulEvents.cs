namespace Ingest.Publishing.Accounting;

/// <summary>
/// Settled events that were neither delivered nor are kept elsewhere: dropped by an operator, or not readable. Up to the highest of them a
/// lane's position alone does not say that an event was delivered. That number is saved with the cursor; which events were dropped is
/// known until the process ends, for the last 10,000 of them. Any thread.
/// </summary>
internal sealed class DoubtfulEvents
{
    private const int KnownMax = 10_000;

    private readonly Lock _lock = new();
    private readonly SortedSet<long> _dropped = [];
    private long _upTo;

    /// <summary>The highest of them; 0: there are none.</summary>
    internal long UpTo => Volatile.Read(ref _upTo);

    /// <summary>Some events up to this number cannot be read, or were given up in an earlier process.</summary>
    internal void Raise(long upTo)
    {
        lock (_lock)
        {
            Volatile.Write(ref _upTo, Math.Max(_upTo, upTo));
        }
    }

    /// <summary>An operator gave these events up.</summary>
    internal void Drop(IEnumerable<long> sequences)
    {
        lock (_lock)
        {
            foreach (var sequence in sequences)
            {
                Volatile.Write(ref _upTo, Math.Max(_upTo, sequence));
                _dropped.Add(sequence);
            }
            while (_dropped.Count > KnownMax)
            {
                _dropped.Remove(_dropped.Min);
            }
        }
    }

    /// <summary>How many of these events are known to be dropped.</summary>
    internal long CountDropped(long first, long last)
    {
        lock (_lock)
        {
            return _dropped.Count == 0 || first > last ? 0 : _dropped.GetViewBetween(first, last).Count;
        }
    }
}
