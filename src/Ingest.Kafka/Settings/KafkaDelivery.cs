namespace Ingest.Kafka;

/// <summary>What a Kafka sink promises of repeats.</summary>
public enum KafkaDelivery
{
    /// <summary>An idempotent producer: events come again after a crash.</summary>
    Idempotent,

    /// <summary>Events and the lane's progress in one transaction: readers of committed messages see each event once.</summary>
    Transactions,
}
