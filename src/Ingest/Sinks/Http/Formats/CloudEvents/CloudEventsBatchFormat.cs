using System.Buffers;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats.CloudEvents;

/// <summary>An array of CloudEvents 1.0 envelopes.</summary>
internal sealed class CloudEventsBatchFormat(CloudEventEncoder encoder) : RequestFormat
{
    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        output.Write("["u8);
        foreach (var index in indexes)
        {
            if (output.WrittenCount > 1)
            {
                output.Write(","u8);
            }
            encoder.Write(output, batch[index]);
        }
        output.Write("]"u8);
        return new RequestBody(output.WrittenMemory, "application/cloudevents-batch+json");
    }
}
