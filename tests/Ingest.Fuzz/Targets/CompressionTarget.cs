using System.Buffers;
using System.IO.Compression;
using System.Text;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// Compressed bodies of every encoding. Decoded, or refused; never beyond the limits; gzip as the framework decodes it; and all memory is
/// given back.
/// </summary>
/// <remarks>An input is the encoding (0 to 4) and the body.</remarks>
internal sealed class CompressionTarget : FuzzTarget
{
    private static readonly IntakeOptions Options = new() { BodyBytesMax = 64 * 1024 };

    public override string Name => "compression";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var text = Encoding.UTF8.GetBytes("{\"packed\":\"" + new string('p', 60) + "order order order\"}");
            yield return [(byte)ContentEncoding.GZip, .. Packed(text, target => new GZipStream(target, CompressionLevel.Fastest))];
            yield return [(byte)ContentEncoding.Brotli, .. Packed(text, target => new BrotliStream(target, CompressionLevel.Fastest))];
            yield return [(byte)ContentEncoding.Deflate, .. Packed(text, target => new ZLibStream(target, CompressionLevel.Fastest))];
            yield return [(byte)ContentEncoding.Deflate, .. Packed(text, target => new DeflateStream(target, CompressionLevel.Fastest))];
            using var zstd = new ZstdSharp.Compressor(1);
            yield return [(byte)ContentEncoding.Zstd, .. zstd.Wrap(text)];
            yield return [(byte)ContentEncoding.Snappy, 21, 80, 0x0A, 19, 0x0A, 7, .. "{a=\"b\"}"u8, 0x12, 8, 0x0A, 2, 8, 1, 0x12, 2,
                .. "ok"u8];
        }
    }

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var (encoding, packed) = ((ContentEncoding)(input[0] % 5), input[1..]);
        var budget = new BufferBudget(1024 * 1024);
        var body = default(ArrivedBody);
        budget.TryGrow(ref body, Math.Max(1, packed.Length));
        packed.CopyTo(body.Rented.AsSpan());
        body = new BodyDecoder(Options, budget).Decode(body with { Length = packed.Length }, [encoding]);
        FuzzException.Unless(body.Length <= Options.BodyBytesMax, "a body is decoded beyond the limit");
        if (body.Problem.IsNone && encoding == ContentEncoding.GZip)
        {
            FuzzException.Unless(Reference(packed) is { } plain && plain.AsSpan().SequenceEqual(body.Bytes),
                "gzip is decoded to other bytes");
        }
        budget.Release(body);
        FuzzException.Unless(budget.Taken == 0, "memory is not given back");
    }

    private static byte[]? Reference(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        try
        {
            gzip.CopyTo(plain);
            return plain.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[] Packed(byte[] text, Func<Stream, Stream> pack)
    {
        using var buffer = new MemoryStream();
        using (var stream = pack(buffer))
        {
            stream.Write(text);
        }
        return buffer.ToArray();
    }
}
