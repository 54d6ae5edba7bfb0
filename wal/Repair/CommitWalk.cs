using Ingest.Wal.Format;
using Ingest.Wal.Inspection;
using Ingest.Wal.Reading;

namespace Ingest.Wal.Repair;

/// <summary>
/// Walks a segment and says what the commit frames at certain places must have been: the records before them tell everything but the
/// time, which is taken from the commit before.
/// </summary>
internal sealed class CommitWalk(SegmentFile segment, IReadOnlySet<long> broken)
{
    private readonly List<(long Offset, CommitBody Commit)> _commits = [];
    private readonly uint _salt = segment.Name.Salt;
    private long _offset = SegmentHeader.BlockBytes;
    private long _expected = segment.Name.BaseSequence;
    private long _groupOffset;
    private long _groupFirst;
    private uint _chain;
    private long _unixMs = segment.Header?.CreatedUnixMs ?? 0;

    internal IReadOnlyList<(long Offset, CommitBody Commit)> Run()
    {
        using var window = new FrameWindow();
        window.Attach(segment.File);
        BeginGroup();
        var end = segment.FramesEnd;
        while (_offset < end && _commits.Count < broken.Count)
        {
            if (broken.Contains(_offset))
            {
                TakeBroken();
            }
            else if (Frame.TryRead(window.At(_offset, FrameHeader.Bytes, end), _salt, end - _offset, out var frame) && IsNext(frame))
            {
                Take(window, end, frame);
            }
            else if (!Skip(window, end))
            {
                break;
            }
        }
        return _commits;
    }

    private bool IsNext(in Frame frame) =>
        frame.Type == FrameType.Record ? frame.Sequence == _expected : frame.Type == FrameType.Commit && frame.Sequence == _expected - 1;

    private void TakeBroken()
    {
        var end = _offset + CommitBody.FrameBytes;
        if (_expected > _groupFirst)
        {
            var count = (int)(_expected - _groupFirst);
            _commits.Add((_offset, new CommitBody(_groupFirst, count, (int)(end - _groupOffset), _groupOffset, _unixMs, _chain)));
        }
        _offset = end;
        BeginGroup();
    }

    private void Take(FrameWindow window, long end, in Frame frame)
    {
        if (frame.Type == FrameType.Commit)
        {
            var bytes = window.At(_offset, frame.Bytes, end);
            if (CommitBody.TryRead(bytes[FrameHeader.Bytes..Math.Min(bytes.Length, frame.Bytes)], _offset, frame.Sequence, out var commit))
            {
                _unixMs = commit.UnixMs;
            }
            _offset += frame.Bytes;
            BeginGroup();
            return;
        }
        _chain = CommitBody.Extend(_chain, frame.Checksum);
        _expected++;
        _offset += frame.Bytes;
    }

    private bool Skip(FrameWindow window, long end)
    {
        var next = window.FindFrame(_offset, end, _salt, _offset, _expected, long.MaxValue, out var frame);
        // What follows may be one of the places itself, where there is no frame to find.
        var known = broken.Where(place => place > _offset).DefaultIfEmpty(long.MaxValue).Min();
        if (known < next)
        {
            return false;
        }
        _expected = frame.Type == FrameType.Record ? frame.Sequence : frame.Sequence + 1;
        _offset = next;
        return next < end;
    }

    private void BeginGroup() => (_groupOffset, _groupFirst, _chain) = (_offset, _expected, _salt);
}
