using System.Globalization;
using System.Text.RegularExpressions;

namespace Ingest.Simulation.Node;

/// <summary>What the histories of a sitting came to, together.</summary>
internal sealed partial class SittingSums
{
    private readonly SortedDictionary<string, int> _coverage = new(StringComparer.Ordinal);
    private long _histories;
    private long _steps;
    private long _faults;
    private long _acknowledged;
    private long _slowestMs;
    private long _slowestSeed;
    private long _processorMs;

    /// <summary>Histories that held.</summary>
    internal long Histories => _histories;

    /// <summary>Histories a second of processor time.</summary>
    internal double Rate => _histories * 1000.0 / Math.Max(_processorMs, 1);

    /// <summary>The slowest rest after the last fault, and the seed that had it.</summary>
    internal (TimeSpan Time, long Seed) Slowest => (TimeSpan.FromMilliseconds(_slowestMs), _slowestSeed);

    internal void Add(int seed, NodeHistory history)
    {
        _histories++;
        _steps += history.Steps;
        _faults += history.Faults;
        _acknowledged += history.Acknowledged;
        NoteRest((long)history.Rest.TotalMilliseconds, seed);
        foreach (var (what, times) in history.Coverage)
        {
            Count(what, times);
        }
    }

    /// <summary>Takes what another process printed of its histories; what is no figure is left out.</summary>
    internal void Add(string printed)
    {
        var figures = Figure().Matches(printed).ToDictionary(
            match => match.Groups[1].Value, match => long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        _histories += figures.GetValueOrDefault("histories");
        _steps += figures.GetValueOrDefault("steps");
        _faults += figures.GetValueOrDefault("injections");
        _acknowledged += figures.GetValueOrDefault("acknowledged");
        _processorMs += figures.GetValueOrDefault("processorMs");
        NoteRest(figures.GetValueOrDefault("slowestRestMs"), figures.GetValueOrDefault("slowestSeed"));
        foreach (Match corner in Corner().Matches(printed))
        {
            Count(corner.Groups[2].Value, int.Parse(corner.Groups[1].Value, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The processor time that the histories took.</summary>
    internal void Took(TimeSpan processor) => _processorMs += (long)processor.TotalMilliseconds;

    /// <summary>One line, each figure with its name; then how often what happened.</summary>
    internal string Describe(int first)
    {
        var figures = string.Create(
            CultureInfo.InvariantCulture,
            $"histories={_histories} first={first} steps={_steps} injections={_faults} acknowledged={_acknowledged} "
            + $"slowestRestMs={_slowestMs} slowestSeed={_slowestSeed} processorMs={_processorMs}");
        return string.Join('\n', _coverage.Select(corner => $"{corner.Value,8} {corner.Key}").Prepend(figures));
    }

    private void NoteRest(long ms, long seed) =>
        (_slowestMs, _slowestSeed) = ms > _slowestMs ? (ms, seed) : (_slowestMs, _slowestSeed);

    private void Count(string what, int times) => _coverage[what] = _coverage.GetValueOrDefault(what) + times;

    [GeneratedRegex(@"\b(\w+)=(\d+)\b")]
    private static partial Regex Figure();

    [GeneratedRegex(@"^ *(\d+) ([a-zA-Z: ]+)$", RegexOptions.Multiline)]
    private static partial Regex Corner();
}
