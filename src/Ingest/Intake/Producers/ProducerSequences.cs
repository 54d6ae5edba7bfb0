using System.Buffers;
using Ingest.Intake.Idempotency;
using Ingest.Queue;

namespace Ingest.Intake.Producers;

/// <summary>
/// Knows of each producer which number its next event has, and so tells repeats, gaps and earlier epochs. Any thread. Bounded in producers;
/// what it knows is in the log with the events, and in a file once the log has given them back.
/// </summary>
/// <remarks>
/// What holds at any moment:
/// <list type="number">
/// <item>An epoch begins with number 0, and its stored events have all numbers from 0 to the last, each once.</item>
/// <item>At most one request of a producer is in the queue. The next one waits for it, in the order of their numbers.</item>
/// <item>When a request is not stored, those behind it in its epoch are not either: their numbers are given out anew.</item>
/// <item>Epoch and number of a producer never go backwards while it is known.</item>
/// <item>What is written to the file holds every mark up to the position saved behind it (<see cref="Unsaved"/>).</item>
/// <item>A producer that was used within <see cref="KeptAtLeast"/>, or has a request under way, is not forgotten.</item>
/// </list>
/// </remarks>
internal sealed class ProducerSequences
{
    /// <summary>How long a producer is known at least after its last use, however many others come.</summary>
    internal static readonly TimeSpan KeptAtLeast = TimeSpan.FromMinutes(10);

    private readonly int _producersMax;
    private readonly TimeSpan _retention;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly ProducersByUse _producers = new();

    /// <param name="producersMax">How many producers are known at most; 0: none, and requests that name one are refused.</param>
    /// <param name="retention">How long one that is not used is known.</param>
    /// <param name="time">The clock.</param>
    internal ProducerSequences(int producersMax, TimeSpan retention, TimeProvider time)
    {
        (_producersMax, _retention, _time) = (producersMax, retention, time);
        Unsaved = new UnsavedRequests(_lock);
    }

    /// <summary>Whether producers are known at all.</summary>
    internal bool IsOn => _producersMax > 0;

    /// <summary>Whether file and log are still being read: until then nothing can be told. Any thread.</summary>
    internal volatile bool IsRecovering;

    /// <summary>What of it no file has.</summary>
    internal UnsavedRequests Unsaved { get; }

    /// <summary>Producers known.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _producers.Count;
            }
        }
    }

    /// <summary>Producers forgotten since the start, for their age or to make room.</summary>
    internal long Dropped { get; private set; }

    /// <summary>Repeats recognised since the start.</summary>
    internal long Repeats { get; private set; }

    /// <summary>
    /// Asks for a request's numbers. With <see cref="ProducerOutcome.Reserved"/> the caller must call <see cref="Settle"/> or
    /// <see cref="Abandon"/>.
    /// </summary>
    internal ProducerClaim Claim(in ProducerMark mark, int count)
    {
        lock (_lock)
        {
            ForgetNeedsLock();
            if (_producers.Find(mark.Identity) is { } entry)
            {
                return ClaimNeedsLock(entry, mark, count);
            }
            if (mark.First != 0)
            {
                return new ProducerClaim(ProducerOutcome.Unknown, Math.Min(mark.Epoch + 1, ProducerNumber.Max));
            }
            if (!MakeRoomNeedsLock())
            {
                return new ProducerClaim(ProducerOutcome.Exhausted);
            }
            entry = _producers.Add(mark.Identity, _time.GetTimestamp());
            entry.ClaimedEpoch = mark.Epoch;
            return ReserveNeedsLock(entry, mark, count);
        }
    }

    /// <summary>The events are durable.</summary>
    internal void Settle(ProducerReservation reservation, long position)
    {
        lock (_lock)
        {
            var (entry, mark) = (reservation.Entry, reservation.Mark);
            EndNeedsLock(reservation);
            entry.Advance(mark.Epoch, new RememberedRequest(mark.First, reservation.Count, position, mark.Fingerprint));
            _producers.Touch(entry, _time.GetTimestamp());
        }
        reservation.Settle(CommitStatus.Durable);
    }

    /// <summary>The events were not stored: their numbers, and those behind them, are given out anew.</summary>
    internal void Abandon(ProducerReservation reservation, CommitStatus status)
    {
        lock (_lock)
        {
            var entry = reservation.Entry;
            EndNeedsLock(reservation);
            if (entry.Run == reservation.Run)
            {
                entry.TakeBack();
            }
            if (entry is { Next: 0, Pending: 0 })
            {
                _producers.Remove(entry);
            }
        }
        reservation.Settle(status);
    }

    /// <summary>Takes over a request that the log has. In the log's order.</summary>
    internal void Restore(in ProducerMark mark, long position, int count, TimeSpan age)
    {
        lock (_lock)
        {
            if (RestoredNeedsLock(mark.Identity, age) is { } entry)
            {
                entry.Advance(mark.Epoch, new RememberedRequest(mark.First, count, position, mark.Fingerprint));
                entry.TakeBack();
            }
        }
    }

    /// <summary>Takes over a producer that a file has. The one that was not used for longest first.</summary>
    internal void Restore(UInt128 identity, long epoch, long next, RememberedRequest[] remembered, TimeSpan age)
    {
        lock (_lock)
        {
            if (RestoredNeedsLock(identity, age) is { } entry)
            {
                entry.Restore(epoch, next, remembered);
                entry.TakeBack();
            }
        }
    }

    /// <summary>Writes down every producer of which something is stored, the one that was not used for longest first.</summary>
    internal void Write(ArrayBufferWriter<byte> target)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            for (var entry = _producers.Oldest; entry is not null; entry = entry.Newer)
            {
                if (entry.Next > 0)
                {
                    ProducerTable.WriteEntry(target, entry, (now - _time.GetElapsedTime(entry.Used)).ToUnixTimeMilliseconds());
                }
            }
        }
    }

    private ProducerClaim ClaimNeedsLock(ProducerEntry entry, in ProducerMark mark, int count)
    {
        var claim = ProducerDecision.Decide(entry, mark, count);
        if (claim.Outcome == ProducerOutcome.Repeat)
        {
            Repeats++;
            _producers.Touch(entry, _time.GetTimestamp());
        }
        return claim.Outcome == ProducerOutcome.Reserved ? ReserveNeedsLock(entry, mark, count) : claim;
    }

    private ProducerClaim ReserveNeedsLock(ProducerEntry entry, in ProducerMark mark, int count)
    {
        var before = entry.Tail;
        if (mark.Epoch > entry.ClaimedEpoch)
        {
            // Earlier epochs are fenced from here on, whatever becomes of this request.
            entry.ClaimedEpoch = mark.Epoch;
            entry.Run++;
        }
        var reservation = new ProducerReservation(entry, mark, count)
        {
            Before = before?.Settled,
            NeedsBefore = before?.Mark.Epoch == mark.Epoch,
            Run = entry.Run,
            Generation = Unsaved.BeginNeedsLock(),
        };
        (entry.ClaimedNext, entry.Tail) = (mark.First + count, reservation);
        entry.Pending++;
        return new ProducerClaim(ProducerOutcome.Reserved, Reservation: reservation);
    }

    private void EndNeedsLock(ProducerReservation reservation)
    {
        var entry = reservation.Entry;
        entry.Pending--;
        Unsaved.EndNeedsLock(reservation.Generation);
        if (entry.Tail == reservation)
        {
            entry.Tail = null;
        }
    }

    private ProducerEntry? RestoredNeedsLock(UInt128 identity, TimeSpan age)
    {
        if (!IsOn || age >= _retention)
        {
            return null;
        }
        var used = _time.GetTimestamp() - (long)(Math.Max(age.TotalSeconds, 0) * _time.TimestampFrequency);
        if (_producers.Find(identity) is { } known)
        {
            _producers.Touch(known, Math.Max(used, known.Used));
            return known;
        }
        if (_producers.Count >= _producersMax)
        {
            DropNeedsLock(_producers.Oldest!);
        }
        return _producers.Add(identity, used);
    }

    private bool MakeRoomNeedsLock()
    {
        if (_producers.Count < _producersMax)
        {
            return true;
        }
        var oldest = _producers.Oldest!;
        if (oldest.Pending > 0 || _time.GetElapsedTime(oldest.Used) < KeptAtLeast)
        {
            return false;
        }
        DropNeedsLock(oldest);
        return true;
    }

    private void ForgetNeedsLock()
    {
        while (_producers.Oldest is { Pending: 0 } oldest && _time.GetElapsedTime(oldest.Used) >= _retention)
        {
            DropNeedsLock(oldest);
        }
    }

    private void DropNeedsLock(ProducerEntry entry)
    {
        _producers.Remove(entry);
        Dropped++;
    }
}
