using Ingest.Publishing.Accounting;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Lanes;

/// <summary>A lane's durable position together with its accounts. Lane loop only, but for <see cref="Saved"/>.</summary>
internal sealed class LaneCursor : IDisposable
{
    private readonly string _lane;
    private readonly WriteAheadLog _log;
    private readonly ILogger _logger;
    private readonly IDeadLetterStore _deadLetters;
    private WalCursor? _cursor;
    private LaneAccounts _accounts;
    private long _saved;
    private long _savedHighWater;
    private long _savedRequeues;
    private long _savedParked;
    private long _savedDoubtful;
    private byte[] _ahead = [];

    // Where the lane began as the save on disk has it, or may have it: of this process, or of an earlier one.
    private long? _savedBeginning;

    /// <summary>Opens the cursor, or makes it, and tells the dead letters where the lane begins, unless the position is refused.</summary>
    /// <param name="lane">Its name.</param>
    /// <param name="log">The log it is a position in.</param>
    /// <param name="logger">For what operators should know.</param>
    /// <param name="deadLetters">The lane's.</param>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    internal LaneCursor(string lane, WriteAheadLog log, ILogger logger, IDeadLetterStore deadLetters)
    {
        (_lane, _log, _logger, _deadLetters) = (lane, log, logger, deadLetters);
        var cursor = log.OpenCursor(lane);
        _cursor = cursor;
        try
        {
            _accounts = Begin(cursor);
            if (Refusal is null)
            {
                // Above this no accounts on disk have any.
                deadLetters.Begin(lane, Math.Min(_savedBeginning ?? long.MaxValue, _accounts.HighWater));
            }
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }

    /// <summary>Why the lane must not begin: the position makes no sense in this log. Null when it does.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>What became of the events up to the position. Any thread.</summary>
    internal LaneAccounts Accounts => Volatile.Read(ref _accounts);

    /// <summary>The position on disk: reclaim may rely on it. 0, which holds everything, while the position is refused. Any
    /// thread.</summary>
    internal long Saved => Volatile.Read(ref _saved);

    /// <summary>The accounts on disk know of every event up to here. Any thread.</summary>
    internal long SavedHighWater => Volatile.Read(ref _savedHighWater);

    /// <summary>The accounts on disk know of every requeue settlement up to here. Any thread.</summary>
    internal long SavedRequeues => Volatile.Read(ref _savedRequeues);

    /// <summary>The accounts on disk know of every record of the parked log up to here. Any thread.</summary>
    internal long SavedParkedApplied => Volatile.Read(ref _savedParked);

    /// <summary>What is doubtful up to here is noted on disk. Any thread.</summary>
    internal long SavedDoubtful => Volatile.Read(ref _savedDoubtful);

    /// <summary>
    /// A start from what is on disk would begin where the lane did once, and not where its accounts end: letters of events that are behind
    /// it and in the accounts, as parked ones are, would be void.
    /// </summary>
    internal bool HasSavedBeginning => _savedBeginning is not null;

    /// <summary>
    /// What was delivered ahead of the position when it was saved. Each session that begins there takes its own. Numbers that the log
    /// does not have any more are given out again: what is known of them counts for nothing.
    /// </summary>
    internal AheadRuns TakeAhead() => AheadRuns.Decode(_ahead, Saved, _log.DurableSequence);

    /// <summary>
    /// Saves the position and what is delivered ahead of it, durably. False, with a message in the log, when the disk did not take it: try
    /// again later.
    /// </summary>
    internal bool TrySave(AckTracker tracker) => TrySave(tracker.Settled, AheadRuns.Encode(tracker.DeliveredAhead(AheadRuns.BytesMax)));

    /// <summary>Saves durably. False, with a message in the log, when the disk did not take it: try again later.</summary>
    internal bool TrySave(long settled) => TrySave(settled, []);

    private bool TrySave(long settled, byte[] ahead)
    {
        try
        {
            Save(settled, ahead);
            return true;
        }
        catch (StorageException e)
        {
            Log.CursorFailed(_logger, _lane, e.Message);
            return false;
        }
    }

    /// <summary>Saves durably.</summary>
    /// <exception cref="StorageException">It is not saved, or it is not known.</exception>
    internal void Save(long settled) => Save(settled, []);

    private void Save(long settled, byte[] ahead)
    {
        // A cursor that failed once takes no more saves; the next one goes through a new object.
        _cursor ??= _log.OpenCursor(_lane);
        try
        {
            var doubtful = Accounts.Doubtful.UpTo;
            var accounts = Accounts.Encode();
            // Asked for behind the accounts: a letter they have was stored behind the beginning, which is on disk then.
            var beginning = _deadLetters.Beginning(_lane);
            _savedBeginning ??= beginning;
            _cursor.Save(settled, [.. accounts, .. AheadRuns.WithNotes(ahead, doubtful, beginning)]);
            _savedBeginning = beginning;
            Volatile.Write(ref _saved, settled);
            Volatile.Write(ref _savedDoubtful, doubtful);
            _ahead = ahead;
            RememberSaved(Accounts);
        }
        catch (StorageException)
        {
            _cursor.Dispose();
            _cursor = null;
            throw;
        }
    }

    /// <summary>An operator said where a lane with a refused position goes on: the accounts begin anew there.</summary>
    internal void Restart(long settled)
    {
        Refusal = null;
        _ahead = [];
        Volatile.Write(ref _accounts, new LaneAccounts(settled));
    }

    public void Dispose() => _cursor?.Dispose();

    // The lane loop alone changes the accounts, so what it saved is what they are now.
    private void RememberSaved(LaneAccounts accounts)
    {
        Volatile.Write(ref _savedHighWater, accounts.HighWater);
        Volatile.Write(ref _savedRequeues, accounts.RequeuesApplied);
        Volatile.Write(ref _savedParked, accounts.ParkedApplied);
    }

    private LaneAccounts Begin(WalCursor cursor)
    {
        if (!cursor.Existed)
        {
            // A new lane delivers what is still there; what was reclaimed before it existed is none of its business.
            var start = _log.FirstSequence - 1;
            if (cursor.Damaged)
            {
                Log.CursorDamaged(_logger, _lane, start + 1);
            }
            else if (cursor.IsForeign)
            {
                Log.CursorForeign(_logger, _lane, start + 1);
            }
            var fresh = new LaneAccounts(start);
            cursor.Save(start, fresh.Encode());
            Volatile.Write(ref _saved, start);
            RememberSaved(fresh);
            return fresh;
        }
        var settled = cursor.Sequence;
        if (settled > _log.DurableSequence)
        {
            Refusal = $"its cursor stands at event {settled} but the log ends at {_log.DurableSequence}: the log was replaced or "
                + "lost its end; rewind the lane to say where it goes on";
            return LaneAccounts.TryDecode(cursor.Annotation.Span) ?? new LaneAccounts(settled);
        }
        Volatile.Write(ref _saved, settled);
        if (LaneAccounts.TryDecode(cursor.Annotation.Span, out var ahead) is { } saved && saved.HighWater >= settled)
        {
            _ahead = ahead.ToArray();
            var notes = AheadRuns.Decode(ahead, settled, long.MaxValue);
            saved.Doubtful.Raise(_savedDoubtful = notes.DoubtfulUpTo);
            _savedBeginning = notes.Beginning;
            RememberSaved(saved);
            return saved;
        }
        Log.AccountsRestarted(_logger, _lane, settled);
        return new LaneAccounts(settled);
    }
}
