using System.Collections.Frozen;

namespace Ingest.Health.Policy;

/// <summary>
/// The policy in force: never changed, only replaced as a whole, so a request sees one policy or the next and never a mixture. Any thread;
/// no lock and no allocation. Without limits a check is one or two look-ups.
/// </summary>
public sealed class OperatorPolicy
{
    private readonly RateBucket? _node;
    private readonly FrozenDictionary<string, Rule> _streams;
    private readonly FrozenDictionary<string, Rule> _keys;

    private readonly AckChoice? _acks;
    private readonly bool _limits;

    internal OperatorPolicy(PolicyDocument document, TimeProvider time, OperatorPolicy? before)
    {
        Document = document;
        _node = Bucket(document.RateLimit, time, before?._node);
        _acks = Acks(document.Acks);
        _streams = Rules(document.Streams, time, before?._streams);
        _keys = Rules(document.Keys, time, before?._keys);
        _limits = _node is not null || _streams.Count > 0 || _keys.Count > 0;
    }

    /// <summary>The policy of an operator who has said nothing: everything is admitted.</summary>
    public static OperatorPolicy Open { get; } = new(new PolicyDocument(), TimeProvider.System, null);

    /// <summary>What the operator wrote.</summary>
    public PolicyDocument Document { get; }

    /// <summary>Decides on a request, and takes its events from the limits when it is admitted.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="keyName">The name of its API key, or null.</param>
    /// <param name="events">How many events it holds; at least 1.</param>
    public PolicyDecision Check(string stream, string? keyName, int events)
    {
        if (!Document.Enabled)
        {
            return new PolicyDecision(PolicyVerdict.Refuse);
        }
        if (!_limits)
        {
            return new PolicyDecision(PolicyVerdict.Admit);
        }
        _streams.TryGetValue(stream, out var streamRule);
        var keyRule = keyName is null ? null : _keys.GetValueOrDefault(keyName);
        if (streamRule is { Enabled: false })
        {
            return new PolicyDecision(PolicyVerdict.Refuse, PolicyScope.Stream);
        }
        return keyRule is { Enabled: false }
            ? new PolicyDecision(PolicyVerdict.Refuse, PolicyScope.Key)
            : TakeAll(keyRule?.Bucket, streamRule?.Bucket, events);
    }

    /// <summary>
    /// When requests may be answered: by the rule for their key, else for their stream, else for the node; null where none says.
    /// </summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="keyName">The name of its API key, or null.</param>
    public AckChoice? Acks(string stream, string? keyName) =>
        !_limits ? _acks
        : (keyName is null ? null : _keys.GetValueOrDefault(keyName)?.Acks) ?? _streams.GetValueOrDefault(stream)?.Acks ?? _acks;

    /// <summary>
    /// Takes what was not known when the request was admitted: the further events of its batch. They are paid for afterwards.
    /// </summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="keyName">The name of its API key, or null.</param>
    /// <param name="furtherEvents">Events beside those that were checked; 0 or more.</param>
    public void Charge(string stream, string? keyName, int furtherEvents)
    {
        if (!_limits || furtherEvents == 0)
        {
            return;
        }
        _node?.Charge(furtherEvents);
        _streams.GetValueOrDefault(stream)?.Bucket?.Charge(furtherEvents);
        if (keyName is not null)
        {
            _keys.GetValueOrDefault(keyName)?.Bucket?.Charge(furtherEvents);
        }
    }

    /// <summary>Gives back one event that <see cref="Check"/> took for a request that was refused afterwards.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="keyName">The name of its API key, or null.</param>
    internal void Return(string stream, string? keyName)
    {
        _node?.Return(1);
        _streams.GetValueOrDefault(stream)?.Bucket?.Return(1);
        if (keyName is not null)
        {
            _keys.GetValueOrDefault(keyName)?.Bucket?.Return(1);
        }
    }

    // All or none: the narrowest first, since it refuses most often, and what was taken is given back when a wider one refuses.
    private PolicyDecision TakeAll(RateBucket? key, RateBucket? stream, int events)
    {
        if (key?.Take(events).TotalSeconds is > 0 and var keyWait)
        {
            return new PolicyDecision(PolicyVerdict.Limit, PolicyScope.Key, keyWait);
        }
        if (stream?.Take(events).TotalSeconds is > 0 and var streamWait)
        {
            key?.Return(events);
            return new PolicyDecision(PolicyVerdict.Limit, PolicyScope.Stream, streamWait);
        }
        if (_node?.Take(events).TotalSeconds is > 0 and var nodeWait)
        {
            key?.Return(events);
            stream?.Return(events);
            return new PolicyDecision(PolicyVerdict.Limit, PolicyScope.Node, nodeWait);
        }
        return new PolicyDecision(PolicyVerdict.Admit);
    }

    private static FrozenDictionary<string, Rule> Rules(
        IReadOnlyDictionary<string, PolicyRule> rules, TimeProvider time, FrozenDictionary<string, Rule>? before) =>
        rules.ToFrozenDictionary(
            entry => entry.Key,
            entry => new Rule(
                entry.Value.Enabled,
                Bucket(entry.Value.RateLimit, time, before?.GetValueOrDefault(entry.Key)?.Bucket),
                Acks(entry.Value.Acks)),
            StringComparer.Ordinal);

    // An unchanged limit keeps its bucket, or switching the policy would be a way around it.
    private static RateBucket? Bucket(double? rate, TimeProvider time, RateBucket? before) =>
        rate is not { } perSecond ? null
        : before?.PerSecond == perSecond ? before
        : new RateBucket(perSecond, burst: perSecond, least: 0, time, before);

    private static AckChoice? Acks(string? acks) => acks is not null && AckChoice.TryParse(acks, out AckChoice choice) ? choice : null;

    private sealed record Rule(bool Enabled, RateBucket? Bucket, AckChoice? Acks);
}
