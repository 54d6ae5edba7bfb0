using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// Topics that were found to exist. They are asked for before a transaction begins: one that is missing would keep it open, and fail the
/// events of all others in it.
/// </summary>
/// <param name="ask">Asks the cluster for a topic.</param>
/// <param name="wait">How long one may stay unknown, for it may just be created.</param>
/// <param name="time">The clock.</param>
/// <param name="closing">Ends the wait.</param>
internal sealed class KnownTopics(
    Func<string, ErrorCode> ask, TimeSpan wait, TimeProvider time, CancellationToken closing)
{
    // After a refusal it is asked for again after so long: others are delivered meanwhile.
    private static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(1);

    // A topic that is made because it is asked for is there in so long.
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private const int RefusedMax = 10_000;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Refusal> _refused = new(StringComparer.Ordinal);
    private string _last = "";

    /// <summary>Whether the topic can be written to, as far as is known without asking.</summary>
    internal bool IsKnown(string topic)
    {
        if (ReferenceEquals(topic, _last))
        {
            return true;
        }
        if (!_known.Contains(topic))
        {
            return false;
        }
        _last = topic;
        return true;
    }

    /// <summary>Whether the topic is known to refuse and must not be asked for yet.</summary>
    internal bool IsRefused(string topic) =>
        _refused.TryGetValue(topic, out var refusal) && time.GetElapsedTime(refusal.At) < RefusedFor;

    /// <summary>Asks for a topic. Null when it can be written to, else the verdict on its events.</summary>
    internal SinkVerdict? Find(string topic)
    {
        if (IsKnown(topic))
        {
            return null;
        }
        if (!IsRefused(topic))
        {
            var code = Ask(topic);
            if (code == ErrorCode.NoError)
            {
                _known.Add(topic);
                _refused.Remove(topic);
                return null;
            }
            Refuse(topic, code);
        }
        return VerdictOn(topic, _refused[topic]);
    }

    /// <summary>The topic refused an event.</summary>
    internal void Refuse(string topic, ErrorCode code)
    {
        _known.Remove(topic);
        _last = "";
        if (_refused.Count > RefusedMax)
        {
            _refused.Clear();
        }
        var now = time.GetTimestamp();
        _refused[topic] = new Refusal(code, now, _refused.TryGetValue(topic, out var before) ? before.First : now);
    }

    // One that is unknown may just be created: that is no matter for an operator yet.
    private SinkVerdict VerdictOn(string topic, Refusal refusal)
    {
        var verdict = VerdictTable.ForTopic(refusal.Code, topic);
        return IsMissing(refusal.Code) && time.GetElapsedTime(refusal.First) < wait
            ? verdict with { Kind = VerdictKind.Retryable, Scope = VerdictScope.Stream }
            : verdict;
    }

    private ErrorCode Ask(string topic)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var code = ask(topic);
            if (!IsMissing(code) || _refused.ContainsKey(topic) || time.GetElapsedTime(start) > AtOnce || closing.IsCancellationRequested)
            {
                return code;
            }
            closing.WaitHandle.WaitOne(Pause);
        }
    }

    private static bool IsMissing(ErrorCode code) =>
        code is ErrorCode.UnknownTopicOrPart or ErrorCode.LeaderNotAvailable or ErrorCode.Local_UnknownTopic;

    private readonly record struct Refusal(ErrorCode Code, long At, long First);
}
