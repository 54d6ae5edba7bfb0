using System.Buffers;
using Ingest.Wal.Format;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;
using Ingest.Wal.Tail;

namespace Ingest.Wal.Reading;

/// <summary>
/// A pooled window over a segment's bytes that reads ahead, or one of the log's blocks in memory where that has them. It never asks for
/// bytes behind the limit it is given, so that it holds none that were not yet flushed. One thread at a time.
/// </summary>
internal sealed class FrameWindow(TailRing? tail = null) : IDisposable
{
    /// <summary>Bytes read at once; a frame that needs more gets more, and the larger buffer goes back with the next read.</summary>
    internal const int ChunkBytes = 256 * 1024;

    /// <summary>The pool hands out powers of two.</summary>
    private const int LargestKept = 2 * ChunkBytes;

    private Segment? _segment;
    private IWalFile? _file;
    private TailBlock? _block;
    private byte[] _buffer = [];
    private long _start;
    private int _count;

    /// <summary>What begins before this offset is read from the file, whether it is in memory or not.</summary>
    private long _fileTo;

    /// <summary>What <see cref="At"/> gave last is in memory since it was committed: whole frames, as far as memory keeps them.</summary>
    internal bool IsFromMemory { get; private set; }

    /// <summary>Reads <paramref name="file"/> from now on. The file stays the caller's.</summary>
    /// <param name="file">The file; null: none.</param>
    /// <param name="segment">Which segment's it is, where its last groups may be in memory.</param>
    internal void Attach(IWalFile? file, Segment? segment = null)
    {
        (_segment, _file, _count, _fileTo) = (segment, file, 0, 0);
        LeaveBlock();
    }

    /// <summary>
    /// Bytes from <paramref name="offset"/> on, at least <paramref name="count"/> of them unless <paramref name="limit"/> or the file
    /// ends before. Valid until the next call.
    /// </summary>
    internal ReadOnlySpan<byte> At(long offset, int count, long limit)
    {
        var wanted = (int)Math.Min(count, limit - offset);
        if (wanted <= 0)
        {
            IsFromMemory = false;
            return [];
        }
        var isInWindow = offset >= _start && offset + wanted <= _start + _count;
        IsFromMemory = _block?.Holds(offset, wanted) == true || (!isInWindow && TryFindBlock(offset, wanted));
        if (IsFromMemory)
        {
            return _block!.At(offset, limit);
        }
        if (!isInWindow)
        {
            Fill(offset, wanted, (int)Math.Min(Math.Max(wanted, ChunkBytes), limit - offset));
        }
        return _buffer.AsSpan((int)(offset - _start), (int)Math.Min(_count - (offset - _start), limit - offset));
    }

    /// <summary>
    /// The first place at or behind <paramref name="from"/> where a frame of this segment starts that may follow the gap which opened at
    /// <paramref name="gapStart"/> before number <paramref name="expected"/>; <paramref name="limit"/> when there is none. A number is
    /// believed when it is at most <paramref name="last"/> and no larger than the lost bytes can account for.
    /// </summary>
    internal long FindFrame(long from, long limit, uint salt, long gapStart, long expected, long last, out Frame frame)
    {
        var offset = from;
        while (limit - offset >= FrameHeader.Bytes)
        {
            var bytes = At(offset, FrameHeader.Bytes, limit);
            var at = 0;
            for (; bytes.Length - at >= FrameHeader.Bytes; at += FrameHeader.Alignment)
            {
                var place = offset + at;
                if (Frame.TryRead(bytes[at..], salt, limit - place, out frame) && MayFollow(frame, place - gapStart, expected, last))
                {
                    return place;
                }
            }
            if (at == 0)
            {
                break;
            }
            offset += at;
        }
        frame = default;
        return limit;
    }

    /// <summary>What begins before this offset is read from the file from now on: in memory it may be wrong.</summary>
    internal void ReadFileTo(long offset)
    {
        _fileTo = offset;
        LeaveBlock();
    }

    /// <summary>Lets go of the block: a reader that has nothing to read keeps none from being filled anew.</summary>
    internal void Rest() => LeaveBlock();

    /// <summary>Throws where bytes in memory are not what the file has.</summary>
    internal void CompareWithFile(long offset, int count)
    {
        var stored = new byte[count];
        if (_file!.Read(stored, offset) < count || !_block!.At(offset, offset + count).SequenceEqual(stored))
        {
            throw new InvalidOperationException(
                $"The frame at byte {offset} of {_segment!.FileName} is not in memory as it is on the disk.");
        }
    }

    public void Dispose()
    {
        Attach(null);
        Return(_buffer);
        _buffer = [];
    }

    private bool TryFindBlock(long offset, int count)
    {
        if (tail is null || _segment is null || offset < _fileTo)
        {
            return false;
        }
        LeaveBlock();
        _block = tail.Find(_segment, offset, count);
        if (_block is not null)
        {
            // A reader that keeps up needs no buffer.
            Return(_buffer);
            (_buffer, _count) = ([], 0);
        }
        return _block is not null;
    }

    private void LeaveBlock()
    {
        if (_block is not null)
        {
            tail!.Release(_block);
            _block = null;
        }
    }

    private static bool MayFollow(in Frame frame, long gapBytes, long expected, long last)
    {
        var lost = (frame.Type == FrameType.Record ? frame.Sequence : frame.Sequence + 1) - expected;
        return frame.Type != FrameType.Seal && frame.Sequence <= last && lost >= 0 && lost <= gapBytes / FrameHeader.Bytes;
    }

    /// <summary>Reads <paramref name="count"/> bytes; the beginning of a frame that the window ended in is kept, not read again.</summary>
    private void Fill(long offset, int wanted, int count)
    {
        var end = _start + _count;
        var kept = offset >= _start && offset < end ? _buffer.AsSpan((int)(offset - _start), (int)(end - offset)) : [];
        var from = _buffer;
        if (_buffer.Length < count || (_buffer.Length > LargestKept && count <= ChunkBytes))
        {
            _buffer = ArrayPool<byte>.Shared.Rent(count);
        }
        kept.CopyTo(_buffer);
        if (from != _buffer)
        {
            Return(from);
        }
        // Should the read fail, what was kept is still right.
        (_start, _count) = (offset, kept.Length);
        _count += Read(_buffer.AsSpan(kept.Length, count - kept.Length), offset + kept.Length, wanted - kept.Length);
    }

    // Reading ahead may meet a stretch the disk cannot read: what stands in front of it is read all the same.
    private int Read(Span<byte> ahead, long offset, int wanted)
    {
        for (var bytes = ahead.Length; ; bytes = Math.Max(bytes / 2, wanted))
        {
            try
            {
                return _file!.Read(ahead[..bytes], offset);
            }
            catch (StorageException e) when (bytes <= wanted)
            {
                throw new StorageException(e.Kind, $"{e.Message}, in the frame at byte {_start} or behind it", e.ErrorNumber, e);
            }
            catch (StorageException)
            {
                // Less is asked for, down to what is wanted.
            }
        }
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
