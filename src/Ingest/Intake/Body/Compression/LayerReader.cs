namespace Ingest.Intake.Body.Compression;

/// <summary>
/// Decodes one layer of a compressed body, all of which is in memory. One per body and layer; one thread at a time.
/// </summary>
/// <remarks>
/// Every byte of the layer is accounted for. The end is reported only when the input ended exactly where the format does: a body
/// that is cut
/// short, or that goes on behind its end with anything the format does not allow there, is refused. What a decoder would ignore may be
/// events that the producer was told are stored.
/// </remarks>
internal abstract class LayerReader : IDisposable
{
    /// <summary>
    /// Most members of gzip in a body. Each costs about as much as decoding ten kilobytes, and can be as short as 20 bytes.
    /// </summary>
    internal const int MembersMax = 10_000;

    /// <summary>Decodes into <paramref name="target"/>, which has room for at least one byte.</summary>
    /// <returns>Bytes written; 0 at the end of the layer, when all of its input belonged to it.</returns>
    /// <exception cref="InvalidDataException">
    /// The input is not what its encoding says, is cut short, or goes on behind its end.
    /// </exception>
    internal abstract int Read(Span<byte> target);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The reader of a layer.</summary>
    /// <param name="encoding">How it is compressed.</param>
    /// <param name="bytes">Holds the layer at its beginning; not changed while the reader is used.</param>
    /// <param name="length">Bytes of the layer.</param>
    internal static LayerReader Open(ContentEncoding encoding, byte[] bytes, int length) => encoding switch
    {
        ContentEncoding.GZip => new GZipReader(bytes, length),
        ContentEncoding.Deflate => new DeflateReader(bytes, length),
        ContentEncoding.Brotli => new BrotliReader(bytes, length),
        ContentEncoding.Zstd => new ZstdReader(bytes, length),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding)),
    };
}
