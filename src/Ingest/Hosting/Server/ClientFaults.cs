using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Server;

/// <summary>
/// Names the server's messages that any client can cause as often as it likes, and how they are said instead. The server tells most of what
/// clients do wrong at <see cref="LogLevel.Debug"/>; these it takes for its own trouble, with a stack trace, or says for each connection.
/// </summary>
internal static class ClientFaults
{
    private const string Category = "Microsoft.AspNetCore.Server.Kestrel";

    private static readonly FrozenDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>
    {
        // A body that is not read turns out to be malformed while the server throws it away. The client has its answer.
        ["RequestBodyDrainBodyReaderInvalidState"] = LogLevel.Debug,
        // More connections than there may be.
        ["ConnectionRejected"] = LogLevel.Warning,
        // Floods over HTTP/2, by streams that are opened and reset. The connection is closed.
        ["Http2QueueOperationsExceeded"] = LogLevel.Warning,
        ["Http2FlowControlQueueOperationsExceeded"] = LogLevel.Warning,
    }.ToFrozenDictionary();

    /// <summary>Whether such messages come under this name.</summary>
    internal static bool MayBeIn(string category) => category.StartsWith(Category, StringComparison.Ordinal);

    /// <summary>The level such a message is worth; null: it is none of them.</summary>
    internal static LogLevel? Of(EventId id) => id.Name is { } name && Levels.TryGetValue(name, out var level) ? level : null;
}
