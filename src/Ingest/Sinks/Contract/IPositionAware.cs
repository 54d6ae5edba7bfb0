namespace Ingest.Sinks.Contract;

/// <summary>A sink that is told how far its lane has come, because what it remembers of itself begins there.</summary>
public interface IPositionAware
{
    /// <summary>
    /// Everything up to <paramref name="position"/> is settled and noted on disk: the lane reads from behind it after a restart. Called
    /// before the sink is opened and after each save. Returns at once, never throws.
    /// </summary>
    /// <param name="position">The position.</param>
    /// <param name="owes">Which events up to it may come all the same. Replaces the one given before.</param>
    void PositionSaved(long position, IOwedEvents owes);
}
