using System.Buffers;
using System.IO.Compression;
using System.Net.Http.Headers;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Files;

namespace Ingest.Sinks.Http.Requests;

/// <summary>A request's body, encoded in one piece: it is signed, and sent with its length.</summary>
internal sealed class RequestBody
{
    // The framework may still be sending when an answer came early, so the bytes are never used again: the collector knows when.
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _mediaType;
    private readonly HttpCompression _compression;

    private RequestBody(ReadOnlyMemory<byte> bytes, string mediaType, HttpCompression compression = HttpCompression.None) =>
        (_bytes, _mediaType, _compression) = (bytes, mediaType, compression);

    /// <summary>The body as it is sent.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>The same body, compressed.</summary>
    internal RequestBody Compress(HttpCompression compression)
    {
        if (compression == HttpCompression.None)
        {
            return this;
        }
        var target = new MemoryStream((_bytes.Length / 4) + 64);
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(_bytes.Span);
        }
        return new RequestBody(target.GetBuffer().AsMemory(0, (int)target.Length), _mediaType, compression);
    }

    /// <summary>The content of one request.</summary>
    internal HttpContent ToContent()
    {
        var content = new ReadOnlyMemoryContent(_bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(_mediaType);
        if (_compression == HttpCompression.Gzip)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }
        return content;
    }

    /// <summary>Encodes events of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Which of its events, in order.</param>
    /// <param name="format">How.</param>
    /// <param name="cloudEvents">For that format.</param>
    internal static RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes, HttpFormat format, CloudEventEncoder cloudEvents) =>
        format == HttpFormat.Ndjson ? EncodeLines(batch, indexes) : EncodeEnvelopes(batch, indexes, cloudEvents);

    private static RequestBody EncodeLines(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        using var lines = new LineBuffer();
        var encoder = new LineEncoder();
        foreach (var index in indexes)
        {
            encoder.Write(lines, batch[index]);
        }
        return new RequestBody(lines.Written.ToArray(), "application/x-ndjson");
    }

    private static RequestBody EncodeEnvelopes(EventBatch batch, ReadOnlySpan<int> indexes, CloudEventEncoder encoder)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        output.Write("["u8);
        var any = false;
        foreach (var index in indexes)
        {
            if (any)
            {
                output.Write(","u8);
            }
            any = true;
            encoder.Write(output, batch[index]);
        }
        output.Write("]"u8);
        return new RequestBody(output.WrittenMemory, "application/cloudevents-batch+json");
    }
}
