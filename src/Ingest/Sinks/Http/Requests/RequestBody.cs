using System.IO.Compression;

namespace Ingest.Sinks.Http.Requests;

/// <summary>A request's body, encoded in one piece: it is signed, and sent with its length.</summary>
internal sealed class RequestBody
{
    // The framework may still be sending when an answer came early, so the bytes are never used again: the collector knows when.
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _mediaType;
    private readonly HttpCompression _compression;

    /// <param name="bytes">The body; never written to again.</param>
    /// <param name="mediaType">Its content type, which a header can carry.</param>
    /// <param name="compression">How it is compressed.</param>
    internal RequestBody(ReadOnlyMemory<byte> bytes, string mediaType, HttpCompression compression = HttpCompression.None) =>
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
        // As producers wrote it, where it is theirs.
        content.Headers.TryAddWithoutValidation("Content-Type", _mediaType);
        if (_compression == HttpCompression.Gzip)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }
        return content;
    }
}
