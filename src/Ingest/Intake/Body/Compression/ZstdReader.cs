using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Ingest.Intake.Body.Compression;

/// <summary>Reads the frames of Zstandard (RFC 8878) that fill the body, one or several; skippable ones hold nothing.</summary>
internal sealed class ZstdReader : LayerReader
{
    // 8 MiB, the most that the encoding may ask for in HTTP (RFC 9659, section 3).
    private const int WindowLogMax = 23;

    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly Decompressor _decoder = new();
    private int _at;
    private bool _ended;

    /// <param name="bytes">Holds the body at its beginning.</param>
    /// <param name="length">Bytes of the body.</param>
    internal ZstdReader(byte[] bytes, int length)
    {
        (_bytes, _length) = (bytes, length);
        _decoder.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLogMax);
    }

    internal override int Read(Span<byte> target)
    {
        var written = 0;
        while (!_ended && written == 0)
        {
            // Done means that a frame has ended and no input is left: further frames are read in the same call.
            var status = _decoder.UnwrapStream(_bytes.AsSpan(_at, _length - _at), target, out var consumed, out written);
            _at += consumed;
            _ended = status == OperationStatus.Done && _at == _length;
            if (!_ended && (status != OperationStatus.DestinationTooSmall || (consumed == 0 && written == 0)))
            {
                throw new InvalidDataException();
            }
        }
        return written;
    }

    public override void Dispose() => _decoder.Dispose();
}
