namespace Ingest.Kafka.Tests.Cluster;

/// <summary>Moments of a transaction, as a broker sees them.</summary>
internal enum TransactionStep
{
    /// <summary>A producer is about to fence those before it.</summary>
    Init,

    /// <summary>Earlier producers are fenced, and the producer does not know it yet.</summary>
    Initialized,

    /// <summary>The progress was read, and the answer is not sent yet.</summary>
    ProgressRead,

    /// <summary>The transaction begins for the broker: a partition is added.</summary>
    Begin,

    /// <summary>Records are about to be appended.</summary>
    Produce,

    /// <summary>Records are appended, and the producer does not know it yet.</summary>
    Produced,

    /// <summary>The group is about to be added.</summary>
    AddOffsets,

    /// <summary>The progress is about to be taken into the transaction.</summary>
    SendOffsets,

    /// <summary>The progress is taken, and the producer does not know it yet.</summary>
    OffsetsSent,

    /// <summary>The commit is about to be done.</summary>
    Commit,

    /// <summary>The commit is done, and the producer does not know it yet.</summary>
    Committed,
}
