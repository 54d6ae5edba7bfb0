using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects;

/// <summary>
/// How a dialect takes events: where the key is, how the body is read, and the answers. One instance serves all requests at once, so it
/// keeps nothing of a request; what its answer needs of the body goes into <see cref="DialectEvents.State"/>.
/// </summary>
/// <param name="options">The dialect's settings.</param>
public abstract class DialectIntake(DialectOptions options)
{
    /// <summary>The dialect's settings.</summary>
    public DialectOptions Options { get; } = options;

    /// <summary>The stream of events for which neither request, key nor settings name one.</summary>
    public virtual string FallbackStream => "default";

    /// <summary>
    /// Whether the dialect knows its producers by other means than keys, such as signatures. <see cref="Read"/> decides then.
    /// </summary>
    public virtual bool KnowsProducers => false;

    /// <summary>
    /// Whether the key may be in the body: a request without another is read, up to 4 MiB, and refused afterwards where
    /// <see cref="DialectEvents.ShowKey"/> was not given one that is known.
    /// </summary>
    public virtual bool HasKeyInBody => false;

    /// <summary>Whether a body that begins like gzip is gzip, also where no header says so.</summary>
    public virtual bool SniffsGZip => false;

    /// <summary>The keys a request shows, in the places this dialect has for them. Keys in the native places are found anyway.</summary>
    public virtual DialectCredentials FindKey(HttpRequest request) => DialectCredentials.OfAuthorization(request);

    /// <summary>What is wrong with a request by its head alone. Default: nothing.</summary>
    public virtual Problem Check(HttpRequest request) => default;

    /// <summary>
    /// Whether a refusal for now needs to know what is in the body, such as one verdict per event. The body is read first then.
    /// </summary>
    public virtual bool RefusesByEvent(HttpRequest request) => false;

    /// <summary>How long a request may wait for pressure to pass. Default: as the settings say.</summary>
    public virtual TimeSpan AdmissionWait(HttpRequest request) => Options.AdmissionWait;

    /// <summary>HTTP's encodings of the body, in the order they were applied; null, with the problem, where one is unknown.</summary>
    internal virtual ContentEncoding[]? Encodings(HttpRequest request, out Problem problem) =>
        ContentEncodings.Find(request.Headers.ContentEncoding, out problem);

    /// <summary>How the message lies in a body, by the protocol's own framing and compression.</summary>
    internal virtual BodyWrapping Unwrap(HttpRequest request, ReadOnlySpan<byte> body) =>
        SniffsGZip && body is [0x1f, 0x8b, 8, ..] ? new BodyWrapping(0, ContentEncoding.GZip) : default;

    /// <summary>Names the events of a body, or says what is wrong with it. One synchronous step; the body is gone afterwards.</summary>
    /// <param name="request">The request the body came with.</param>
    /// <param name="body">All of the body, decompressed.</param>
    /// <param name="events">Takes the events.</param>
    public abstract Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events);

    /// <summary>Writes the answer to a request whose events are on disk: status, headers and body, without flushing.</summary>
    public abstract void Accept(HttpContext context, in DialectReceipt receipt);

    /// <summary>
    /// Writes the answer to a request of which nothing is stored, in the dialect's words. <c>Retry-After</c> and <c>Ingest-Code</c> are
    /// set already and may be changed.
    /// </summary>
    public abstract void Refuse(HttpContext context, in DialectRefusal refusal);
}

/// <summary>A request whose events are on disk.</summary>
/// <param name="Count">How many events; 0 where the dialect allows an empty request.</param>
/// <param name="First">The number of the first in the node's log.</param>
/// <param name="Last">The number of the last.</param>
/// <param name="IsReplay">Whether they were stored by an earlier request that this one repeats.</param>
/// <param name="State">What <see cref="DialectIntake.Read"/> left in <see cref="DialectEvents.State"/>.</param>
public readonly record struct DialectReceipt(int Count, long First, long Last, bool IsReplay, object? State);

/// <summary>A request of which nothing is stored.</summary>
/// <param name="Problem">Why.</param>
/// <param name="IsLater">Whether the same request may succeed later.</param>
/// <param name="RetrySeconds">When it may, at least 1; 0 where it will not.</param>
/// <param name="Count">Events read before; 0 where the body was not read.</param>
/// <param name="State">What <see cref="DialectIntake.Read"/> left in <see cref="DialectEvents.State"/>, if it was called.</param>
public readonly record struct DialectRefusal(Problem Problem, bool IsLater, int RetrySeconds, int Count, object? State);
