using Ingest.Drain;
using Ingest.Publishing.Lanes;

namespace Ingest.Hosting.Stations;

/// <summary>What is still to be delivered, by the lane that has most of it. Any thread.</summary>
/// <param name="writing">The log.</param>
/// <param name="lanes">What delivers it.</param>
internal sealed class DeliveryBacklog(NodeLog writing, LaneSet lanes)
{
    /// <summary>Events, bytes and the age of the oldest as of now.</summary>
    internal DrainBacklog Current
    {
        get
        {
            var statuses = lanes.Statuses;
            var events = statuses.Select(lane => lane.PendingEvents).DefaultIfEmpty().Max();
            var oldest = statuses.Select(lane => lane.LagSeconds).DefaultIfEmpty().Max();
            return new DrainBacklog(events, BytesOf(events), TimeSpan.FromSeconds(oldest));
        }
    }

    private long BytesOf(long events)
    {
        var log = writing.Log;
        // Among them there may be numbers that were never given out.
        return events == 0 ? 0 : log.BytesBehind(Math.Min(log.DurableSequence - events, lanes.SettledSequence));
    }
}
