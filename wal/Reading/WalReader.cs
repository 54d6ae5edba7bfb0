using Ingest.Wal.Format;
using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Reading;

/// <summary>
/// Reads records in order, never past the durable position, checking every checksum. Used by one thread at a time; opens its own files.
/// </summary>
/// <remarks>
/// A <see cref="StorageException"/> from <see cref="Read"/> (the disk cannot read a sector) leaves the reader where it was: the call may
/// be repeated. What can be read but is wrong is a <see cref="WalReadStatus.Gap"/>, and a copy of it goes to <c>quarantine/</c>.
/// </remarks>
public sealed class WalReader : IDisposable
{
    private readonly LogState _state;
    private readonly Quarantine _quarantine;
    private readonly FrameWindow _window;
    private readonly ReadTally _tally;

    private Segment? _segment;
    private IWalFile? _file;
    private SegmentBounds? _sealedBounds;

    /// <summary>Where the frame numbered <see cref="_expected"/> starts. Behind <see cref="NextSequence"/> only while looking for
    /// it.</summary>
    private long _offset;
    private long _expected;

    private long _bodyOffset;
    private int _bodyBytes;
    /// <summary>Records up to here are known to be lost; reported once they are durable.</summary>
    private long _lostTo;
    private bool _lostToReclaim;
    private bool _disposed;

    internal WalReader(LogState state, Quarantine quarantine, long fromSequence)
    {
        _state = state;
        _quarantine = quarantine;
        _window = new FrameWindow(state.Tail);
        _tally = new ReadTally(state.Reads);
        NextSequence = Math.Max(fromSequence, state.FirstKnown);
    }

    /// <summary>The sequence number <see cref="Read"/> looks for next.</summary>
    public long NextSequence { get; private set; }

    /// <summary>The number of the record last read; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>The body of the record last read. Valid until the next call of <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Body => _bodyBytes == 0 ? [] : _window.At(_bodyOffset, _bodyBytes, _bodyOffset + _bodyBytes);

    /// <summary>After <see cref="WalReadStatus.Gap"/>: the numbers that are missing.</summary>
    public WalGap Gap { get; private set; }

    /// <summary>Reads the next record, or says that there is none yet, or that some are lost.</summary>
    /// <exception cref="StorageException">The disk could not read; the call may be repeated.</exception>
    public WalReadStatus Read()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _bodyBytes = 0;
        while (true)
        {
            // The durable sequence first, how far the segment may be read after it: see LogState.
            var durable = _state.DurableSequence;
            if (NextSequence > durable)
            {
                _tally.Tell();
                _window.Rest();
                return WalReadStatus.CaughtUp;
            }
            if (NextSequence <= _lostTo)
            {
                return ReportGap(Math.Min(_lostTo, durable));
            }
            if (_segment is null || NextSequence > _segment.LastSequence)
            {
                MoveToSegment();
            }
            else if (_expected > NextSequence)
            {
                _lostTo = _expected - 1;
            }
            else if (Bounds() is var bounds && NextSequence > bounds.Last)
            {
                // Between the last record of this segment and the first of the next one there was a file.
                _lostTo = _segment.LastSequence;
            }
            else if (ReadFrame(bounds))
            {
                return WalReadStatus.Record;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _tally.Tell();
        LeaveSegment();
        _window.Dispose();
    }

    private SegmentBounds Bounds()
    {
        if (_segment!.LastSequence == long.MaxValue)
        {
            return _segment.Readable;
        }
        return _sealedBounds ??= ReadSealedBounds(_segment);
    }

    private SegmentBounds ReadSealedBounds(Segment segment)
    {
        segment.Seal ??= SealInfo.Read(_file!, segment.Name, segment.Bytes);
        return segment.Seal?.Bounds ?? new SegmentBounds(segment.FramesEnd, segment.LastGiven);
    }

    /// <summary>Reads one frame at <see cref="_offset"/>. True: it is the record looked for.</summary>
    private bool ReadFrame(in SegmentBounds bounds)
    {
        var header = _window.At(_offset, FrameHeader.Bytes, bounds.End);
        var isFromMemory = _window.IsFromMemory;
        if (!TryReadHeader(header, isFromMemory, bounds.End - _offset, out var frame) || !IsNext(frame))
        {
            if (!DoubtsMemory(isFromMemory, FrameHeader.Bytes))
            {
                Skip(bounds);
            }
            return false;
        }
        if (isFromMemory && _state.Options.TailCompared)
        {
            _window.CompareWithFile(_offset, frame.Bytes);
        }
        if (frame.Type == FrameType.Commit)
        {
            _offset += frame.Bytes;
            return false;
        }
        var wanted = _expected == NextSequence;
        if (wanted && !HasItsBody(frame, bounds.End))
        {
            if (!DoubtsMemory(isFromMemory || _window.IsFromMemory, frame.Bytes))
            {
                Lose(new DamagedRange(_offset, frame.Bytes, _expected, 1));
            }
            return false;
        }
        _bodyOffset = _offset + FrameHeader.Bytes;
        _offset += frame.Bytes;
        _expected++;
        if (wanted)
        {
            _bodyBytes = frame.BodyBytes;
            Sequence = frame.Sequence;
            NextSequence = _expected;
            _tally.Count(isFromMemory);
        }
        return wanted;
    }

    /// <summary>
    /// In memory the header of the record looked for needs no checksum of its own: its number is known, and its length and its body must
    /// meet the body's checksum. Of a frame that is passed over the length alone counts, and nothing else would tell that it is wrong.
    /// </summary>
    private bool TryReadHeader(ReadOnlySpan<byte> bytes, bool isFromMemory, long bytesLeft, out Frame frame) =>
        (isFromMemory && _expected == NextSequence && Frame.TryReadRecord(bytes, bytesLeft, out frame))
        || Frame.TryRead(bytes, _segment!.Salt, bytesLeft, out frame);

    /// <summary>
    /// True: what is wrong at <see cref="_offset"/> was in memory, and the next try reads it from the file. Only what is wrong there too
    /// is damage.
    /// </summary>
    private bool DoubtsMemory(bool isFromMemory, int count)
    {
        if (!isFromMemory)
        {
            return false;
        }
        if (_state.Options.TailCompared)
        {
            _window.CompareWithFile(_offset, count);
        }
        _window.ReadFileTo(_offset + 1);
        _state.Reads.AddMemoryError();
        return true;
    }

    private bool IsNext(in Frame frame) => frame.Type switch
    {
        FrameType.Record => frame.Sequence == _expected,
        FrameType.Commit => frame.Sequence == _expected - 1,
        _ => false,
    };

    private bool HasItsBody(in Frame frame, long limit)
    {
        var bytes = _window.At(_offset, frame.Bytes, limit);
        return bytes.Length >= frame.Bytes && frame.Matches(bytes.Slice(FrameHeader.Bytes, frame.BodyBytes));
    }

    /// <summary>No frame where one should be: goes to the next valid one in the file, or to the end of what is readable.</summary>
    private void Skip(in SegmentBounds bounds)
    {
        _window.ReadFileTo(bounds.End);
        var next = _window.FindFrame(_offset, bounds.End, _segment!.Salt, _offset, _expected, bounds.Last, out var frame);
        var expected = next == bounds.End ? bounds.Last + 1 : frame.Type == FrameType.Record ? frame.Sequence : frame.Sequence + 1;
        Lose(new DamagedRange(_offset, next - _offset, _expected, expected - _expected));
    }

    private void Lose(in DamagedRange range)
    {
        _quarantine.Add(_segment!.FileName, _file!, range);
        _offset = range.Offset + range.Bytes;
        _expected = range.FirstSequence + range.Records;
    }

    private WalReadStatus ReportGap(long lastLost)
    {
        var (skipped, lastAlike) = _state.Epochs.Missing(NextSequence);
        lastLost = Math.Min(lastLost, lastAlike);
        Gap = new WalGap(NextSequence, lastLost - NextSequence + 1, _lostToReclaim && !skipped, skipped);
        NextSequence = lastLost + 1;
        return WalReadStatus.Gap;
    }

    /// <summary>Opens the segment that holds <see cref="NextSequence"/>, or notes that its records are gone.</summary>
    private void MoveToSegment()
    {
        LeaveSegment();
        var segments = _state.Segments;
        var index = LogState.Find(segments, NextSequence);
        var segment = segments[index];
        if (segment.BaseSequence > NextSequence)
        {
            (_lostTo, _lostToReclaim) = (segment.BaseSequence - 1, NextSequence < _state.FirstKnown);
        }
        else if (!segment.TryPin())
        {
            (_lostTo, _lostToReclaim) = (segment.LastSequence, true);
        }
        else if (!TryOpen(segment))
        {
            segment.Unpin();
            (_lostTo, _lostToReclaim) = (segment.LastSequence, !segment.IsInPlace);
        }
        else
        {
            _segment = segment;
            _window.Attach(_file, _segment);
            _offset = SegmentHeader.BlockBytes;
            _expected = segment.BaseSequence;
            _lostToReclaim = false;
        }
    }

    /// <summary>False: the file is gone, reclaimed a moment ago or deleted by hand.</summary>
    private bool TryOpen(Segment segment)
    {
        try
        {
            _file = _state.Directory.Open(segment.FileName, writable: false);
            return true;
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound && segment.LastSequence != long.MaxValue)
        {
            return false;
        }
        catch
        {
            segment.Unpin();
            throw;
        }
    }

    private void LeaveSegment()
    {
        if (_segment is not null)
        {
            _window.Attach(null);
            _file!.Dispose();
            _file = null;
            _segment.Unpin();
            _segment = null;
            _sealedBounds = null;
        }
    }
}
