using System.Buffers;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats;

/// <summary>A JSON array of the payloads alone.</summary>
internal sealed class JsonArrayFormat : RequestFormat
{
    /// <inheritdoc/>
    internal override SinkVerdict? Refuse(in StoredEvent stored) => JsonPayload.Refuse(stored);

    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        output.Write("["u8);
        for (var i = 0; i < indexes.Length; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }
            JsonPayload.Write(output, batch[indexes[i]]);
        }
        output.Write("]"u8);
        return new RequestBody(output.WrittenMemory, "application/json");
    }
}
