using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// Topics that are unknown, forbidden or have an impossible name, as reports said: their events go through a producer of their own, one at
/// a time, until one is delivered. A refusal for good stops the producer it comes through, and with it the events of every other topic.
/// Any thread.
/// </summary>
/// <param name="now">The time since any fixed start.</param>
internal sealed class TroubledTopics(Func<TimeSpan> now)
{
    // A name that cannot exist is asked for again after so long: brokers may have other rules by then.
    private static readonly TimeSpan ImpossibleFor = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Trouble> _topics = new(StringComparer.Ordinal);

    // Written under the lock, read by any thread.
    private volatile bool _any;

    /// <summary>Whether there are any.</summary>
    internal bool Any => _any;

    /// <summary>Whether the topic is one.</summary>
    internal bool Contains(string topic)
    {
        lock (_lock)
        {
            return _topics.ContainsKey(topic);
        }
    }

    /// <summary>Whether the brokers said lately that there can be no such topic.</summary>
    internal bool IsImpossible(string topic)
    {
        lock (_lock)
        {
            return _topics.TryGetValue(topic, out var trouble) && trouble.ImpossibleUntil > now();
        }
    }

    /// <summary>
    /// What the lane is told of an event that waits while another one of its topic is tried: what was said of the topic last, if waiting
    /// may help; null where the topic made no trouble since.
    /// </summary>
    internal SinkVerdict? VerdictBehind(string topic)
    {
        lock (_lock)
        {
            return _topics.TryGetValue(topic, out var trouble) && trouble.Verdict.Kind != VerdictKind.Rejected ? trouble.Verdict : null;
        }
    }

    /// <summary>One event of the topic may be tried now; it is, when this is true.</summary>
    internal bool TryBegin(string topic)
    {
        lock (_lock)
        {
            return _topics.TryGetValue(topic, out var trouble) && !trouble.IsTried && (trouble.IsTried = true);
        }
    }

    /// <summary>The event that was tried did not go out.</summary>
    internal void TakeBack(string topic)
    {
        lock (_lock)
        {
            if (_topics.TryGetValue(topic, out var trouble))
            {
                trouble.IsTried = false;
            }
        }
    }

    /// <summary>A report on an event. What the sink itself refused for a reason of its own says nothing of the topic.</summary>
    /// <param name="entry">The event; it is told which topic it is about.</param>
    /// <param name="code">What became of it.</param>
    /// <param name="topic">Its topic.</param>
    internal void Note(LedgerEntry entry, ErrorCode code, string topic)
    {
        var isTroubled = VerdictTable.StopsTopic(code);
        if (entry.Detail is not null || (!isTroubled && !_any))
        {
            return;
        }
        entry.Detail = isTroubled ? VerdictTable.TopicDetail(code, topic) : null;
        lock (_lock)
        {
            if (isTroubled)
            {
                _topics.TryAdd(topic, new Trouble());
                _topics[topic].Verdict = VerdictTable.For(code, entry.Detail);
            }
            if (_topics.TryGetValue(topic, out var trouble))
            {
                trouble.IsTried &= !entry.TriesTopic;
                // While one is tried, a later one through another producer could overtake it.
                if (code == ErrorCode.NoError && !trouble.IsTried)
                {
                    _topics.Remove(topic);
                }
                trouble.ImpossibleUntil = code == ErrorCode.TopicException ? now() + ImpossibleFor : trouble.ImpossibleUntil;
            }
            _any = _topics.Count > 0;
        }
    }

    /// <summary>The producer of their own is gone, and with it what was tried.</summary>
    internal void TakeAllBack()
    {
        lock (_lock)
        {
            foreach (var trouble in _topics.Values)
            {
                trouble.IsTried = false;
            }
        }
    }

    private sealed class Trouble
    {
        internal SinkVerdict Verdict { get; set; }

        internal bool IsTried { get; set; }

        internal TimeSpan ImpossibleUntil { get; set; }
    }
}
