using System.Buffers;
using System.Buffers.Binary;
using Ingest.Wal.Format;

namespace Ingest.Wal.Writing;

/// <summary>
/// Records encoded as frames in one pooled buffer, still without sequence numbers: made by the thread that has the data, handed over
/// to the thread that commits. A batch is committed whole or not at all.
/// </summary>
/// <remarks>
/// One owner at a time; the last owner calls <see cref="Dispose"/>. Not thread-safe. Write a record's body through
/// <see cref="IBufferWriter{T}"/> between <see cref="BeginRecord"/> and <see cref="EndRecord"/>.
/// </remarks>
public sealed class RecordBatch : IBufferWriter<byte>, IDisposable
{
    private const int NoRecord = -1;

    private byte[] _buffer = [];
    private int _written;
    private int _frameStart = NoRecord;
    private bool _returned;

    /// <summary>An empty batch with room for <paramref name="bytesHint"/> bytes of frames; it grows as needed.</summary>
    public static RecordBatch Rent(int bytesHint = 1024) => RecordBatchPool.Rent(bytesHint);

    /// <summary>Lets go of the batches that are kept for the next request: a few MiB at most. Any thread.</summary>
    public static void TrimPool() => RecordBatchPool.Trim();

    /// <summary>Complete records in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of complete frames, padding included.</summary>
    public int Bytes { get; private set; }

    /// <summary>The complete frames, one after another. Valid until the batch is written to or disposed.</summary>
    public ReadOnlySpan<byte> Frames => _buffer.AsSpan(0, Bytes);

    /// <summary>Starts a record. Everything written until <see cref="EndRecord"/> is its body.</summary>
    public void BeginRecord()
    {
        ObjectDisposedException.ThrowIf(_returned, this);
        if (_frameStart != NoRecord)
        {
            throw new InvalidOperationException("The previous record was neither ended nor abandoned.");
        }
        _frameStart = Bytes;
        _written = Bytes;
        Reserve(FrameHeader.Bytes);
        _written += FrameHeader.Bytes;
    }

    /// <summary>Bytes of the body written so far.</summary>
    public int RecordBytes => _frameStart == NoRecord ? 0 : _written - _frameStart - FrameHeader.Bytes;

    /// <summary>Completes the record: length, type, checksum of the body, padding.</summary>
    public void EndRecord()
    {
        ThrowUnlessInRecord();
        var length = RecordBytes;
        var frameBytes = FrameHeader.FrameBytes(length);
        Reserve(_frameStart + frameBytes - _written);
        var frame = _buffer.AsSpan(_frameStart, frameBytes);
        frame[..FrameHeader.Bytes].Clear();
        frame[(FrameHeader.Bytes + length)..].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        frame[FrameHeader.TypeOffset] = (byte)FrameType.Record;
        var checksum = Crc32C.Compute(frame.Slice(FrameHeader.Bytes, length));
        BinaryPrimitives.WriteUInt32LittleEndian(frame[FrameHeader.BodyChecksumOffset..], checksum);
        Bytes = _frameStart + frameBytes;
        _written = Bytes;
        _frameStart = NoRecord;
        Count++;
    }

    /// <summary>Drops what was written since <see cref="BeginRecord"/>.</summary>
    public void AbandonRecord()
    {
        _frameStart = NoRecord;
        _written = Bytes;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ThrowUnlessInRecord();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _written);
        _written += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowUnlessInRecord();
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_written);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        ThrowUnlessInRecord();
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_written);
    }

    /// <summary>
    /// Gives the buffer back. The batch must not be used afterwards; another call does nothing until it is rented again.
    /// </summary>
    public void Dispose()
    {
        if (!_returned)
        {
            _returned = true;
            RecordBatchPool.Return(this);
        }
    }

    internal void Rented(int bytesHint)
    {
        _returned = false;
        if (_buffer.Length < bytesHint)
        {
            Release();
            _buffer = ArrayPool<byte>.Shared.Rent(bytesHint);
        }
    }

    /// <summary>Empties the batch; keeps its buffer only while it is at most <paramref name="bytesKept"/> long.</summary>
    internal void Reset(int bytesKept)
    {
        Count = 0;
        Bytes = 0;
        _written = 0;
        _frameStart = NoRecord;
        if (_buffer.Length > bytesKept)
        {
            Release();
        }
    }

    private void ThrowUnlessInRecord()
    {
        if (_frameStart == NoRecord)
        {
            throw new InvalidOperationException("No record was begun.");
        }
    }

    private void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - _written >= count)
        {
            return;
        }
        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_written + count), Math.Min(_buffer.Length * 2, Array.MaxLength)));
        _buffer.AsSpan(0, _written).CopyTo(grown);
        Release();
        _buffer = grown;
    }
}
