using Ingest.Events;
using Ingest.Publishing.Accounting;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// Reads the log into batches, as far as there is room. What is damaged is tracked as lost, reported, and stops nothing. Where the disk
/// cannot read, everything in front is delivered, and reading is tried again with waits. Lane loop only.
/// </summary>
internal sealed class LogFeed : IDisposable
{
    private readonly string _lane;
    private readonly WriteAheadLog _log;
    private readonly WalReader _reader;
    private readonly AckTracker _tracker;
    private readonly LaneAccounts _accounts;
    private readonly AheadRuns _ahead;
    private readonly LaneParking _parking;
    private readonly KeyGroups _groups;
    private readonly ILogger _logger;
    private readonly EventMaker? _records;
    private readonly Backoff _pauses;

    // The record last read, while there is no room for it.
    private bool _held;
    private bool _reachedEnd;
    private long _lostLeft;
    private int _failures;

    internal LogFeed(LaneContext context, AckTracker tracker, LaneCursor cursor, KeyGroups groups, LaneParking parking)
    {
        _parking = parking;
        (_lane, _log, _logger, _records) = (context.Name, context.Log, context.Logger, context.Records);
        (_tracker, _accounts, _ahead, _groups) = (tracker, cursor.Accounts, cursor.TakeAhead(), groups);
        _pauses = new Backoff(context.Options.BackoffMin, context.Options.BackoffMax, context.Random);
        _reader = _log.OpenReader(tracker.Last + 1);
        if (_reader.NextSequence > tracker.Last + 1)
        {
            var skipped = _log.SkippedUpTo(_reader.NextSequence - 1) - _log.SkippedUpTo(tracker.Last);
            var lost = _reader.NextSequence - tracker.Last - 1 - skipped;
            tracker.TrackSkipped(skipped);
            if (lost > 0)
            {
                Lose(_reader.NextSequence - lost, lost, reclaimed: true);
            }
        }
    }

    /// <summary>Nothing durable is left to read.</summary>
    internal bool IsCaughtUp => !_held && _lostLeft == 0 && _reader.NextSequence > _log.DurableSequence;

    /// <summary>
    /// The last <see cref="Fill"/> stopped because nothing was left to read, so that only a commit can bring more. Not the same as
    /// <see cref="IsCaughtUp"/>: a commit may have come meanwhile, and who sleeps on that answer would never hear of it.
    /// </summary>
    internal bool ReachedEnd => _reachedEnd && !_held && _lostLeft == 0;

    /// <summary>Durable events not read yet.</summary>
    internal long Unread => _log.DurableSequence - _tracker.Last;

    /// <summary>True if there are durable events to be read, and nothing says that they cannot be.</summary>
    internal bool HasMore => Unread > 0 && Failure is null;

    /// <summary>Why the disk does not give the next event, and where that is; null while it does.</summary>
    internal string? Failure { get; private set; }

    /// <summary>When reading is tried again after a failure; null while nothing failed.</summary>
    internal TimeSpan? RetryDue { get; private set; }

    /// <summary>What could not be read is tried again at the next call.</summary>
    internal void RetryNow() => RetryDue = RetryDue is null ? null : TimeSpan.Zero;

    /// <summary>Reads until caught up, or a batch is full, or <paramref name="bytesMax"/> are gathered. Returns whether anything was
    /// read.</summary>
    internal bool Fill(long bytesMax, TimeSpan now)
    {
        if (RetryDue > now)
        {
            return false;
        }
        var before = _tracker.Last;
        _reachedEnd = false;
        while (_groups.Bytes < bytesMax && TryRead(now) && _tracker.Room > 0)
        {
            // Read again from where it lies: holding a reference to it across calls is not allowed.
            if (!TryMakeEvent(out var body))
            {
                _tracker.TrackLost(1);
            }
            else if (!EventHead.TryRead(body, out var head))
            {
                Log.Unreadable(_logger, _lane, _reader.Sequence);
                _tracker.TrackLost(1);
            }
            else if (SettledBefore(_reader.Sequence) is { } settlement)
            {
                _tracker.Track(_accounts.StreamIndex(head.Stream), head.AcceptedUnixMs);
                _tracker.Settle(_reader.Sequence, settlement);
            }
            else if (_groups.TryAdd(_reader.Sequence, body, head.Key))
            {
                _tracker.Track(_accounts.StreamIndex(head.Stream), head.AcceptedUnixMs);
            }
            else
            {
                break;
            }
            _held = false;
        }
        return _tracker.Last != before;
    }

    /// <summary>When the next event to read was accepted, Unix ms; null when there is none or it cannot be read.</summary>
    internal long? PeekAcceptedUnixMs(TimeSpan now)
    {
        while (Failure is null && TryRead(now))
        {
            if (TryMakeEvent(out var body))
            {
                return EventHead.TryRead(body, out var head) ? head.AcceptedUnixMs : null;
            }
            if (_tracker.TrackLost(1) == 0)
            {
                break;
            }
            _held = false;
        }
        return null;
    }

    public void Dispose() => _reader.Dispose();

    // Before the restart, while an earlier one waited.
    private Settlement? SettledBefore(long sequence) =>
        !_ahead.IsEmpty && _ahead.Contains(sequence) ? Settlement.Delivered : _parking.ResolvedBefore(sequence);

    private bool TryMakeEvent(out ReadOnlySpan<byte> body)
    {
        body = _reader.Body;
        return _records is null || _records(_reader.Body, out body);
    }

    private bool TryRead(TimeSpan now)
    {
        try
        {
            var isHeld = TryHold();
            if (_failures > 0)
            {
                (Failure, RetryDue, _failures) = (null, null, 0);
            }
            return isHeld;
        }
        catch (StorageException e)
        {
            var pause = _pauses.After(++_failures);
            // What cannot be read is no end: a lane that took it for one would look for a commit again and again until the next try.
            _reachedEnd = false;
            Failure = $"event {_reader.NextSequence} cannot be read: {e.Message}";
            RetryDue = now + pause;
            Log.ReadFailed(_logger, _lane, _reader.NextSequence, e.Message, pause);
            return false;
        }
    }

    private bool TryHold()
    {
        while (!_held)
        {
            if (_lostLeft > 0)
            {
                _lostLeft -= _tracker.TrackLost(_lostLeft);
                if (_lostLeft > 0)
                {
                    return false;
                }
            }
            switch (_reader.Read())
            {
                case WalReadStatus.Record:
                    _held = true;
                    break;
                case WalReadStatus.Gap when _reader.Gap.Skipped:
                    _tracker.TrackSkipped(_reader.Gap.Count);
                    break;
                case WalReadStatus.Gap:
                    Lose(_reader.Gap.First, _reader.Gap.Count, _reader.Gap.Reclaimed);
                    break;
                default:
                    _reachedEnd = true;
                    return false;
            }
        }
        return true;
    }

    private void Lose(long first, long count, bool reclaimed)
    {
        if (_records is not null)
        {
            // Records of another kind are not promised by the lane: their writer reports what is lost of them.
        }
        else if (reclaimed)
        {
            Log.LostToRetention(_logger, _lane, first, count);
        }
        else
        {
            Log.LostToDamage(_logger, _lane, first, count);
        }
        _lostLeft += count;
    }
}
