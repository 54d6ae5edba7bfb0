namespace Ingest.Drain;

/// <summary>The phases a drain has been through and what failed on the way. Not synchronized: its owner holds a lock.</summary>
internal sealed class DrainHistory(TimeProvider time)
{
    // A drain has eight phases; more come only of drains taken back and begun again, of which the latest matter.
    private const int EntriesMax = 32;

    private readonly List<(DrainPhase Phase, DateTimeOffset At, long Timestamp)> _entries = [];
    private readonly List<string> _failures = [];
    private long _start;

    internal IReadOnlyList<string> Failures => [.. _failures];

    internal TimeSpan Took => _entries.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(_start, _entries[^1].Timestamp);

    internal void Enter(DrainPhase phase)
    {
        if (_entries.Count == 0 || phase == DrainPhase.Serving)
        {
            _entries.Clear();
            _start = time.GetTimestamp();
        }
        if (phase == DrainPhase.Serving)
        {
            _failures.Clear();
            return;
        }
        if (_entries.Count == EntriesMax)
        {
            _entries.RemoveAt(0);
        }
        _entries.Add((phase, time.GetUtcNow(), time.GetTimestamp()));
    }

    internal void Fail(string what)
    {
        if (_failures.Count < EntriesMax)
        {
            _failures.Add(what);
        }
    }

    internal IReadOnlyList<DrainPhaseTiming> Timings()
    {
        var timings = new DrainPhaseTiming[_entries.Count];
        for (var index = 0; index < timings.Length; index++)
        {
            var (phase, at, timestamp) = _entries[index];
            var ended = index + 1 < timings.Length ? _entries[index + 1].Timestamp : time.GetTimestamp();
            timings[index] = new DrainPhaseTiming(phase, at, time.GetElapsedTime(timestamp, ended));
        }
        return timings;
    }
}
