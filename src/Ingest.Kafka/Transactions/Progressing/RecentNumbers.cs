namespace Ingest.Kafka;

/// <summary>
/// The last events that were delivered out of turn: parked ones and dead letters, which come with numbers that the lane has passed. The
/// lane notes each of them within moments, so that a bounded number is enough. Pure; one thread at a time.
/// </summary>
internal sealed class RecentNumbers
{
    /// <summary>Most runs of consecutive numbers that are kept.</summary>
    internal const int RunsMax = 50;

    private readonly List<(long First, long Last)> _runs = [];

    /// <summary>The oldest first.</summary>
    internal IReadOnlyList<(long First, long Last)> Runs => _runs;

    /// <summary>Whether the event is one.</summary>
    internal bool Contains(long sequence) =>
        _runs.Count > 0 && _runs.Exists(run => run.First <= sequence && sequence <= run.Last);

    /// <summary>Adds an event that was delivered just now.</summary>
    internal void Add(long sequence)
    {
        if (_runs.Count > 0 && _runs[^1].Last == sequence - 1)
        {
            _runs[^1] = (_runs[^1].First, sequence);
            return;
        }
        _runs.Add((sequence, sequence));
        if (_runs.Count > RunsMax)
        {
            _runs.RemoveAt(0);
        }
    }

    /// <summary>Adds a run behind all others.</summary>
    internal void Append(long first, long last) => _runs.Add((first, last));

    /// <summary>A copy that changes by itself.</summary>
    internal RecentNumbers Clone()
    {
        var clone = new RecentNumbers();
        clone._runs.AddRange(_runs);
        return clone;
    }
}
