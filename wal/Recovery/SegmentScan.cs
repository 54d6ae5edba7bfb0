using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Recovery;

/// <summary>
/// Walks all frames of a segment, to find its last valid commit and to tell what is wrong before it (damage) from what is wrong behind
/// it (a write that a crash tore). Only reads.
/// </summary>
internal sealed class SegmentScan : IDisposable
{
    private readonly FrameWindow _window = new();
    private readonly List<DamagedRange> _damage = [];
    private readonly List<DamagedRange> _contradictions = [];
    private readonly uint _salt;
    private readonly long _limit;

    // The walk.
    private long _offset = SegmentHeader.BlockBytes;
    private long _expected;
    private long _framesEnd = SegmentHeader.BlockBytes;
    private SegmentBounds _certain;
    private long _certainLast;

    // The group the walk is in.
    private long _groupOffset;
    private long _groupFirst;
    private uint _chain;
    private bool _groupWhole;

    /// <param name="file">The segment.</param>
    /// <param name="name">Its name.</param>
    /// <param name="framesEnd">Where frames end at the latest.</param>
    internal SegmentScan(IWalFile file, SegmentName name, long framesEnd)
    {
        _window.Attach(file);
        _salt = name.Salt;
        _limit = framesEnd;
        _expected = name.BaseSequence;
        Last = name.BaseSequence - 1;
        BeginGroup();
    }

    /// <summary>Where the last valid commit ends: the next group goes here.</summary>
    internal long End { get; private set; } = SegmentHeader.BlockBytes;

    /// <summary>Where the last valid commit's group starts; <see cref="End"/> when there is none.</summary>
    internal long LastGroupOffset { get; private set; } = SegmentHeader.BlockBytes;

    /// <summary>The number of the last committed record.</summary>
    internal long Last { get; private set; }

    internal long FirstUnixMs { get; private set; } = long.MaxValue;

    internal long LastUnixMs { get; private set; } = long.MinValue;

    /// <summary>Nothing in the segment shows that it went so far: only what was known from elsewhere.</summary>
    internal bool EndIsVouchedFor { get; private set; }

    /// <summary>Bytes that were looked at.</summary>
    internal long BytesScanned { get; private set; }

    /// <summary>Where the last frame of this segment ends, valid or not: behind <see cref="End"/> when a write was torn.</summary>
    internal long TornEnd => Math.Max(_framesEnd, End);

    /// <summary>A commit frame survived in the torn part: the write may have been complete once.</summary>
    internal bool TornCommit { get; private set; }

    /// <summary>Numbers behind <see cref="Last"/> that a surviving frame of the torn part names.</summary>
    internal long TornRecords => Math.Max(0, _expected - 1 - Last);

    /// <summary>Records whose frames and bodies are valid.</summary>
    internal long Records { get; private set; }

    /// <summary>Valid commits.</summary>
    internal long Groups { get; private set; }

    /// <summary>Valid commit frames before <see cref="End"/> that do not fit the frames in front of them, which are all valid too: no disk
    /// does that.</summary>
    internal IEnumerable<DamagedRange> Contradictions => _contradictions.Where(range => range.Offset < End);

    /// <summary>Damage before <see cref="End"/>.</summary>
    internal IEnumerable<DamagedRange> Damage => _damage.Where(range => range.Offset < End);

    /// <summary>Walks the segment. <paramref name="certain"/> says what was certainly committed once: records up to its number, and all
    /// bytes up to its end, which is 0 where only the number is known.</summary>
    internal void Run(SegmentBounds certain)
    {
        _certainLast = certain.Last;
        _certain = new SegmentBounds(certain.End, _expected - 1);
        while (_offset < _limit)
        {
            var header = _window.At(_offset, FrameHeader.Bytes, _limit);
            if (Frame.TryRead(header, _salt, _limit - _offset, out var frame) && IsNext(frame))
            {
                Take(frame);
            }
            else if (!Skip())
            {
                break;
            }
        }
        BytesScanned = _offset - SegmentHeader.BlockBytes;
        if (certain.End > 0)
        {
            _certain = certain;
        }
        if (_certain.Last > Last)
        {
            EndAt(_certain);
        }
    }

    public void Dispose() => _window.Dispose();

    private bool IsNext(in Frame frame) => frame.Type switch
    {
        FrameType.Record => frame.Sequence == _expected,
        FrameType.Commit => frame.Sequence == _expected - 1,
        _ => false,
    };

    private void Take(in Frame frame)
    {
        var bytes = _window.At(_offset, frame.Bytes, _limit);
        var valid = bytes.Length >= frame.Bytes && frame.Matches(bytes.Slice(FrameHeader.Bytes, frame.BodyBytes));
        if (frame.Type == FrameType.Commit)
        {
            TakeCommit(frame, valid ? bytes.Slice(FrameHeader.Bytes, frame.BodyBytes) : []);
        }
        else
        {
            if (valid)
            {
                Records++;
            }
            else
            {
                AddDamage(frame.Bytes, 1);
            }
            _chain = CommitBody.Extend(_chain, frame.Checksum);
            _expected++;
        }
        _offset += frame.Bytes;
        _framesEnd = _offset;
        if (frame.Sequence <= _certainLast)
        {
            _certain = new SegmentBounds(_offset, frame.Sequence);
        }
        if (frame.Type == FrameType.Commit)
        {
            BeginGroup();
        }
    }

    private void TakeCommit(in Frame frame, ReadOnlySpan<byte> body)
    {
        if (!CommitBody.TryRead(body, _offset, frame.Sequence, out var commit))
        {
            AddDamage(frame.Bytes, 0);
            return;
        }
        var whole = _groupWhole && commit.GroupOffset == _groupOffset && commit.First == _groupFirst && commit.Chain == _chain;
        if (whole || IsWhole(commit))
        {
            LastGroupOffset = commit.GroupOffset;
            End = _offset + frame.Bytes;
            Last = frame.Sequence;
            FirstUnixMs = Math.Min(FirstUnixMs, commit.UnixMs);
            LastUnixMs = Math.Max(LastUnixMs, commit.UnixMs);
            Groups++;
            TornCommit = false;
        }
        else
        {
            TornCommit = true;
            if (_groupWhole)
            {
                _contradictions.Add(new DamagedRange(_offset, frame.Bytes, commit.First, 0));
            }
        }
    }

    /// <summary>Walks one group again by itself: the damage before it took the commit frame that would have told where it starts.</summary>
    private bool IsWhole(in CommitBody commit)
    {
        var offset = commit.GroupOffset;
        var sequence = commit.First;
        var chain = _salt;
        while (offset < _offset)
        {
            var bytes = _window.At(offset, FrameHeader.Bytes, _offset);
            if (!Frame.TryRead(bytes, _salt, _offset - offset, out var frame)
                || frame.Type != FrameType.Record || frame.Sequence != sequence)
            {
                return false;
            }
            bytes = _window.At(offset, frame.Bytes, _offset);
            if (bytes.Length < frame.Bytes || !frame.Matches(bytes.Slice(FrameHeader.Bytes, frame.BodyBytes)))
            {
                return false;
            }
            chain = CommitBody.Extend(chain, frame.Checksum);
            sequence++;
            offset += frame.Bytes;
        }
        return sequence == commit.First + commit.Count && chain == commit.Chain;
    }

    private bool Skip()
    {
        var next = _window.FindFrame(_offset, _limit, _salt, _offset, _expected, long.MaxValue, out var frame);
        if (next == _limit)
        {
            return false;
        }
        var expected = frame.Type == FrameType.Record ? frame.Sequence : frame.Sequence + 1;
        AddDamage(next - _offset, expected - _expected);
        _offset = next;
        _expected = expected;
        return true;
    }

    private void AddDamage(long bytes, long records)
    {
        _damage.Add(new DamagedRange(_offset, bytes, _expected, records));
        _groupWhole = false;
    }

    private void BeginGroup()
    {
        _groupOffset = _offset;
        _groupFirst = _expected;
        _chain = _salt;
        _groupWhole = true;
    }

    /// <summary>Everything up to there was flushed, so what is missing of it was not torn.</summary>
    private void EndAt(in SegmentBounds certain)
    {
        if (_offset < certain.End)
        {
            _damage.Add(new DamagedRange(_offset, certain.End - _offset, _expected, Math.Max(0, certain.Last - _expected + 1)));
        }
        EndIsVouchedFor = true;
        LastGroupOffset = certain.End;
        End = certain.End;
        Last = certain.Last;
        TornCommit = false;
    }
}
