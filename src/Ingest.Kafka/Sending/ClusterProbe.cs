using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// Asks the cluster over a producer's own connections whether it is there. It asks for no topic: one that is missing or forbidden is its
/// stream's matter, and keeps no other from being delivered.
/// </summary>
internal static class ClusterProbe
{
    /// <summary>Asks, blocking a pool thread for at most <paramref name="timeout"/>.</summary>
    internal static Task<ClusterAnswer> AskAsync(Handle handle, TimeSpan timeout) => Task.Run(() => Ask(handle, timeout));

    private static ClusterAnswer Ask(Handle handle, TimeSpan timeout)
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(handle).Build();
            return new(SinkVerdict.Delivered, admin.GetMetadata(timeout).Brokers.Count);
        }
        catch (KafkaException failure)
        {
            return new(VerdictTable.For(failure.Error.Code, failure.Error.Reason), 0);
        }
    }
}
