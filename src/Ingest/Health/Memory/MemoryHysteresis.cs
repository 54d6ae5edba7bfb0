namespace Ingest.Health.Memory;

/// <summary>Whether memory allows to accept events.</summary>
public enum MemoryState
{
    /// <summary>Accepting.</summary>
    Good,

    /// <summary>Refusing, until memory is below the low threshold.</summary>
    Failing,
}

/// <summary>What is to be done about memory now.</summary>
internal enum MemoryAction
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Give memory back (trim, collect), read again, and tell <see cref="MemoryHysteresis.Relieved"/>.</summary>
    Relieve,
}

/// <summary>
/// Two thresholds with a state between them, as a decider: good below the low one, failing above the high one, in between as it was, and
/// never two changes within the dwell. It reacts in steps: above the high threshold memory is first given back, and only if that does not
/// help is it failing. It does not latch. A node that refuses allocates nothing, so nothing would ever collect what it has let go: while
/// failing, memory is given back again and again, after the dwell at first and then less and less often. And it cannot get smaller than
/// its working set: after <c>recheck</c> of failing, anything below the high threshold is good.
/// </summary>
internal sealed class MemoryHysteresis(double low, double high, TimeSpan dwell, TimeSpan recheck)
{
    private readonly TimeSpan _dwell = dwell;
    private TimeSpan? _changed;
    private TimeSpan? _relieved;
    private TimeSpan _reliefPause = dwell;

    internal MemoryState State { get; private set; } = MemoryState.Good;

    /// <summary>Takes a reading.</summary>
    /// <param name="now">Monotonic.</param>
    /// <param name="ratio">Used over allowed.</param>
    internal MemoryAction Observe(TimeSpan now, double ratio)
    {
        if (State == MemoryState.Good)
        {
            if (ratio <= high)
            {
                return MemoryAction.None;
            }
            // Giving back costs a pause: not more often than the state may change.
            if (Over(now, _relieved, _dwell))
            {
                return MemoryAction.Relieve;
            }
            Change(now, MemoryState.Failing);
            return MemoryAction.None;
        }
        if (ratio < low)
        {
            Change(now, MemoryState.Good);
            return MemoryAction.None;
        }
        return Over(now, _relieved, _reliefPause) ? MemoryAction.Relieve : MemoryAction.None;
    }

    /// <summary>Takes the reading after memory was given back.</summary>
    internal void Relieved(TimeSpan now, double ratio)
    {
        _relieved = now;
        if (State == MemoryState.Failing)
        {
            _reliefPause = _reliefPause * 2 < recheck ? _reliefPause * 2 : recheck;
        }
        if (State == MemoryState.Good && ratio > high)
        {
            Change(now, MemoryState.Failing);
        }
        else if (State == MemoryState.Failing && (ratio < low || (ratio < high && Over(now, _changed, recheck))))
        {
            Change(now, MemoryState.Good);
        }
    }

    private void Change(TimeSpan now, MemoryState to)
    {
        if (Over(now, _changed, _dwell))
        {
            (State, _changed, _reliefPause) = (to, now, _dwell);
        }
    }

    private static bool Over(TimeSpan now, TimeSpan? since, TimeSpan wait) => since is null || now - since >= wait;
}
