namespace Ingest.Health.Disk;

/// <summary>Whether free space allows to accept events.</summary>
public enum DiskState
{
    /// <summary>Accepting.</summary>
    Good,

    /// <summary>Refusing, until there is room again.</summary>
    Refusing,
}

/// <summary>
/// Two watermarks of free bytes with a state between them, as a decider. Refusing begins at once, since a full disk is worse than a short
/// refusal; accepting begins again after the dwell.
/// </summary>
internal sealed class DiskHysteresis(long freeLow, long freeHigh, TimeSpan dwell)
{
    private TimeSpan _changed;

    internal DiskState State { get; private set; } = DiskState.Good;

    /// <param name="now">Monotonic.</param>
    /// <param name="free">Bytes this process may still write; null when that cannot be told, which changes nothing.</param>
    internal void Observe(TimeSpan now, long? free)
    {
        if (State == DiskState.Good && free < freeLow)
        {
            (State, _changed) = (DiskState.Refusing, now);
        }
        else if (State == DiskState.Refusing && free >= freeHigh && now - _changed >= dwell)
        {
            (State, _changed) = (DiskState.Good, now);
        }
    }
}
