using System.Buffers;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats.Hec;

/// <summary>
/// Payloads that are envelopes of an HTTP Event Collector already: they go as they came, with the time and index they have.
/// </summary>
internal sealed class HecAsStoredFormat : RequestFormat
{
    private static readonly SinkVerdict NoEnvelope =
        new(VerdictKind.Rejected, "no JSON object, so no envelope of an HTTP Event Collector", Scope: VerdictScope.Event);

    /// <inheritdoc/>
    internal override int AnswerBytesMax(int events) => HecAnswer.BytesMax;

    /// <inheritdoc/>
    internal override HttpAnswer? Read(in ReceivedAnswer answer, int events) => HecAnswer.Read(answer, isIndexOfEvent: true);

    /// <inheritdoc/>
    internal override SinkVerdict? Refuse(in StoredEvent stored) => JsonPayload.IsObject(stored) ? null : NoEnvelope;

    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        foreach (var index in indexes)
        {
            output.Write(batch[index].Payload.Span);
            output.Write("\n"u8);
        }
        return new RequestBody(output.WrittenMemory, "application/json");
    }
}
