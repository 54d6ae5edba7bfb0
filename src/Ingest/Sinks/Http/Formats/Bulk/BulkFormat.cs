using System.Buffers;
using System.Globalization;
using System.Text;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats.Bulk;

/// <summary>
/// <c>_bulk</c> of Elasticsearch and OpenSearch: each event is created as a document under an id of its own, so that a repeat is a conflict
/// and no second document. The answer has an item for each, in order.
/// </summary>
internal sealed class BulkFormat(HttpSinkOptions options, Func<long, Guid> epochOf, StatusTable statuses) : RequestFormat
{
    private const string PlaceholderAlone = "{stream}";
    private const int IdBytesMax = 512;
    private const int AnswerBytes = 64 * 1024;
    private const int ItemBytes = 4 * 1024;
    private const int AnswerBytesLimit = 32 * 1024 * 1024;

    private static readonly SinkVerdict NoDocument =
        new(VerdictKind.Rejected, "no JSON object, so no document", Scope: VerdictScope.Event);

    private static readonly SinkVerdict Change =
        new(VerdictKind.Rejected, "an update or delete of a document, where documents are only created", Scope: VerdictScope.Event);

    /// <inheritdoc/>
    internal override bool JudgesEvents => true;

    /// <summary>Without the answer nothing is known of the events: as long as the request may take.</summary>
    internal override TimeSpan AnswerPatience => Timeout.InfiniteTimeSpan;

    /// <inheritdoc/>
    internal override int AnswerBytesMax(int events) => (int)Math.Min(AnswerBytes + ((long)ItemBytes * events), AnswerBytesLimit);

    /// <inheritdoc/>
    internal override SinkVerdict? Refuse(in StoredEvent stored)
    {
        var operation = stored.Attributes.Find("elastic-op"u8);
        return operation.SequenceEqual("update"u8) || operation.SequenceEqual("delete"u8) ? Change
            : JsonPayload.IsObject(stored) ? null
            : NoDocument;
    }

    /// <summary>Asks for what is read alone: an answer repeats index and id of every document.</summary>
    internal override Uri Place(Uri url, in StoredEvent first) =>
        new(url.AbsoluteUri + "?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason", UriKind.Absolute);

    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        foreach (var index in indexes)
        {
            var stored = batch[index];
            WriteAction(output, stored);
            WriteDocument(output, stored.Payload.Span);
        }
        return new RequestBody(output.WrittenMemory, "application/x-ndjson");
    }

    /// <inheritdoc/>
    internal override HttpAnswer? Read(in ReceivedAnswer answer, int events) => answer.Usual.Kind == VerdictKind.Delivered
        ? BulkAnswer.Read(answer.Body, events, statuses, ofStream: IsPerStream, withReasons: options.AnswerBytesMax > 0)
        : null;

    private bool IsPerStream => options.BulkIndex.Contains(PlaceholderAlone, StringComparison.Ordinal)
        || options.Url.Contains(PlaceholderAlone, StringComparison.Ordinal);

    private void WriteAction(ArrayBufferWriter<byte> output, in StoredEvent stored)
    {
        output.Write("{\"create\":{"u8);
        if (options.BulkIndex.Length > 0)
        {
            output.Write("\"_index\":"u8);
            JsonPayload.WriteText(output, Index(stored));
            output.Write(","u8);
        }
        output.Write("\"_id\":"u8);
        JsonPayload.WriteText(output, options.BulkIds == BulkIds.Producer && stored.Id.Length is > 0 and <= IdBytesMax
            ? stored.Id
            : Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{epochOf(stored.Sequence):N}-{stored.Sequence}")));
        output.Write("}}\n"u8);
    }

    // A client that named an index with a date in it, which its stream has not, meant that index.
    private ReadOnlySpan<byte> Index(in StoredEvent stored) =>
        options.BulkIndex == PlaceholderAlone && stored.Attributes.Find("elastic-index"u8) is { IsEmpty: false } dated ? dated
        : Encoding.ASCII.GetBytes(options.BulkIndex.Replace(
            PlaceholderAlone, Encoding.ASCII.GetString(stored.Stream), StringComparison.Ordinal));

    // A line: line breaks can stand between the tokens of JSON alone.
    private static void WriteDocument(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> document)
    {
        var line = output.GetSpan(document.Length + 1)[..(document.Length + 1)];
        document.CopyTo(line);
        line.Replace((byte)'\n', (byte)' ');
        line.Replace((byte)'\r', (byte)' ');
        line[^1] = (byte)'\n';
        output.Advance(line.Length);
    }
}
