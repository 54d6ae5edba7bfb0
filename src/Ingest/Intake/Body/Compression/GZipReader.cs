using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Ingest.Intake.Body.Compression;

/// <summary>Reads the members of gzip (RFC 1952) that fill the body, one or several, and checks the sum and the size of each.</summary>
internal sealed class GZipReader : LayerReader
{
    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly StoppingSource _source;
    private readonly Crc32 _sum = new();
    private DeflateStream? _member;
    private uint _size;
    private int _at;

    /// <param name="bytes">Holds the body at its beginning.</param>
    /// <param name="length">Bytes of the body.</param>
    internal GZipReader(byte[] bytes, int length)
    {
        (_bytes, _length) = (bytes, length);
        _source = new StoppingSource(bytes, GZipMember.DataEnds(bytes.AsSpan(0, length), MembersMax));
        Open();
    }

    internal override int Read(Span<byte> target)
    {
        while (_member is not null)
        {
            if (_member.Read(target) is var count and > 0)
            {
                _sum.Append(target[..count]);
                _size += (uint)count;
                return count;
            }
            Close();
            if (_at < _length)
            {
                Open();
            }
        }
        return 0;
    }

    public override void Dispose()
    {
        _member?.Dispose();
        _source.Dispose();
    }

    private void Open()
    {
        _at += GZipMember.HeaderLength(_bytes.AsSpan(_at, _length - _at));
        _source.Begin(_at);
        _size = 0;
        _sum.Reset();
        _member = new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
    }

    private void Close()
    {
        _member!.Dispose();
        _member = null;
        if (!_source.IsAtStop)
        {
            throw new InvalidDataException();
        }
        var trailer = _bytes.AsSpan((int)_source.Position, GZipMember.TrailerBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _sum.GetCurrentHashAsUInt32()
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != _size)
        {
            throw new InvalidDataException();
        }
        _at = (int)_source.Position + GZipMember.TrailerBytes;
    }
}
