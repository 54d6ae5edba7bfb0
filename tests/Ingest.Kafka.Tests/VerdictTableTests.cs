using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka.Tests;

public sealed class VerdictTableTests
{
    // Everything else may pass: it is tried again.
    private static readonly Dictionary<VerdictKind, string> Expected = new()
    {
        [VerdictKind.Delivered] = "NoError",
        [VerdictKind.Congested] = """
            Local_MsgTimedOut Local_TimedOut Local_QueueFull Local_TimedOutQueue
            RequestTimedOut NotEnoughReplicas NotEnoughReplicasAfterAppend ThrottlingQuotaExceeded
            """,
        [VerdictKind.Rejected] = """
            InvalidMsg InvalidMsgSize MsgSizeTooLarge RecordListTooLarge InvalidTimestamp TopicException PolicyViolation InvalidRecord
            """,
        [VerdictKind.Blocked] = """
            Local_UnknownPartition Local_UnknownTopic Local_InvalidArg Local_Ssl Local_UnknownProtocol Local_NotImplemented
            Local_Authentication Local_UnsupportedFeature Local_NotConfigured
            UnknownTopicOrPart InvalidRequiredAcks TopicAuthorizationFailed GroupAuthorizationFailed
            ClusterAuthorizationFailed UnsupportedSaslMechanism IllegalSaslState UnsupportedVersion InvalidPartitions
            InvalidReplicationFactor InvalidReplicaAssignment InvalidConfig UnsupportedForMessageFormat
            TransactionalIdAuthorizationFailed SecurityDisabled SaslAuthenticationFailed DelegationTokenAuthDisabled
            DelegationTokenNotFound DelegationTokenOwnerMismatch DelegationTokenRequestNotAllowed
            DelegationTokenAuthorizationFailed DelegationTokenExpired InvalidPrincipalType UnsupportedCompressionType
            UnacceptableCredential PrincipalDeserializationFailure UnknownTopicId
            """,
    };

    [Fact]
    public void Every_error_code_there_is_leads_to_the_verdict_written_down_here()
    {
        var kinds = Expected.SelectMany(pair => NamesIn(pair.Value), (pair, name) => (Code: Enum.Parse<ErrorCode>(name), Kind: pair.Key))
            .ToDictionary(pair => pair.Code, pair => pair.Kind);

        Assert.All(Enum.GetValues<ErrorCode>(), code =>
            Assert.Equal((code, kinds.GetValueOrDefault(code, VerdictKind.Retryable)), (code, VerdictTable.KindOf(code))));
    }

    [Fact]
    public void A_code_nobody_knows_yet_is_tried_again() => Assert.Equal(VerdictKind.Retryable, VerdictTable.KindOf((ErrorCode)9999));

    [Fact]
    public void Everything_but_success_has_a_reason_with_the_codes_name()
    {
        Librdkafka.Load();

        Assert.Equal(SinkVerdict.Delivered, VerdictTable.For(ErrorCode.NoError));
        var reason = VerdictTable.For(ErrorCode.TopicAuthorizationFailed).Reason;
        Assert.StartsWith("TopicAuthorizationFailed: ", reason, StringComparison.Ordinal);
    }

    private static string[] NamesIn(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
