using Ingest.Wal.Format;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Writing;

/// <summary>Fills, writes and flushes groups, and rolls to the next segment. Committing thread only.</summary>
internal sealed class GroupWriter : IDisposable
{
    private readonly LogState _state;
    private readonly TailSegment _tail;
    private readonly GroupBuffer _group;

    private long _nextSequence;

    // The group being filled.
    private int _count;
    private uint _chain;
    private uint _salt;
    private long _room;
    private bool _rollFirst;

    internal GroupWriter(LogState state, TailSegment tail)
    {
        _state = state;
        _tail = tail;
        _nextSequence = state.NextSequence;
        _group = new GroupBuffer(Math.Max(state.Options.GroupBytesMax, 64 * 1024) + CommitBody.FrameBytes, state.Tail);
    }

    internal int GroupBytes => _group.Bytes;

    /// <summary>The number of the next record.</summary>
    internal long NextSequence => _nextSequence + _count;

    internal bool TryAdd(RecordBatch batch, out long firstSequence)
    {
        firstSequence = _nextSequence + _count;
        var frames = batch.Frames;
        var most = WalOptions.BatchBytesMax(_state.Options.SegmentBytes);
        if (frames.Length > most)
        {
            throw new ArgumentException($"The batch has {frames.Length} bytes of frames; a segment takes {most}.", nameof(batch));
        }
        if (_count == 0)
        {
            ChooseSegment(frames.Length);
        }
        else if (_group.Bytes + (long)frames.Length > Math.Min(_room, _state.Options.GroupBytesMax))
        {
            return false;
        }
        Copy(frames, firstSequence);
        _count += batch.Count;
        return true;
    }

    internal CommitOutcome Commit(long unixTimeMs)
    {
        if (_state.Poison is not null)
        {
            DropGroup();
            return CommitOutcome.Poisoned;
        }
        if (_count == 0)
        {
            return CommitOutcome.Committed;
        }
        var outcome = WriteGroup(unixTimeMs);
        if (outcome == CommitOutcome.Committed)
        {
            _state.NotifyObservers();
        }
        return outcome;
    }

    public void Dispose() => _group.Dispose();

    private CommitOutcome WriteGroup(long unixTimeMs)
    {
        try
        {
            if (!_state.KeepEpoch() || (_rollFirst && !_tail.Roll(_nextSequence, unixTimeMs)))
            {
                return CommitOutcome.DiskFull;
            }
            EndGroup(unixTimeMs);
            var last = _nextSequence + _count - 1;
            _tail.Append(_group, last, unixTimeMs);
            _nextSequence = last + 1;
            return CommitOutcome.Committed;
        }
        catch (StorageException e)
        {
            _state.SetPoison(e);
            return CommitOutcome.Poisoned;
        }
        catch (Exception e)
        {
            // Not a failure of the disk, but what is on it now is just as unknown.
            _state.SetPoison(new StorageException(StorageFailure.Failed, $"A commit was broken off: {e.Message}", 0, e));
            throw;
        }
        finally
        {
            DropGroup();
        }
    }

    private void DropGroup()
    {
        _count = 0;
        _group.Clear();
    }

    private void ChooseSegment(int frameBytes)
    {
        _room = _tail.Room;
        // Within a segment numbers have no gaps.
        _rollFirst = frameBytes > _room || _nextSequence != _tail.Last + 1;
        if (_rollFirst)
        {
            _room = WalOptions.BatchBytesMax(_state.Options.SegmentBytes);
            _salt = _tail.NextName(_nextSequence).Salt;
        }
        else
        {
            _salt = _tail.Salt;
        }
        _chain = _salt;
        _group.Begin(_rollFirst ? null : _tail.Segment, _tail.End);
    }

    /// <summary>Copies the frames and, while they are in the processor's cache, numbers them and chains their checksums.</summary>
    private void Copy(ReadOnlySpan<byte> frames, long sequence)
    {
        var room = _group.Append(frames.Length);
        frames.CopyTo(room);
        while (room.Length > 0)
        {
            _chain = CommitBody.Extend(_chain, FrameHeader.Stamp(room, sequence++, _salt));
            room = room[FrameHeader.FrameBytes(FrameHeader.ReadLength(room))..];
        }
    }

    private void EndGroup(long unixTimeMs)
    {
        var commit = new CommitBody(_nextSequence, _count, _group.Bytes + CommitBody.FrameBytes, _tail.End, unixTimeMs, _chain);
        commit.WriteFrame(_group.Append(CommitBody.FrameBytes), _salt);
    }
}
