using Ingest.Sinks.Contract;
using Ingest.Sinks.Files;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats;

/// <summary>A line an event, as the file sink writes it.</summary>
internal sealed class NdjsonFormat : RequestFormat
{
    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        using var lines = new LineBuffer();
        var encoder = new LineEncoder();
        foreach (var index in indexes)
        {
            encoder.Write(lines, batch[index]);
        }
        return new RequestBody(lines.Written.ToArray(), "application/x-ndjson");
    }
}
