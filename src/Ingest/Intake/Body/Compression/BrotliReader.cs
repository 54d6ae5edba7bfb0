using System.Buffers;
using System.IO.Compression;

namespace Ingest.Intake.Body.Compression;

/// <summary>Reads the one stream of Brotli (RFC 7932) that fills the body.</summary>
/// <param name="bytes">Holds the body at its beginning.</param>
/// <param name="length">Bytes of the body.</param>
internal sealed class BrotliReader(byte[] bytes, int length) : LayerReader
{
    private BrotliDecoder _decoder;
    private int _at;
    private bool _ended;

    internal override int Read(Span<byte> target)
    {
        var written = 0;
        while (!_ended && written == 0)
        {
            var status = _decoder.Decompress(bytes.AsSpan(_at, length - _at), target, out var consumed, out written);
            _at += consumed;
            _ended = status == OperationStatus.Done;
            var isRight = _ended ? _at == length : status == OperationStatus.DestinationTooSmall && (consumed > 0 || written > 0);
            if (!isRight)
            {
                throw new InvalidDataException();
            }
        }
        return written;
    }

    public override void Dispose() => _decoder.Dispose();
}
