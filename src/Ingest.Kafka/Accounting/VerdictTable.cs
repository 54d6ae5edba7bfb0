using System.Collections.Frozen;
using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>The one table from the client's error codes to verdicts. A test holds it against every code there is.</summary>
internal static class VerdictTable
{
    // The event itself is refused. Believed only when the event was alone in its request (SendMode.Careful): brokers refuse whole batches.
    private static readonly ErrorCode[] Rejected =
    [
        ErrorCode.MsgSizeTooLarge, ErrorCode.InvalidMsgSize, ErrorCode.RecordListTooLarge, ErrorCode.InvalidRecord,
        ErrorCode.InvalidTimestamp, ErrorCode.PolicyViolation,
        // Brokers before 2.4 answer so for an event without a key on a compacted topic; damage on the way is gone at the second try.
        ErrorCode.InvalidMsg,
        // A name no topic can have (INVALID_TOPIC_EXCEPTION): waiting does not help, and other events have other topics.
        ErrorCode.TopicException,
    ];

    private static readonly ErrorCode[] Congested =
    [
        ErrorCode.NotEnoughReplicas, ErrorCode.NotEnoughReplicasAfterAppend, ErrorCode.RequestTimedOut, ErrorCode.ThrottlingQuotaExceeded,
        ErrorCode.Local_QueueFull, ErrorCode.Local_MsgTimedOut, ErrorCode.Local_TimedOut, ErrorCode.Local_TimedOutQueue,
    ];

    private static readonly ErrorCode[] Blocked =
    [
        // Who we are, and what we may do.
        ErrorCode.Local_Authentication, ErrorCode.Local_Ssl, ErrorCode.SaslAuthenticationFailed, ErrorCode.UnsupportedSaslMechanism,
        ErrorCode.IllegalSaslState, ErrorCode.SecurityDisabled, ErrorCode.TopicAuthorizationFailed, ErrorCode.ClusterAuthorizationFailed,
        ErrorCode.GroupAuthorizationFailed, ErrorCode.TransactionalIdAuthorizationFailed, ErrorCode.DelegationTokenAuthDisabled,
        ErrorCode.DelegationTokenNotFound, ErrorCode.DelegationTokenOwnerMismatch, ErrorCode.DelegationTokenRequestNotAllowed,
        ErrorCode.DelegationTokenAuthorizationFailed, ErrorCode.DelegationTokenExpired, ErrorCode.InvalidPrincipalType,
        ErrorCode.PrincipalDeserializationFailure, ErrorCode.UnacceptableCredential,
        // Where it should go.
        ErrorCode.UnknownTopicOrPart, ErrorCode.UnknownTopicId, ErrorCode.Local_UnknownTopic, ErrorCode.Local_UnknownPartition,
        ErrorCode.InvalidPartitions, ErrorCode.InvalidReplicationFactor, ErrorCode.InvalidReplicaAssignment,
        // What the broker or the client can do at all.
        ErrorCode.UnsupportedVersion, ErrorCode.UnsupportedForMessageFormat, ErrorCode.UnsupportedCompressionType,
        ErrorCode.InvalidRequiredAcks, ErrorCode.InvalidConfig, ErrorCode.Local_UnsupportedFeature, ErrorCode.Local_NotImplemented,
        ErrorCode.Local_InvalidArg, ErrorCode.Local_NotConfigured, ErrorCode.Local_UnknownProtocol,
    ];

    private const string HandshakeFailed = "SSL handshake failed";

    // What is about the topic: other streams may have others.
    private static readonly ErrorCode[] OfStream =
    [
        ErrorCode.UnknownTopicOrPart, ErrorCode.UnknownTopicId, ErrorCode.Local_UnknownTopic, ErrorCode.Local_UnknownPartition,
        ErrorCode.TopicException, ErrorCode.TopicAuthorizationFailed, ErrorCode.InvalidPartitions, ErrorCode.InvalidReplicationFactor,
        ErrorCode.InvalidReplicaAssignment, ErrorCode.NotEnoughReplicas, ErrorCode.NotEnoughReplicasAfterAppend,
        ErrorCode.LeaderNotAvailable, ErrorCode.KafkaStorageError, ErrorCode.UnsupportedForMessageFormat,
    ];

    // Its producer died of something else: the event was not to blame.
    private static readonly ErrorCode[] Swept =
    [
        ErrorCode.Local_PurgeQueue, ErrorCode.Local_PurgeInflight, ErrorCode.Local_GaplessGuarantee, ErrorCode.Local_Fatal,
    ];

    private static readonly FrozenDictionary<ErrorCode, VerdictKind> Kinds = Enum.GetValues<ErrorCode>().Distinct()
        .ToFrozenDictionary(code => code, Classify);

    /// <summary>The verdict's kind. Codes that are not known yet may pass.</summary>
    internal static VerdictKind KindOf(ErrorCode code) => Kinds.GetValueOrDefault(code, VerdictKind.Retryable);

    /// <summary>
    /// The verdict on a connection's error. Since 2.4 the client reports a TLS handshake that the other side broke off as a transport
    /// error, although it speaks of settings: the listener does not encrypt, or it does not accept the client's certificate.
    /// </summary>
    /// <param name="code">The client's code.</param>
    /// <param name="detail">The client's own words; the step that failed stands in them alone.</param>
    internal static SinkVerdict ForConnection(ErrorCode code, string detail) =>
        code == ErrorCode.Local_Transport && detail.Contains(HandshakeFailed, StringComparison.Ordinal)
            ? new SinkVerdict(VerdictKind.Blocked, Reason(code, detail), Scope: VerdictScope.Sink)
            : For(code, detail);

    /// <summary>Whether a broker may have refused a batch for one event's sake.</summary>
    internal static bool BlamesEvent(ErrorCode code) => KindOf(code) == VerdictKind.Rejected;

    /// <summary>Whether no event of the topic goes until an operator repairs something.</summary>
    internal static bool StopsTopic(ErrorCode code) =>
        OfStream.Contains(code) && KindOf(code) is (VerdictKind.Blocked or VerdictKind.Rejected);

    /// <summary>The verdict with its reason.</summary>
    internal static SinkVerdict For(ErrorCode code, string? detail = null)
    {
        var kind = KindOf(code);
        return kind == VerdictKind.Delivered ? SinkVerdict.Delivered : new SinkVerdict(
            kind, Reason(code, detail), Scope: ScopeOf(code, kind));
    }

    /// <summary>The verdict on an event that was refused for its topic's sake, which the reason names.</summary>
    internal static SinkVerdict ForTopic(ErrorCode code, string topic) => For(code, TopicDetail(code, topic));

    /// <summary>What is said of a topic that refuses.</summary>
    internal static string TopicDetail(ErrorCode code, string topic) => $"topic '{topic}': {new Error(code).Reason}";

    // Who we are and what the client can do at all is the same for every topic.
    private static VerdictScope ScopeOf(ErrorCode code, VerdictKind kind) =>
        OfStream.Contains(code) ? VerdictScope.Stream
        : Swept.Contains(code) ? VerdictScope.NotTried
        : kind == VerdictKind.Blocked ? VerdictScope.Sink
        : VerdictScope.Unknown;

    /// <summary>The code's name and its explanation.</summary>
    internal static string Reason(ErrorCode code, string? detail = null) => $"{code}: {detail ?? new Error(code).Reason}";

    private static VerdictKind Classify(ErrorCode code) =>
        code == ErrorCode.NoError ? VerdictKind.Delivered
        : Rejected.Contains(code) ? VerdictKind.Rejected
        : Congested.Contains(code) ? VerdictKind.Congested
        : Blocked.Contains(code) ? VerdictKind.Blocked
        : VerdictKind.Retryable;
}
