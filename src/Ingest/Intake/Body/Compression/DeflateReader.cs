using System.IO.Compression;

namespace Ingest.Intake.Body.Compression;

/// <summary>Reads one stream of zlib (RFC 1950), or one of bare deflate (RFC 1951), which fills the body.</summary>
internal sealed class DeflateReader : LayerReader
{
    private const int MethodMask = 0x0F;
    private const int DeflateMethod = 8;

    private readonly StoppingSource _source;
    private readonly Stream _inflate;

    /// <param name="bytes">Holds the body at its beginning.</param>
    /// <param name="length">Bytes of the body.</param>
    internal DeflateReader(byte[] bytes, int length)
    {
        _source = new StoppingSource(bytes, [length]);
        _source.Begin(0);
        _inflate = IsZlib(bytes.AsSpan(0, length))
            ? new ZLibStream(_source, CompressionMode.Decompress)
            : new DeflateStream(_source, CompressionMode.Decompress);
    }

    internal override int Read(Span<byte> target) => _inflate.Read(target) switch
    {
        0 when !_source.IsAtStop => throw new InvalidDataException(),
        var count => count,
    };

    public override void Dispose()
    {
        _inflate.Dispose();
        _source.Dispose();
    }

    // The header's check bits (RFC 1950, section 2.2). What begins like this is never the bare format of an encoder in use: it would be a
    // stored block with padding that is not zero.
    private static bool IsZlib(ReadOnlySpan<byte> body) =>
        body.Length >= 2 && (body[0] & MethodMask) == DeflateMethod && ((body[0] << 8) | body[1]) % 31 == 0;
}
