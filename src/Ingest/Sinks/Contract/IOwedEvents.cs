namespace Ingest.Sinks.Contract;

/// <summary>Says which events up to its position a lane may still send: the parked ones, and dead letters. Any thread.</summary>
public interface IOwedEvents
{
    /// <summary>
    /// Whether an event of a range may come once more; null when that is not known at the moment. An event for which this was true becomes
    /// false when it is noted on disk that it was delivered, or given up.
    /// </summary>
    /// <param name="first">The first event.</param>
    /// <param name="last">The last event, at least <paramref name="first"/>, at most the lane's position.</param>
    bool? MayCome(long first, long last);
}
