using Ingest.Events;
using System.Text;
using Ingest.Publishing.Accounting;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;

namespace Ingest.Publishing.Parking;

/// <summary>
/// The events a lane has set aside because its sink cannot take them while it takes others. They are durable in a log of their own, so the
/// cursor moves on; they are tried again on their own schedule, and count as pending until they are delivered, dead-lettered or dropped.
/// Lane loop only, but for the listings.
/// </summary>
/// <remarks>
/// Invariants:
/// <list type="number">
/// <item>An event is settled as parked only when its record is durable; the cursor never passes one that is not.</item>
/// <item>An event counts as parked from then until the record that resolves it is durable; the accounts take each resolution once, in the
/// order of the records, and remember the last one's position.</item>
/// <item>While an event is here, later events of its key (or of its stream, where that is to blame) join it and are not sent.</item>
/// <item>What goes to the dead letters is noted here first, then stored there, then resolved here: a crash between repeats the storing,
/// which is harmless, and nothing else.</item>
/// <item>An event whose delivery or drop is durable is not sent again after a crash, also where the saved position has not passed it. One
/// that is dead then is decided anew: its dead letter is void (<see cref="IDeadLetterStore.Begin"/>).</item>
/// </list>
/// </remarks>
internal sealed class LaneParking : IDisposable
{
    private readonly LaneContext _context;
    private readonly ILaneHost _host;
    private readonly LaneCursor _cursor;
    private readonly AckTracker _tracker;
    private readonly ParkedWriter? _writer;
    private readonly ParkedFiles _files;
    private ResolvedAhead _resolved = new();

    internal LaneParking(LaneContext context, ILaneHost host, LaneCursor cursor, AckTracker tracker)
    {
        (_context, _host, _cursor, _tracker) = (context, host, cursor, tracker);
        Events = new ParkedEvents(context.Options);
        Scheduler = new ParkedScheduler(Events, context.Options, context.Sink.Traits, context.Random);
        _files = new ParkedFiles(cursor, Events);
        _writer = context.Parked is not { } place ? null
            : new ParkedWriter(place, context.Options, context.Time, context.Logger, host.Signal.Set);
    }

    internal ParkedEvents Events { get; }

    internal ParkedScheduler Scheduler { get; }

    /// <summary>Anything is parked: the only question a lane without parked events ever asks.</summary>
    internal bool IsActive => Events.Count > 0;

    /// <summary>True if this lane may park events at all.</summary>
    internal bool IsEnabled => _writer is not null && _context.Options.ParkAfterAttempts > 0;

    /// <summary>Something is being written: the session does not end before.</summary>
    internal bool IsWriting => _writer?.IsWriting == true;

    /// <summary>Something is written or waits to be.</summary>
    internal bool IsBusy => _writer?.IsBusy == true;

    /// <summary>Why the parked log takes nothing at the moment; null while it does.</summary>
    internal string? Failure => _writer?.Failure is { } failure ? $"parked events could not be written: {failure}" : null;

    internal TimeSpan? RetryDue => _writer?.RetryDue;

    /// <summary>
    /// Whether a start from what is on disk keeps the letters of parked events. It may take a save; false where that failed.
    /// </summary>
    internal bool TryKeepLetters() => !_cursor.HasSavedBeginning || (!IsOver && _cursor.TrySave(_tracker) && !_cursor.HasSavedBeginning);

    /// <summary>The position was set otherwise: nothing of this session is saved any more.</summary>
    internal bool IsOver { get; set; }

    /// <summary>Set by each change of the accounts or the position: the cursor has to be saved.</summary>
    internal bool HasMoved { get; set; }

    internal ParkedLog ParkedLog => _writer?.Log ?? throw new InvalidOperationException("Nothing was ever parked.");

    /// <summary>Reads what earlier runs left, before anything is read from the node's log.</summary>
    /// <exception cref="StorageException">The parked log cannot be opened or read.</exception>
    internal void Open()
    {
        var recovery = new ParkedRecovery(_cursor.Accounts, _cursor.SavedParkedApplied);
        var log = _writer?.OpenExisting();
        log?.Replay(recovery.Apply);
        HasMoved |= recovery.Settle(_context.Logger, _context.Name) > 0;
        _resolved = recovery.Resolved;
        foreach (var parked in recovery.Parked)
        {
            Events.Add(parked);
            _files.Placed(parked);
        }
        // Everything in the log is taken now; a log that was taken away begins anew.
        var applied = log is null ? 0 : log.End - 1;
        HasMoved |= applied != _cursor.Accounts.ParkedApplied;
        _cursor.Accounts.ParkedApplied = applied;
        if (recovery.Void is { Count: > 0 } never)
        {
            _writer!.Add(new ParkedChange(ParkedKind.Void, never, "", 0, _ => { }));
        }
        if (Events.Count > 0)
        {
            Log.ParkedFound(_context.Logger, _context.Name, Events.Count);
        }
        Events.IsComplete = true;
    }

    /// <summary>What became of an event before the crash that has it read once more; null: nothing.</summary>
    internal Settlement? ResolvedBefore(long sequence) => _resolved.Of(sequence);

    /// <summary>Parks the events of a batch, which is this object's from here on. They are settled when they are durable.</summary>
    internal void Park(EventBatch batch, in ParkedCause cause)
    {
        var now = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var parking = new List<ParkedEvent>(batch.Count);
        var fresh = new List<int>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var stored = batch[i];
            if (Events.Find(stored.Sequence) is not null)
            {
                // Read once more after a rewind: it is here already.
                _tracker.Settle(stored.Sequence, Settlement.Parked);
                continue;
            }
            var parked = new ParkedEvent
            {
                Sequence = stored.Sequence,
                Stream = Encoding.Latin1.GetString(stored.Stream),
                Key = NameHash.Of(stored.Key),
                Bytes = stored.Body.Length,
                AcceptedUnixMs = stored.AcceptedUnixMs,
                SinceUnixMs = now,
                FirstUnixMs = cause.FirstUnixMs > 0 ? cause.FirstUnixMs : now,
                IsCounted = stored.Sequence > _cursor.Accounts.HighWater,
                IsOfStream = cause.IsOfStream || Events.Stream(stored.Stream) is { IsHeld: true },
                Attempts = batch.Count == 1 ? cause.Attempts : 0,
                Reason = cause.Reason,
                Due = cause.Due,
                TrialMax = cause.Reason.Length == 0 ? int.MaxValue : Math.Max((batch.Count + 1) / 2, 1),
            };
            Events.Add(parked);
            parking.Add(parked);
            fresh.Add(i);
        }
        if (parking.Count == 0)
        {
            batch.Dispose();
            return;
        }
        var own = batch;
        if (fresh.Count < batch.Count)
        {
            own = batch.Select(fresh);
            batch.Dispose();
        }
        _writer!.Add(new ParkedBodies(own, parking, Stored));
        if (cause.Reason.Length > 0)
        {
            Log.Parked(_context.Logger, _context.Name, parking.Count, parking[0].Stream, cause.Reason);
        }
    }

    /// <summary>Has records written that say what became of parked events; they are gone when it is durable.</summary>
    internal void Resolve(ParkedKind kind, IReadOnlyList<ParkedEvent> events, string reason = "", Action? then = null)
    {
        foreach (var parked in events)
        {
            parked.Phase = ParkedPhase.Resolving;
        }
        _writer!.Add(new ParkedChange(kind, events, reason, 0, change =>
        {
            Resolved(change);
            then?.Invoke();
        }));
    }

    /// <summary>Notes something about events that stay parked.</summary>
    internal void Note(ParkedKind kind, IReadOnlyList<ParkedEvent> events, string reason, int attempts, Action? then = null) =>
        _writer!.Add(new ParkedChange(kind, events, reason, attempts, _ => then?.Invoke()));

    /// <summary>Takes up what was written, and begins with what waits to be.</summary>
    internal void Step(TimeSpan now)
    {
        if (_writer is null)
        {
            return;
        }
        _writer.Step(now);
        if (!_writer.IsBusy && _writer.Log is { } log)
        {
            _files.Reclaim(log, _resolved);
            HasMoved |= _cursor.Accounts.ParkedApplied != _cursor.SavedParkedApplied;
            if (_files.NextToMove(log, _resolved) is { } moving)
            {
                Move(moving, log);
            }
            _writer.Step(now);
        }
    }

    internal void SkipWaits()
    {
        Scheduler.SkipWaits();
        _writer?.RetryNow();
    }

    public void Dispose() => _writer?.Dispose();

    private void Stored(ParkedBodies written)
    {
        for (var i = 0; i < written.Events.Count; i++)
        {
            var parked = written.Events[i];
            parked.Position = written.PositionOf(i);
            _files.Placed(parked);
            if (parked.Phase == ParkedPhase.Storing)
            {
                parked.Phase = ParkedPhase.Waiting;
                _tracker.Settle(parked.Sequence, Settlement.Parked);
            }
        }
        Scheduler.Changed();
    }

    private void Resolved(ParkedChange change)
    {
        var accounts = _cursor.Accounts;
        var settlement = change.Kind == ParkedKind.Delivered ? Settlement.Delivered : Settlement.DeadLettered;
        if (change.Kind == ParkedKind.Dropped)
        {
            accounts.Doubtful.Drop(change.Events.Select(parked => parked.Sequence));
        }
        foreach (var parked in change.Events)
        {
            if (parked.Sequence > accounts.HighWater)
            {
                // The position has not passed it yet: it passes it as what it is now.
                _tracker.Resettle(parked.Sequence, settlement);
                _resolved.Add(parked, settlement);
            }
            else if (parked.IsCounted)
            {
                accounts.ResolveParked(accounts.StreamIndex(Encoding.Latin1.GetBytes(parked.Stream)), settlement);
                _resolved.Counted(parked, change.Position);
            }
            Events.Remove(parked);
        }
        accounts.ParkedApplied = change.Position;
        HasMoved = true;
        Scheduler.Changed();
    }

    // Reading from positions that ascend is one pass.
    private void Move(List<ParkedEvent> moving, ParkedLog log)
    {
        try
        {
            var bodies = log.Read([.. moving.Select(parked => (parked.Sequence, parked.Position))]);
            _writer!.Add(new ParkedBodies(bodies, moving, Stored));
        }
        catch (StorageException e)
        {
            // The files stay as large as they are; nothing is moved any more until the next start.
            _files.StopMoving();
            Log.ParkedNotMoved(_context.Logger, _context.Name, e.Message);
        }
    }
}

/// <summary>Why events are parked.</summary>
/// <param name="Reason">What the sink said; empty for events that wait behind others.</param>
/// <param name="IsOfStream">Their streams wait as a whole.</param>
/// <param name="Attempts">Attempts to deliver them so far.</param>
/// <param name="FirstUnixMs">When they were first tried, Unix ms; 0: never.</param>
/// <param name="Due">Not tried before, on the lane's clock: the sink asked for it.</param>
internal readonly record struct ParkedCause(string Reason, bool IsOfStream, int Attempts, long FirstUnixMs, TimeSpan Due = default);
