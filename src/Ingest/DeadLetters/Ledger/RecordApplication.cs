using System.Text;
using Ingest.DeadLetters.Storage;
using Ingest.Events;
using Ingest.Publishing.Requeue;

namespace Ingest.DeadLetters.Ledger;

/// <summary>What each kind of record changes in the letters and the tickets. One caller at a time.</summary>
/// <param name="letters">The letters.</param>
/// <param name="tickets">Progress of requeues.</param>
internal sealed class RecordApplication(LetterTable letters, RequeueTickets tickets)
{
    private const int VoidPage = 1000;

    /// <summary>Applies the next record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="position">Where it lies.</param>
    internal void Apply(in DeadLetterRecord record, long position)
    {
        switch (record.Kind)
        {
            case DeadLetterRecordKind.Letter:
                Put(record, position);
                break;
            case DeadLetterRecordKind.Refused:
                Refuse(record);
                break;
            case DeadLetterRecordKind.Requeued:
                Requeue(record);
                break;
            case DeadLetterRecordKind.Delivered:
                Deliver(record, position);
                break;
            case DeadLetterRecordKind.Dropped:
                Drop(record, position);
                break;
            default:
                Void(record.Lane, record.Sequence);
                break;
        }
    }

    private static DeadLetter Read(in DeadLetterRecord record, long position)
    {
        var isEvent = EventHead.TryRead(record.Body, out var head);
        return new DeadLetter
        {
            Key = new DeadLetterKey(record.Sequence, record.Lane),
            Stream = isEvent ? Encoding.Latin1.GetString(head.Stream) : "",
            EventKey = isEvent ? Encoding.UTF8.GetString(head.Key) : "",
            Reason = record.Reason,
            Attempts = record.Attempts,
            FirstUnixMs = record.FirstUnixMs,
            LastUnixMs = record.LastUnixMs,
            AcceptedUnixMs = isEvent ? head.AcceptedUnixMs : 0,
            Bytes = record.FrameBytes,
            Position = position,
            NeededFrom = position,
            IsCounted = record.IsCounted,
            Ticket = record.Ticket,
        };
    }

    // A rewind is an operator's wish to have events decided once more: what it brings back is a letter although it was dropped before.
    private void Put(in DeadLetterRecord record, long position)
    {
        var letter = Read(record, position);
        if (!letter.IsCounted || !letters.Lane(letter.Key.Lane).IsDropped(letter.Key.Sequence))
        {
            letters.Put(letter);
        }
    }

    private void Refuse(in DeadLetterRecord record)
    {
        if (letters.Find(new DeadLetterKey(record.Sequence, record.Lane)) is { } letter)
        {
            tickets.Refused(letter.Ticket);
            letters.Replace(letter with
            {
                Reason = record.Reason,
                Attempts = record.Attempts,
                LastUnixMs = record.LastUnixMs,
                Ticket = 0,
            });
        }
    }

    private void Requeue(in DeadLetterRecord record)
    {
        var marked = 0;
        for (var i = 0; i < record.Count; i++)
        {
            if (letters.Find(new DeadLetterKey(record.SequenceAt(i), record.Lane)) is { IsRequeued: false } letter)
            {
                letters.Replace(letter with { Ticket = record.Ticket });
                marked++;
            }
        }
        tickets.AddLetters(record.Ticket, marked);
    }

    private void Deliver(in DeadLetterRecord record, long position)
    {
        var delivered = new List<RequeuedDeadLetter>(record.Count);
        var neededFrom = position;
        for (var i = 0; i < record.Count; i++)
        {
            if (letters.Remove(new DeadLetterKey(record.SequenceAt(i), record.Lane)) is { } letter)
            {
                delivered.Add(new RequeuedDeadLetter(letter.Stream, letter.IsCounted));
                neededFrom = Math.Min(neededFrom, letter.NeededFrom);
                tickets.Delivered(letter.Ticket);
            }
        }
        if (delivered.Count > 0)
        {
            letters.Lane(record.Lane).Settlements.Enqueue((new RequeueSettlement(position, delivered), neededFrom));
        }
    }

    private void Drop(in DeadLetterRecord record, long position)
    {
        var sequences = new long[record.Count];
        for (var i = 0; i < sequences.Length; i++)
        {
            sequences[i] = record.SequenceAt(i);
            if (letters.Remove(new DeadLetterKey(sequences[i], record.Lane)) is { } letter)
            {
                tickets.Dropped(letter.Ticket);
            }
        }
        letters.Lane(record.Lane).RememberDrop(position, sequences);
    }

    private void Void(string lane, long highWater)
    {
        // Lanes' names are ASCII: no name is behind this one.
        var after = new DeadLetterKey(highWater, "\uffff");
        var filter = new DeadLetterFilter { Lane = lane };
        while (letters.Query(filter, after, VoidPage) is { Count: > 0 } page)
        {
            foreach (var letter in page)
            {
                letters.Remove(letter.Key);
                tickets.Dropped(letter.Ticket);
            }
        }
    }
}
