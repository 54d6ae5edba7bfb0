using System.IO.Compression;

namespace Ingest.Tests.Intake.Matrix;

/// <summary>One way to compress a body.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Header">Content-Encoding; null: none.</param>
/// <param name="Encode">Does it.</param>
internal sealed record SentEncoding(string Name, string? Header, Func<byte[], byte[]> Encode)
{
    internal static IReadOnlyList<SentEncoding> All { get; } =
    [
        new("none", null, plain => plain),
        new("gzip", "gzip", GZip),
        new("br", "br", Brotli),
        new("deflate", "deflate", plain =>
            plain.Length == 0 ? NoZLib : Through(plain, buffer => new ZLibStream(buffer, CompressionLevel.Fastest))),
        new("deflate, bare", "deflate", plain =>
            plain.Length == 0 ? NoDeflate : Through(plain, buffer => new DeflateStream(buffer, CompressionLevel.Fastest))),
        new("zstd", "zstd", Zstd),
        new("gzip, br", "gzip, br", plain => Brotli(GZip(plain))),
    ];

    // The framework's streams write nothing at all for nothing; other compressors write these.
    private static byte[] NoDeflate => [3, 0];

    private static byte[] NoZLib => [0x78, 0x9C, .. NoDeflate, 0, 0, 0, 1];

    private static byte[] NoGZip => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, .. NoDeflate, 0, 0, 0, 0, 0, 0, 0, 0];

    private static byte[] GZip(byte[] plain) =>
        plain.Length == 0 ? NoGZip : Through(plain, buffer => new GZipStream(buffer, CompressionLevel.Fastest));

    private static byte[] Brotli(byte[] plain) => Through(plain, buffer => new BrotliStream(buffer, CompressionLevel.Fastest));

    private static byte[] Zstd(byte[] plain)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(plain).ToArray();
    }

    private static byte[] Through(byte[] plain, Func<Stream, Stream> open)
    {
        using var buffer = new MemoryStream();
        using (var stream = open(buffer))
        {
            stream.Write(plain);
        }
        return buffer.ToArray();
    }
}
