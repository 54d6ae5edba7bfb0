using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>One producer from its making to its end. Tests have one that needs no brokers.</summary>
internal interface IProducerSession
{
    /// <summary>What it holds, and whether it still sends.</summary>
    ProducerRoom Room { get; }

    /// <summary>The last error of a connection and the first since which nothing was delivered, if nothing was.</summary>
    ConnectionTrouble? Trouble { get; }

    /// <summary>The verdict of a connection's last error where that refused us, if nothing was delivered since. It may be told once
    /// only.</summary>
    SinkVerdict? Refused { get; }

    /// <summary>Hands a message over. Anything but <see cref="ErrorCode.NoError"/> means that no report will come.</summary>
    ErrorCode Produce(string topic, Message<byte[], byte[]> message, LedgerEntry entry);

    /// <summary>Asks the cluster whether it is there; at most as long.</summary>
    Task<ClusterAnswer> AskAsync(TimeSpan timeout);

    /// <summary>Ends the producer within a bound. What it did not deliver is lost to it.</summary>
    Task CloseAsync(TimeSpan timeout);
}

/// <summary>What the cluster said.</summary>
/// <param name="Verdict">Delivered when all is well.</param>
/// <param name="Brokers">Brokers there are.</param>
internal readonly record struct ClusterAnswer(SinkVerdict Verdict, int Brokers);
