using Ingest.Wal.Format;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Segments;

/// <summary>The segment that is appended to, and the step to the next one. Committing thread only.</summary>
internal sealed class TailSegment(LogState state, SegmentSpares spares, Func<ulong> newId) : IDisposable
{
    private Segment? _segment;
    private IWalFile? _file;
    private FileState _fileState;
    private ulong _nextId = newId();
    private SegmentBounds _bounds;
    private long _firstUnixMs;
    private long _lastUnixMs;

    /// <summary>What stands in the page of <see cref="End"/> in front of it, where <see cref="_edgeIsKnown"/>.</summary>
    private readonly byte[] _edge = new byte[DirectPage.Bytes];
    private bool _edgeIsKnown;

    /// <summary>Where the next group starts.</summary>
    internal long End => _bounds.End;

    /// <summary>The number before the next one that fits in here.</summary>
    internal long Last => _bounds.Last;

    internal uint Salt => _segment!.Salt;

    /// <summary>What the next group goes to, where it fits.</summary>
    internal Segment Segment => _segment!;

    /// <summary>Bytes of frames the segment still takes in one group; negative when there is none to append to.</summary>
    internal long Room => _file is null ? -1 : _segment!.FramesEnd - CommitBody.FrameBytes - End;

    /// <summary>
    /// Name, and so salt, of the segment after this one, fixed before it exists: frames are stamped while they are copied.
    /// </summary>
    internal SegmentName NextName(long baseSequence) => new(baseSequence, _nextId);

    /// <summary>Goes on with the segment recovery found, behind its last frame. Takes over the file.</summary>
    internal void Resume(Segment segment, IWalFile file, in SegmentBounds bounds, long firstUnixMs, long lastUnixMs)
    {
        _segment = segment;
        _file = file;
        _fileState = file.State;
        _bounds = bounds;
        _firstUnixMs = firstUnixMs;
        _lastUnixMs = lastUnixMs;
        _edgeIsKnown = false;
        if (state.WritesDirect && !file.TryTurnDirect())
        {
            state.DirectRefusal = $"The file system of {state.Directory.Path} takes none, or only larger ones.";
        }
    }

    /// <summary>Goes on behind a segment that was sealed before the next one could be started.</summary>
    internal void ResumeSealed(Segment segment, in SegmentBounds bounds)
    {
        _segment = segment;
        _bounds = bounds;
    }

    /// <summary>Writes and flushes a group, then lets readers see it.</summary>
    internal void Append(GroupBuffer group, long lastSequence, long unixTimeMs)
    {
        var file = _file!;
        Write(file, group);
        file.Flush();
        ThrowIfLost(file);
        group.Publish(_segment!, End);
        _bounds = new SegmentBounds(End + group.Bytes, lastSequence);
        _firstUnixMs = Math.Min(_firstUnixMs, unixTimeMs);
        _lastUnixMs = Math.Max(_lastUnixMs, unixTimeMs);
        state.PublishDurable(_segment!, _bounds);
    }

    /// <summary>
    /// Seals this segment and starts the next. False: no room on the disk, and every record is still where it was. What needs room comes
    /// before the seal: a log whose last segment is sealed cannot even take a small group.
    /// </summary>
    internal bool Roll(long baseSequence, long unixTimeMs)
    {
        var name = NextName(baseSequence);
        if (TryMakeNext(name, unixTimeMs) is not { } spare)
        {
            return false;
        }
        var next = new Segment(name, state.Options.SegmentBytes, unixTimeMs);
        // A segment left without records, too small for the group at hand, makes way; any other stays in front of the new one.
        var makesWay = _file is not null && _bounds.Last < _segment!.BaseSequence && _segment.BaseSequence == baseSequence;
        try
        {
            if (!makesWay)
            {
                Seal();
            }
            if (!TryName(spare, next))
            {
                return false;
            }
        }
        catch
        {
            spare.File.Dispose();
            throw;
        }
        Follow(next, spare.File, makesWay);
        return true;
    }

    /// <summary>Leaves a note for the next start that the frames end here and all of them were flushed.</summary>
    /// <param name="nextSequence">The next number to be given out.</param>
    internal void MarkClean(long nextSequence)
    {
        if (state.Poison is { } poison)
        {
            throw new StorageException(poison.Kind, $"The log failed before: {poison.Message}", poison.ErrorNumber, poison);
        }
        Span<byte> bytes = stackalloc byte[CleanMark.Bytes];
        new CleanMark(_segment!.Name.Id, _bounds.End, _bounds.Last, nextSequence, state.Id, state.Epochs.Newest).Write(bytes);
        AtomicFile.Rename(state.Directory, CleanMark.FileName, bytes);
        state.SyncDirectory();
    }

    public void Dispose() => _file?.Dispose();

    private void Write(IWalFile file, GroupBuffer group)
    {
        if (!TryWriteDirect(file, group))
        {
            file.Write(group.Written, End);
            _edgeIsKnown = false;
        }
    }

    /// <summary>
    /// Writes the pages in which a group lies, with what stands in front of it in the first one, as it is on the disk, and zeros behind it
    /// in the last one. False: not done, or not all of it; the group is to be written as otherwise.
    /// </summary>
    private bool TryWriteDirect(IWalFile file, GroupBuffer group)
    {
        var front = DirectPage.Front(End);
        // A write that reaches the end of the file would give one its length back that was cut meanwhile, and hide that.
        if (!state.WritesDirect || End - front + DirectPage.Whole(front + group.Bytes) >= _segment!.Bytes || !KnowsEdge(file, front))
        {
            return false;
        }
        var pages = group.Pages(_edge.AsSpan(0, front));
        if (!file.TryWriteDirect(pages, End - front))
        {
            state.DirectRefusal = $"The file system of {state.Directory.Path} refused one.";
            return false;
        }
        var next = front + group.Bytes;
        pages[(next - DirectPage.Front(next))..next].CopyTo(_edge);
        return true;
    }

    /// <summary>Reads the page once: for the first group of a start, or the one behind a group that went the other way.</summary>
    private bool KnowsEdge(IWalFile file, int front)
    {
        if (!_edgeIsKnown)
        {
            _edgeIsKnown = front == 0 || file.Read(_edge.AsSpan(0, front), End - front) == front;
        }
        return _edgeIsKnown;
    }

    /// <summary>
    /// A file that is deleted or cut while it is open takes writes and flushes as before, and so does one whose directory was moved
    /// while another process took its place. After the flush all is as it was, or what was flushed is not acknowledged.
    /// </summary>
    private void ThrowIfLost(IWalFile file)
    {
        var now = file.State;
        if (_fileState.HasName && !now.HasName)
        {
            throw Lost("was deleted");
        }
        if (now.Length < _fileState.Length)
        {
            throw Lost($"was cut from {_fileState.Length} to {now.Length} bytes");
        }
        if (!state.Directory.IsInPlace)
        {
            throw new StorageException(
                StorageFailure.Failed,
                $"{state.Directory.Path} was moved or replaced, or its lock was deleted, while the log wrote to it: "
                + "another process may work there now.");
        }
        _fileState = now;
    }

    private StorageException Lost(string how) => new(
        StorageFailure.Failed,
        $"{Path.Combine(state.Directory.Path, _segment!.FileName)} {how} by somebody else while the log wrote to it");

    private SpareSegment? TryMakeNext(SegmentName name, long unixTimeMs)
    {
        SpareSegment? spare = null;
        try
        {
            spare = TakeNamed() ?? spares.Make(inHurry: true);
            Span<byte> block = stackalloc byte[SegmentHeader.BlockBytes];
            var first = name.BaseSequence;
            var epoch = new Epoch(first, state.Epochs.LastBefore(first), state.Epochs.IdOf(first));
            new SegmentHeader(state.Id, name, unixTimeMs, state.Options.SegmentBytes, epoch).Write(block);
            spare.File.Write(block, 0);
            spare.File.Flush();
            return spare;
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Full)
        {
            // A file system that copies on write may need room even here.
            spares.Discard(spare);
            return null;
        }
        catch
        {
            spare?.File.Dispose();
            throw;
        }
    }

    /// <summary>A spare that is still there: one that was deleted has no name to change, and the log would stop over it.</summary>
    private SpareSegment? TakeNamed()
    {
        while (spares.TryTake() is { } spare)
        {
            if (spare.File.State.HasName)
            {
                return spare;
            }
            spares.Discard(spare);
        }
        return null;
    }

    private void Seal()
    {
        if (_file is null)
        {
            return;
        }
        Span<byte> frame = stackalloc byte[SealBody.FrameBytes];
        // Of a file that was cut, frames are known to have gone further than it does.
        var end = Math.Min(End, _segment!.FramesEnd);
        new SealBody(end, _bounds.Last - _segment.BaseSequence + 1, _firstUnixMs, _lastUnixMs).WriteFrame(frame, _bounds.Last, Salt);
        _file.Write(frame, _segment.FramesEnd);
        _file.Flush();
        _segment.Seal = new SealInfo(new SegmentBounds(end, _bounds.Last), _firstUnixMs, _lastUnixMs);
        _file.Dispose();
        _file = null;
    }

    /// <summary>False: the directory would have to grow for the name, and there is no room. The spare is one again.</summary>
    private bool TryName(SpareSegment spare, Segment next)
    {
        try
        {
            state.Directory.Rename(spare.FileName, next.FileName);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Full)
        {
            spares.Add(spare);
            return false;
        }
        state.SyncDirectory();
        return true;
    }

    private void Follow(Segment next, IWalFile file, bool replacing)
    {
        var previous = _segment;
        _file?.Dispose();
        Resume(next, file, new SegmentBounds(SegmentHeader.BlockBytes, next.BaseSequence - 1), long.MaxValue, long.MinValue);
        _nextId = newId();
        previous?.PublishLast(next.BaseSequence - 1, state.Epochs.LastBefore(next.BaseSequence));
        if (replacing)
        {
            state.Replace(previous!, next);
            state.Directory.Delete(previous!.FileName);
            state.SyncDirectory();
        }
        else
        {
            state.Append(next);
        }
    }
}
