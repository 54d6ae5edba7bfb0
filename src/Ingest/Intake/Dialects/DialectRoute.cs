using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects;

/// <summary>Answers a request that brings no events: a handshake, a health check, an acknowledgement that is asked for.</summary>
/// <param name="context">The request and its answer.</param>
/// <param name="node">What the node can say of itself.</param>
public delegate Task DialectReply(HttpContext context, IDialectNode node);

/// <summary>A path of a dialect. Other methods than those of its routes are answered with 405.</summary>
public sealed class DialectRoute
{
    private DialectRoute(string pattern, string[] methods, DialectIntake? intake, DialectReply? reply) =>
        (Pattern, Methods, Intake, Reply) = (pattern, methods, intake, reply);

    /// <summary>The path, as a route pattern of ASP.NET Core.</summary>
    public string Pattern { get; }

    /// <summary>The methods it is for.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>What takes the events of a request; null where it brings none.</summary>
    internal DialectIntake? Intake { get; }

    /// <summary>What answers a request that brings no events; null where it does.</summary>
    internal DialectReply? Reply { get; }

    /// <summary>A path that takes events.</summary>
    public static DialectRoute Takes(string pattern, DialectIntake intake, params string[] methods) =>
        new(pattern, methods.Length == 0 ? [HttpMethods.Post] : methods, intake, reply: null);

    /// <summary>A path that only answers.</summary>
    public static DialectRoute Answers(string pattern, DialectReply reply, params string[] methods) =>
        new(pattern, methods.Length == 0 ? [HttpMethods.Get, HttpMethods.Head] : methods, intake: null, reply);
}

/// <summary>What a node can say of itself to a dialect's handshakes. Any thread.</summary>
public interface IDialectNode
{
    /// <summary>Whether events are accepted.</summary>
    bool IsReady { get; }

    /// <summary>Every event up to this number is on disk.</summary>
    long DurableSequence { get; }

    /// <summary>Every event up to this number is settled by every lane: delivered, or a dead letter.</summary>
    long SettledSequence { get; }

    /// <summary>
    /// Whether no lane has the event before it any more: it was delivered, is a dead letter or was given up. Parked events are not settled.
    /// </summary>
    bool IsSettled(long sequence);

    /// <summary>Whether the request shows a key that may send, or none is needed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="credentials">The keys it shows in the dialect's own places.</param>
    bool Knows(HttpRequest request, DialectCredentials credentials);

    /// <summary>
    /// Reads the body of a request that brings no events, as it was sent, under the limits of size, time and memory of every body.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="bytesMax">The most it may have, in bytes.</param>
    /// <returns>Null where it is larger, broken, too slow or there is no memory for it; the answer then ends the connection.</returns>
    ValueTask<byte[]?> ReadBodyAsync(HttpContext context, int bytesMax);
}
