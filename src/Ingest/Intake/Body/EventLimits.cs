using Ingest.Intake.Http;
using Ingest.Intake.Json;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Body;

/// <summary>How large and how deep one event of a request may be.</summary>
/// <param name="Bytes">Bytes of its payload.</param>
/// <param name="JsonDepth">Arrays and objects inside each other.</param>
internal readonly record struct EventLimits(int Bytes, int JsonDepth)
{
    // What a node puts around an event: its position, id, key, attributes, and the names of those, with every character escaped.
    private const int EnvelopeBytes = 256 * 1024;

    // A level for each node on the way, and some to spare.
    private const int EnvelopeDepth = 8;

    /// <summary>
    /// Whether another node sends the request (docs/http-sink.md, "A node behind a node"): what it took is not refused here for what was
    /// put around it.
    /// </summary>
    internal static bool IsForwarded(IHeaderDictionary headers) => headers.ContainsKey(IntakeHeaders.Sequence);

    internal static EventLimits Of(bool isForwarded, IntakeOptions options) => isForwarded
        ? new(ForwardedBytesMax(options.EventBytesMax), Math.Min(options.JsonDepthMax + EnvelopeDepth, JsonScanner.DepthLimit))
        : new(options.EventBytesMax, options.JsonDepthMax);

    /// <summary>The most an event of this size comes to in Base64 and an envelope.</summary>
    internal static int ForwardedBytesMax(int eventBytesMax) => (int)((eventBytesMax + 2L) / 3 * 4) + EnvelopeBytes;
}
