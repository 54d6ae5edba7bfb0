using System.Collections.Concurrent;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>What all fronts of a cluster share.</summary>
internal sealed class ClusterRules
{
    /// <summary>Ports in the brokers' metadata, and what clients are told instead.</summary>
    internal ConcurrentDictionary<int, int> Addresses { get; } = new();

    /// <summary>Ports in the brokers' metadata, and the brokers' numbers.</summary>
    internal ConcurrentDictionary<int, int> Numbers { get; } = new();

    /// <summary>The coordinator of transactions and of the offsets in them.</summary>
    internal TransactionCoordinator Transactions { get; } = new();

    internal ProducerSequences Sequences { get; } = new();

    /// <summary>Looks at a batch before it is passed on: the error code to refuse it with, or null.</summary>
    internal Func<ProduceRequest, short?>? Refusal { get; set; }

    /// <summary>What answers to produce requests say they were throttled by.</summary>
    internal TimeSpan Throttle { get; set; }

    /// <summary>The mechanism clients ask for is refused.</summary>
    internal bool RefusesLogin { get; set; }

    /// <summary>Most produce requests that were on the way to one broker on one connection.</summary>
    internal int ProducesAtOnceMax { get; set; }
}
