using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>Asks the cluster over a producer's own connections whether it is there, and whether topics that made trouble still
/// do.</summary>
internal static class ClusterProbe
{
    // Each costs a request: a handful tells whether the trouble is over.
    private const int TopicsMax = 16;

    /// <summary>Asks, blocking a pool thread for at most <paramref name="timeout"/> per question.</summary>
    internal static Task<ClusterAnswer> AskAsync(
        Handle handle, IReadOnlyCollection<string> topics, TimeSpan timeout) =>
        Task.Run(() => Ask(handle, topics, timeout));

    private static ClusterAnswer Ask(Handle handle, IReadOnlyCollection<string> topics, TimeSpan timeout)
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(handle).Build();
            foreach (var topic in topics.Take(TopicsMax))
            {
                var error = admin.GetMetadata(topic, timeout).Topics.Find(known => known.Topic == topic)?.Error;
                if (error is { IsError: true })
                {
                    return new(VerdictTable.For(error.Code, $"topic '{topic}': {error.Reason}"), 0);
                }
            }
            return new(SinkVerdict.Delivered, admin.GetMetadata(timeout).Brokers.Count);
        }
        catch (KafkaException failure)
        {
            return new(VerdictTable.For(failure.Error.Code, failure.Error.Reason), 0);
        }
    }
}
