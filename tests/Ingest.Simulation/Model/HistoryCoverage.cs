namespace Ingest.Simulation.Model;

/// <summary>What histories have gone through: a model that never gets somewhere proves nothing about it.</summary>
public sealed class HistoryCoverage
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>How often each thing happened.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Counts that it happened.</summary>
    public void Count(string what, int times = 1)
    {
        if (times > 0)
        {
            _counts[what] = _counts.GetValueOrDefault(what) + times;
        }
    }
}
