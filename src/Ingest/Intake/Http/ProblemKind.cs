using Ingest.Health;

namespace Ingest.Intake.Http;

/// <summary>
/// One kind of answer that is not 202: a stable code with its status and title. The list is closed, and docs/errors.md has an entry for
/// each: a producer programs against it.
/// </summary>
public sealed class ProblemKind
{
    /// <summary>400 <c>malformed_json</c>.</summary>
    public static readonly ProblemKind MalformedJson = new(400, "malformed_json", "The body is not JSON");
    /// <summary>400 <c>empty_body</c>.</summary>
    public static readonly ProblemKind EmptyBody = new(400, "empty_body", "The body holds no event");
    internal static readonly ProblemKind InvalidCloudEvent = new(400, "invalid_cloudevent", "This is no CloudEvent");
    internal static readonly ProblemKind BadEncoding = new(400, "bad_encoding", "The body cannot be decompressed");
    /// <summary>400 <c>bad_request</c>.</summary>
    public static readonly ProblemKind BadRequest = new(400, "bad_request", "The request does not make sense");
    /// <summary>401 <c>unauthenticated</c>.</summary>
    public static readonly ProblemKind Unauthenticated = new(401, "unauthenticated", "The node does not know you");
    /// <summary>403 <c>forbidden</c>.</summary>
    public static readonly ProblemKind Forbidden = new(403, "forbidden", "This key may not do this");
    /// <summary>404 <c>unknown_stream</c>.</summary>
    public static readonly ProblemKind UnknownStream = new(404, "unknown_stream", "There is no such stream");
    internal static readonly ProblemKind UnknownPath = new(404, "unknown_path", "There is nothing at this path");
    internal static readonly ProblemKind MethodNotAllowed = new(405, "method_not_allowed", "Not with this method");
    internal static readonly ProblemKind BodyTimeout = new(408, "body_timeout", "The body did not arrive in time");
    internal static readonly ProblemKind IdempotencyConflict = new(409, "idempotency_conflict", "This key came with another body before");
    internal static readonly ProblemKind SequenceGap = new(409, "sequence_gap", "Events of this producer are missing");
    internal static readonly ProblemKind SequenceConflict =
        new(409, "sequence_conflict", "Other events have these numbers of this producer");

    internal static readonly ProblemKind ProducerFenced = new(409, "producer_fenced", "This producer has a later epoch");
    internal static readonly ProblemKind UnknownProducer = new(409, "unknown_producer", "Nothing is known of this producer");
    /// <summary>413 <c>event_too_large</c>.</summary>
    public static readonly ProblemKind EventTooLarge = new(413, "event_too_large", "An event is too large");
    internal static readonly ProblemKind BatchTooLarge = new(413, "batch_too_large", "The body is too large");
    /// <summary>413 <c>too_many_events</c>.</summary>
    public static readonly ProblemKind TooManyEvents = new(413, "too_many_events", "The body holds too many events");
    internal static readonly ProblemKind UnsupportedMediaType = new(415, "unsupported_media_type", "This media type is not taken here");
    internal static readonly ProblemKind UnsupportedEncoding = new(415, "unsupported_encoding", "This encoding is not taken here");
    internal static readonly ProblemKind ExpectationFailed =
        new(417, "expectation_failed", "The expectation cannot be met");

    internal static readonly ProblemKind RateLimited = new(429, "rate_limited", "The quota of this key is used up");
    internal static readonly ProblemKind InternalError = new(500, "internal_error", "The node made a mistake");
    internal static readonly ProblemKind Starting = new(503, "starting", "The node is starting");
    internal static readonly ProblemKind LogFailed = new(503, "log_failed", "The node's log failed");
    internal static readonly ProblemKind Draining = new(503, "draining", "The node is draining");
    internal static readonly ProblemKind PolicyRefused = new(503, "policy_refused", "The operator's policy refuses events for now");
    internal static readonly ProblemKind MemoryPressure = new(503, "memory_pressure", "The node is short of memory");
    internal static readonly ProblemKind DiskPressure = new(503, "disk_pressure", "The node is short of disk space");
    internal static readonly ProblemKind VerifierUnavailable = new(503, "verifier_unavailable", "The key cannot be verified for now");
    internal static readonly ProblemKind StreamsExhausted =
        new(503, "streams_exhausted", "There is no room for another stream for now");

    internal static readonly ProblemKind ProducersExhausted =
        new(503, "producers_exhausted", "There is no room for another producer for now");

    internal static readonly ProblemKind Overloaded = new(503, "overloaded", "The node has more to do than it can");

    /// <summary>Every kind there is.</summary>
    internal static readonly IReadOnlyList<ProblemKind> All =
    [
        MalformedJson, EmptyBody, InvalidCloudEvent, BadEncoding, BadRequest, Unauthenticated, Forbidden, UnknownStream, UnknownPath,
        MethodNotAllowed, BodyTimeout, IdempotencyConflict, SequenceGap, SequenceConflict, ProducerFenced, UnknownProducer,
        EventTooLarge, BatchTooLarge, TooManyEvents, UnsupportedMediaType, UnsupportedEncoding, ExpectationFailed, RateLimited,
        InternalError, VerifierUnavailable, StreamsExhausted, ProducersExhausted,
        Starting, LogFailed, Draining, PolicyRefused, MemoryPressure, DiskPressure, Overloaded,
    ];

    private static readonly ProblemKind[] ByRefusal =
        [Starting, LogFailed, Draining, PolicyRefused, MemoryPressure, DiskPressure, Overloaded];

    private ProblemKind(int status, string code, string title)
    {
        (Status, Code, Title) = (status, code, title);
        Type = "urn:ingest:error:" + code;
    }

    /// <summary>The HTTP status of the native intake.</summary>
    public int Status { get; }

    /// <summary>The stable code, as docs/errors.md lists it.</summary>
    public string Code { get; }

    /// <summary>A few words for people.</summary>
    public string Title { get; }

    /// <summary>The URI of RFC 9457's <c>type</c>.</summary>
    internal string Type { get; }

    /// <summary>Why intake refuses for now, where the same request may succeed later; null where it will not.</summary>
    internal RefusalCode? Refusal => Array.IndexOf(ByRefusal, this) is var code and >= 0 ? (RefusalCode)code : null;

    internal static ProblemKind Of(RefusalCode code) => ByRefusal[(int)code];
}
