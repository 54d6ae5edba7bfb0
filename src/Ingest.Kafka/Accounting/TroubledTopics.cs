namespace Ingest.Kafka;

/// <summary>Topics that delivery reports called unknown or forbidden. Any thread.</summary>
internal sealed class TroubledTopics
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);

    /// <summary>A report called the topic unknown or forbidden.</summary>
    internal void Add(string topic)
    {
        lock (_lock)
        {
            _topics.Add(topic);
        }
    }

    /// <summary>The topics are still unknown or forbidden.</summary>
    internal void Add(IEnumerable<string> topics)
    {
        lock (_lock)
        {
            _topics.UnionWith(topics);
        }
    }

    /// <summary>The topics added since the last time.</summary>
    internal IReadOnlyCollection<string> Take()
    {
        lock (_lock)
        {
            string[] topics = [.. _topics];
            _topics.Clear();
            return topics;
        }
    }
}
