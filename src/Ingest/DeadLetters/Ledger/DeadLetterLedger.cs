using System.Text;
using Ingest.DeadLetters.Index;
using Ingest.DeadLetters.Storage;
using Ingest.Events;
using Ingest.Publishing.Requeue;

namespace Ingest.DeadLetters.Ledger;

/// <summary>
/// What the records of the dead letters' log come to, applied one after another: the same after a restart as before. Records are applied
/// by one thread; asked by any.
/// </summary>
internal sealed partial class DeadLetterLedger(IDeadLetterIndex index) : IDisposable
{
    private const int TicketsMax = 256;
    private const int VoidPage = 1000;

    // Guards everything below, the index among it.
    private readonly Lock _lock = new();
    private readonly IDeadLetterIndex _index = index;
    private readonly Dictionary<string, LaneDeadLetters> _lanes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, RequeueTicket> _tickets = [];

    // Letters in the order of their positions; those in front that have gone or moved are taken out when somebody looks.
    private readonly Queue<(long Position, DeadLetterKey Key)> _places = new();
    private long _count;
    private long _bytes;
    private long _applied;

    /// <summary>Applies the next record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="position">Where it lies.</param>
    internal void Apply(in DeadLetterRecord record, long position)
    {
        lock (_lock)
        {
            switch (record.Kind)
            {
                case DeadLetterRecordKind.Letter:
                    PutNeedsLock(Read(record, position));
                    break;
                case DeadLetterRecordKind.Refused:
                    RefuseNeedsLock(record);
                    break;
                case DeadLetterRecordKind.Requeued:
                    RequeueNeedsLock(record);
                    break;
                case DeadLetterRecordKind.Delivered:
                    DeliverNeedsLock(record, position);
                    break;
                case DeadLetterRecordKind.Dropped:
                    DropNeedsLock(record);
                    break;
                default:
                    VoidNeedsLock(record.Lane, record.Sequence);
                    break;
            }
            _applied = position;
        }
    }

    public void Dispose() => _index.Dispose();

    private static DeadLetter Read(in DeadLetterRecord record, long position) => new()
    {
        Key = new DeadLetterKey(record.Sequence, record.Lane),
        Stream = StoredEvent.TryReadStream(record.Body, out var stream) ? Encoding.Latin1.GetString(stream) : "",
        Reason = record.Reason,
        Attempts = record.Attempts,
        FirstUnixMs = record.FirstUnixMs,
        LastUnixMs = record.LastUnixMs,
        AcceptedUnixMs = EventHead.TryRead(record.Body, out var head) ? head.AcceptedUnixMs : 0,
        Bytes = record.FrameBytes,
        Position = position,
        IsCounted = record.IsCounted,
        Ticket = record.Ticket,
    };

    // An event that was sent again after a rewind or a crash and refused again is the same letter, not a second one.
    private void PutNeedsLock(DeadLetter letter)
    {
        var known = _index.Find(letter.Key);
        if (known is not null)
        {
            letter = letter with
            {
                IsCounted = letter.IsCounted || known.IsCounted,
                FirstUnixMs = Math.Min(letter.FirstUnixMs, known.FirstUnixMs),
                Ticket = letter.Ticket != 0 ? letter.Ticket : known.Ticket,
            };
            TakeOutNeedsLock(known);
        }
        _index.Put(letter);
        var lane = LaneNeedsLock(letter.Key.Lane);
        lane.Count++;
        lane.Bytes += letter.Bytes;
        _count++;
        _bytes += letter.Bytes;
        _places.Enqueue((letter.Position, letter.Key));
        if (letter.IsRequeued)
        {
            lane.Requeued.Add(letter.Key.Sequence);
        }
    }

    private void RefuseNeedsLock(in DeadLetterRecord record)
    {
        if (_index.Find(new DeadLetterKey(record.Sequence, record.Lane)) is not { } letter)
        {
            return;
        }
        CountNeedsLock(letter.Ticket, ticket => ticket with { Refused = ticket.Refused + 1 });
        LaneNeedsLock(letter.Key.Lane).Requeued.Remove(letter.Key.Sequence);
        _index.Put(letter with { Reason = record.Reason, Attempts = record.Attempts, LastUnixMs = record.LastUnixMs, Ticket = 0 });
    }

    private void RequeueNeedsLock(in DeadLetterRecord record)
    {
        var lane = LaneNeedsLock(record.Lane);
        var marked = 0;
        for (var i = 0; i < record.Count; i++)
        {
            if (_index.Find(new DeadLetterKey(record.SequenceAt(i), record.Lane)) is { IsRequeued: false } letter)
            {
                _index.Put(letter with { Ticket = record.Ticket });
                lane.Requeued.Add(letter.Key.Sequence);
                marked++;
            }
        }
        OpenTicketNeedsLock(record.Ticket, marked);
    }

    private void DeliverNeedsLock(in DeadLetterRecord record, long position)
    {
        var delivered = new List<RequeuedDeadLetter>(record.Count);
        for (var i = 0; i < record.Count; i++)
        {
            if (RemoveNeedsLock(new DeadLetterKey(record.SequenceAt(i), record.Lane)) is { } letter)
            {
                delivered.Add(new RequeuedDeadLetter(letter.Stream, letter.IsCounted));
                CountNeedsLock(letter.Ticket, ticket => ticket with { Delivered = ticket.Delivered + 1 });
            }
        }
        if (delivered.Count > 0)
        {
            LaneNeedsLock(record.Lane).Settlements.Enqueue(new RequeueSettlement(position, delivered));
        }
    }

    private void DropNeedsLock(in DeadLetterRecord record)
    {
        for (var i = 0; i < record.Count; i++)
        {
            if (RemoveNeedsLock(new DeadLetterKey(record.SequenceAt(i), record.Lane)) is { } letter)
            {
                CountNeedsLock(letter.Ticket, ticket => ticket with { Dropped = ticket.Dropped + 1 });
            }
        }
    }

    private void VoidNeedsLock(string lane, long highWater)
    {
        // Lanes' names are ASCII: no name is behind this one.
        var after = new DeadLetterKey(highWater, "\uffff");
        var filter = new DeadLetterFilter { Lane = lane };
        while (_index.Query(filter, after, VoidPage) is { Count: > 0 } page)
        {
            foreach (var letter in page)
            {
                RemoveNeedsLock(letter.Key);
                CountNeedsLock(letter.Ticket, ticket => ticket with { Dropped = ticket.Dropped + 1 });
            }
        }
    }

    private DeadLetter? RemoveNeedsLock(DeadLetterKey key)
    {
        if (_index.Remove(key) is not { } letter)
        {
            return null;
        }
        TakeOutNeedsLock(letter);
        return letter;
    }

    // Everything but the index forgets the letter.
    private void TakeOutNeedsLock(DeadLetter letter)
    {
        var lane = LaneNeedsLock(letter.Key.Lane);
        lane.Count--;
        lane.Bytes -= letter.Bytes;
        lane.Requeued.Remove(letter.Key.Sequence);
        _count--;
        _bytes -= letter.Bytes;
    }

    private void OpenTicketNeedsLock(long ticket, int letters)
    {
        _tickets[ticket] = _tickets.TryGetValue(ticket, out var known)
            ? known with { Letters = known.Letters + letters }
            : new RequeueTicket(ticket, letters, 0, 0, 0);
        while (_tickets.Count > TicketsMax)
        {
            _tickets.Remove(_tickets.Keys.First());
        }
    }

    private void CountNeedsLock(long ticket, Func<RequeueTicket, RequeueTicket> count)
    {
        if (ticket != 0 && _tickets.TryGetValue(ticket, out var known))
        {
            _tickets[ticket] = count(known);
        }
    }

    private LaneDeadLetters LaneNeedsLock(string lane)
    {
        if (!_lanes.TryGetValue(lane, out var letters))
        {
            letters = new LaneDeadLetters();
            _lanes.Add(lane, letters);
        }
        return letters;
    }
}
