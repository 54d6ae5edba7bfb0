namespace Ingest.Kafka;

/// <summary>What settings of transactions must say together. Pure.</summary>
internal static class TransactionRules
{
    // The client wants an answer, or its absence, to be known before a transaction is given up.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(6);

    /// <summary>Names of settings with what is wrong with each.</summary>
    internal static IEnumerable<(string Name, string Fault)> FaultsIn(KafkaOptions options)
    {
        if (options.Delivery != KafkaDelivery.Transactions)
        {
            yield break;
        }
        if (options.TransactionTimeout < options.RequestTimeout + Margin)
        {
            yield return (nameof(options.TransactionTimeout),
                $"must be longer than {nameof(options.RequestTimeout)} by {Margin.TotalSeconds} s, "
                + $"{options.RequestTimeout + Margin} or more.");
        }
        if (options.ProgressTopic.Length == 0 || options.ProgressTopic.Contains('{', StringComparison.Ordinal)
            || TopicTemplate.FaultIn(options.ProgressTopic, options.InternalTopics) is not null)
        {
            yield return (nameof(options.ProgressTopic), "must be the name of one topic that is not Kafka's own.");
        }
    }
}
