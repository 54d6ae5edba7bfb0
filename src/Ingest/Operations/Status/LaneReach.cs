using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;

namespace Ingest.Operations.Status;

/// <summary>Whether what a sink said of its connections has to do with the events that wait.</summary>
internal static class LaneReach
{
    // Connections that failed while there was nothing to send are made anew with the next event.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>For so long a failure holds that is not told again: librdkafka tells the same one once in 30 s at most.</summary>
    internal static readonly TimeSpan Holds = TimeSpan.FromSeconds(35);

    /// <summary>The trouble, never older than the oldest waiting event; null where none waits or it is from long ago.</summary>
    internal static ConnectionTrouble? Trouble(LaneStatus lane, DateTimeOffset now)
    {
        var waits = TimeSpan.FromSeconds(lane.LagSeconds);
        if (waits <= Patience || lane.Trouble is not { } trouble)
        {
            return null;
        }
        var oldest = now - waits;
        return trouble.Latest < oldest && trouble.Latest < now - Holds ? null
            : trouble.Since < oldest ? trouble with { Since = oldest }
            : trouble;
    }
}
