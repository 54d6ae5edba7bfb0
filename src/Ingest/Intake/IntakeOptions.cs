using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Ingest.Intake.Json;

namespace Ingest.Intake;

/// <summary>Section <c>Intake</c>: what a request may bring.</summary>
public sealed class IntakeOptions : IValidatableObject
{
    /// <summary>The least <see cref="BufferBytesMax"/> may be: a body of the default size.</summary>
    internal const long BufferBytesMin = 16L * 1024 * 1024;

    /// <summary>The only streams there are. Default empty: any name is a stream, up to <see cref="StreamsMax"/> of them.</summary>
    [Description("The only streams there are; empty: any name is one, up to StreamsMax of them.")]
    public string[] Streams { get; set; } = [];

    /// <summary>Streams the node takes events for; a further name is refused for as long. Default 256; 1 to 100,000.</summary>
    [Range(1, 100_000), Description("Streams the node takes events for at once; a further name is told to come back.")]
    public int StreamsMax { get; set; } = 256;

    /// <summary>
    /// How long a stream has had no events before its name may be given up for another, once all of its events are delivered. Default
    /// 1 min; 1 s to 30 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    [Description("How long a stream has had no events before its name makes room for another; nothing of it may be pending.")]
    public TimeSpan StreamIdle { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Streams one key may have named of those there are at the moment. Default 0: three quarters of StreamsMax.</summary>
    [Range(0, 100_000), Description("Streams one key may name; 0: three quarters of StreamsMax. Without keys there is no such limit.")]
    public int StreamsPerKeyMax { get; set; }

    /// <summary>Bytes of one event. Default 1 MiB; 1 KiB to 64 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024), Description("Bytes of one event.")]
    public int EventBytesMax { get; set; } = 1024 * 1024;

    /// <summary>Bytes of a request's body, after decompression. Default 16 MiB; 1 KiB to 256 MiB.</summary>
    [Range(1024, 256 * 1024 * 1024), Description("Bytes of a request's body, after decompression.")]
    public int BodyBytesMax { get; set; } = 16 * 1024 * 1024;

    /// <summary>Events of one request. Default 100,000; 1 to 1,000,000.</summary>
    [Range(1, 1_000_000), Description("Events of one request.")]
    public int EventsPerRequestMax { get; set; } = 100_000;

    /// <summary>Arrays and objects inside each other, in one event. Default 64; 1 to 512.</summary>
    [Range(1, JsonScanner.DepthLimit), Description("Arrays and objects inside each other, in one event.")]
    public int JsonDepthMax { get; set; } = 64;

    /// <summary>Time for a whole body to arrive once its headers have. Default 30 s; 100 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00"), Description("Time for a whole body to arrive once its headers have.")]
    public TimeSpan BodyDeadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a refused request's body is read on and thrown away, so that the answer reaches clients that write all of it before they
    /// read. Default 30 s; 0 (not at all) to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    [Description("How long a refused request's body is read on, so that the answer reaches clients that write before they read.")]
    public TimeSpan LingerTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes of a refused request's body are thrown away so. Default 1 GiB; 0 to 1 TiB.</summary>
    [Range(0L, 1024L * 1024 * 1024 * 1024), Description("How many bytes of a refused request's body are read on at most.")]
    public long LingerBytesMax { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Refused requests whose bodies are read on at once. Default 256; 0 to 100,000.</summary>
    [Range(0, 100_000), Description("Refused requests whose bodies are read on at once; further ones are closed at once.")]
    public int LingerRequestsMax { get; set; } = 256;

    /// <summary>
    /// Bytes of bodies held at once while they arrive, all requests together; beyond it requests are refused as overloaded. Bodies that
    /// arrive in one piece need none of it. Default 256 MiB; 16 MiB to 64 GiB.
    /// </summary>
    [Range(BufferBytesMin, 64L * 1024 * 1024 * 1024)]
    [Description("Bytes of bodies held at once while they arrive, all requests together; one alone always has room.")]
    public long BufferBytesMax { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// How many times larger than it was sent a body of over 1 MiB may be when decompressed. Default 100; 2 to 1,100, which is all that
    /// deflate can do.
    /// </summary>
    [Range(2, 1100), Description("How many times larger than it was sent a body of over 1 MiB may be when decompressed.")]
    public int DecompressionRatioMax { get; set; } = 100;

    /// <summary>
    /// When requests may be answered, the default first: <c>durable</c>, when their events are on disk, <c>delivered</c>, when the lanes
    /// have delivered them too. Default both. The operator's policy may say otherwise for streams and keys.
    /// </summary>
    [Description("When requests may be answered (Ingest-Ack), the default first: durable, delivered or both.")]
    public string[] Acks { get; set; } = ["durable", "delivered"];

    /// <summary>Names of the sinks that count for <c>delivered</c>. Default none: all of them.</summary>
    [Description("Names of the sinks that count for delivered; empty: all.")]
    public string[] AckLanes { get; set; } = [];

    /// <summary>How long a request waits for delivery where it does not say. Default 10 s; 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00"), Description("How long a request waits for delivery where it does not say.")]
    public TimeSpan AckTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request may wait for delivery; longer ones wait so long. Default 1 min; 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00"), Description("How long a request may wait for delivery, whatever it asks for.")]
    public TimeSpan AckTimeoutMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Requests that wait for delivery at once; further ones are answered as not delivered. Default 10,000; 0 to 1,000,000.
    /// </summary>
    [Range(0, 1_000_000), Description("Requests that wait for delivery at once; further ones are answered as not delivered.")]
    public int AckWaitsMax { get; set; } = 10_000;

    /// <summary>
    /// How long the answer to a request with an <c>Idempotency-Key</c>, or with one CloudEvent, is remembered, so that a repeat stores
    /// nothing. Default 10 min; 0 (never) to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00"), Description("How long the answer to a request that may be repeated is remembered.")]
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many such answers are remembered, 150 bytes each; the oldest goes first. Default 200,000; 0 to 10,000,000.</summary>
    [Range(0, 10_000_000), Description("How many such answers are remembered, about 150 bytes each.")]
    public int IdempotencyKeysMax { get; set; } = 200_000;

    /// <summary>Whether a CloudEvent's <c>source</c> and <c>id</c> count as such a key. Default true.</summary>
    [Description("Whether a CloudEvent's source and id count as an Idempotency-Key.")]
    public bool IdempotentCloudEvents { get; set; } = true;

    /// <summary>
    /// Headers whose value says which request it is, as <c>Idempotency-Key</c> does, but by the value alone, whatever the body is:
    /// <c>webhook-id</c>, for one. The first that is there counts. Default none.
    /// </summary>
    [Description("Headers that say which request it is, whatever its body, such as webhook-id; empty: none.")]
    public string[] IdempotencyHeaders { get; set; } = [];

    /// <summary>
    /// Producers with <c>Ingest-Producer</c> whose next number is known, up to 420 bytes each; the one not used for longest goes first.
    /// Default 100,000; 0 (none: requests that name one are refused) to 10,000,000.
    /// </summary>
    [Range(0, 10_000_000), Description("Producers (Ingest-Producer) whose next number is known, up to 420 bytes each; 0: none.")]
    public int ProducersMax { get; set; } = 100_000;

    /// <summary>How long a producer that sends nothing is known. Default 7 days; 10 min to 10 years.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "3650.00:00:00"), Description("How long a producer that sends nothing is known.")]
    public TimeSpan ProducerRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Request headers that are kept with the events as attributes, and delivered with them, such as <c>x-github-event</c>. Up to 4 KiB
    /// each and 8 KiB together; never credentials. Default none.
    /// </summary>
    [Description("Request headers that are kept with the events and delivered, up to 4 KiB each; no credentials; empty: none.")]
    public string[] KeepHeaders { get; set; } = [];

    /// <summary>
    /// Whether a body of JSON may be several values one after the other, each an event. Default false: more than one value is malformed.
    /// </summary>
    [Description("Whether a body of JSON may be several values one after the other, each an event.")]
    public bool ConcatenatedJson { get; set; }

    /// <summary>
    /// Whether optional attributes of CloudEvents are taken as they are, where the specification forbids their values (an empty subject, a
    /// dataschema that is no URI) or names. Default false.
    /// </summary>
    [Description("Whether optional attributes of CloudEvents are taken as they are, also where the specification forbids them.")]
    public bool LenientCloudEvents { get; set; }

    /// <summary>
    /// Origins that are told they may send, where CloudEvents senders ask first with <c>OPTIONS</c> and <c>WebHook-Request-Origin</c>;
    /// <c>*</c>: all. Default none.
    /// </summary>
    [Description("Origins that are told they may send, where CloudEvents senders ask first (WebHook-Request-Origin); *: all; empty: none.")]
    public string[] WebHookOrigins { get; set; } = [];

    /// <summary>
    /// Whether a request without a key in its headers may show one as <c>access_token</c> in the query (CloudEvents' HTTP webhooks, section
    /// 3.2; RFC 6750, section 2.3). Queries end up in others' logs, though not in the node's. Default false.
    /// </summary>
    [Description("Whether a request without a key in its headers may show one as access_token in the query, as CloudEvents' webhooks do.")]
    public bool KeysInQuery { get; set; }

    /// <summary>
    /// Names by which producers may call the intake (the <c>Host</c> header); health is answered by any. Default none: any name will do.
    /// </summary>
    [Description("Names by which producers may call the intake (the Host header); empty: any.")]
    public string[] Hosts { get; set; } = [];

    /// <summary>
    /// Origins whose pages may send from a browser, such as <c>https://shop.example</c>; <c>*</c>: all. Default none: a request that shows
    /// an origin is refused, or any page a user visits could send to a node on the user's machine.
    /// </summary>
    [Description("Origins whose pages may send from a browser, such as https://shop.example; *: all; empty: none.")]
    public string[] Origins { get; set; } = [];

    /// <summary>
    /// Whether events are taken from producers that name no key. Default false: only while neither <see cref="KeysFile"/> nor
    /// <see cref="IntrospectionUrl"/> is set, and the listener is on the loopback interface.
    /// </summary>
    [Description("Whether events are taken from producers that name no key, also where keys are set or the listener is no loopback one.")]
    public bool Anonymous { get; set; }

    /// <summary>JSON file with the digests of the API keys (docs/keys.md). Read again when it changes. Default none.</summary>
    [Description("JSON file with the digests of the API keys; read again when it changes.")]
    public string KeysFile { get; set; } = "";

    /// <summary>How often the keys' file is looked at for changes. Default 2 s; 100 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00"), Description("How often the keys' file is looked at for changes.")]
    public TimeSpan KeysFilePoll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>URL of an OAuth 2.0 token introspection endpoint (RFC 7662), asked about other bearer tokens. Default none.</summary>
    [Description("URL of an OAuth 2.0 token introspection endpoint (RFC 7662) that is asked about other bearer tokens.")]
    public string IntrospectionUrl { get; set; } = "";

    /// <summary>File whose first line is the Authorization header for that endpoint. Default none.</summary>
    [Description("File whose first line is the Authorization header for that endpoint.")]
    public string IntrospectionAuthorizationFile { get; set; } = "";

    /// <summary>Time the endpoint has to answer. Default 2 s; 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00"), Description("Time the introspection endpoint has to answer.")]
    public TimeSpan IntrospectionTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long its answer is good. Default 1 min; 1 s to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00"), Description("How long the endpoint's answer is good.")]
    public TimeSpan IntrospectionTtl { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How much longer a good answer serves while the endpoint fails. Default 1 h; 0 to 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00"), Description("How much longer a good answer serves while the endpoint fails.")]
    public TimeSpan IntrospectionStaleMax { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Per stream, where in an event its ordering key is: a JSON pointer (RFC 6901) such as <c>/user/id</c>. Used where the request has no
    /// <c>Ingest-Key</c>. Default none.
    /// </summary>
    [Description("Per stream, the JSON pointer (RFC 6901) to an event's ordering key.")]
    public IDictionary<string, string> KeyPointers { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => IntakeRules.Check(this);
}
