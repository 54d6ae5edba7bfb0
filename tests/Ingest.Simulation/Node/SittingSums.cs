using System.Globalization;

namespace Ingest.Simulation.Node;

/// <summary>What the histories of a sitting came to, together.</summary>
internal sealed class SittingSums
{
    private int _histories;
    private long _steps;
    private long _faults;
    private long _acknowledged;
    private TimeSpan _slowest;
    private int _slowestSeed;

    /// <summary>How often what happened.</summary>
    internal SortedDictionary<string, int> Coverage { get; } = new(StringComparer.Ordinal);

    internal void Add(int seed, NodeHistory history)
    {
        _histories++;
        _steps += history.Steps;
        _faults += history.Faults;
        _acknowledged += history.Acknowledged;
        (_slowest, _slowestSeed) = history.Rest > _slowest ? (history.Rest, seed) : (_slowest, _slowestSeed);
        foreach (var (what, times) in history.Coverage)
        {
            Coverage[what] = Coverage.GetValueOrDefault(what) + times;
        }
    }

    /// <summary>One line, each figure with its name.</summary>
    internal string Describe(int first, TimeSpan processor) => string.Create(
        CultureInfo.InvariantCulture,
        $"histories={_histories} first={first} steps={_steps} injections={_faults} acknowledged={_acknowledged} "
        + $"slowestRestMs={_slowest.TotalMilliseconds:F0} slowestSeed={_slowestSeed} processorMs={processor.TotalMilliseconds:F0}");
}
