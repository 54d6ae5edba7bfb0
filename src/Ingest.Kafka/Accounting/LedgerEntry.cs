using Confluent.Kafka;
using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>Where an event stands.</summary>
internal enum EntryState : byte
{
    /// <summary>The client has not got it.</summary>
    NotSent,

    /// <summary>Kept back: an earlier event of its key has to go first.</summary>
    Held,

    /// <summary>Kept back: its topic made trouble, and another event of it finds out whether it still does.</summary>
    BehindTopic,

    /// <summary>The attempt ended before it came to this event.</summary>
    LeftOut,

    /// <summary>In the client's hands: a report will come, whatever becomes of the attempt.</summary>
    Sent,

    /// <summary>The report is in.</summary>
    Settled,
}

/// <summary>
/// One event in the ledger, and the target of its delivery report. Pooled, with its delegate: a report costs no allocation of ours.
/// </summary>
internal sealed class LedgerEntry
{
    internal LedgerEntry(InFlightLedger ledger) => Reported = report => ledger.Report(this, report.Error.Code, report.Topic);

    /// <summary>Given to the client with the message; called on its poll thread.</summary>
    internal Action<DeliveryReport<byte[], byte[]>> Reported { get; }

    internal long Sequence { get; set; }

    /// <summary>Bytes of the payload; with the sequence number they tell whether a repeated event is the same one.</summary>
    internal int PayloadBytes { get; set; }

    /// <summary>Known for entries without an attempt; else the attempt's batch has the key.</summary>
    internal ulong Key { get; set; }

    internal EntryState State { get; set; }

    internal ErrorCode Code { get; set; }

    /// <summary>What to tell of the code, where there is more to say than its own text.</summary>
    internal string? Detail { get; set; }

    /// <summary>The report speaks of this event and no other: it was alone in its request, or the client itself refused it.</summary>
    internal bool Alone { get; set; }

    /// <summary>The topic it waits behind (<see cref="EntryState.BehindTopic"/>).</summary>
    internal string? Topic { get; set; }

    /// <summary>True if this is the event by which a topic that made trouble is tried.</summary>
    internal bool TriesTopic { get; set; }

    /// <summary>True once the producer is gone: a straggling report would be another event's, so the entry is never used again.</summary>
    internal bool Retired { get; set; }

    /// <summary>The attempt that waits for it; null once that was given up.</summary>
    internal Attempt? Attempt { get; set; }

    internal int Index { get; set; }

    /// <summary>Where it is, while it is sent.</summary>
    internal ProducerRoom? Room { get; set; }

    /// <summary>
    /// Whether the report ends the matter, so that nothing has to be sent again. A topic whose name cannot exist never will: no other event
    /// of the request is to blame for it.
    /// </summary>
    internal bool IsFinal => Code == ErrorCode.NoError || (Alone && VerdictTable.BlamesEvent(Code)) || Code == ErrorCode.TopicException;

    /// <summary>The event is about to be handed to the client. The sender whose turn it is.</summary>
    internal void Send(ProducerRoom room, StoredEvent stored)
    {
        Room = room;
        Sequence = stored.Sequence;
        PayloadBytes = stored.Payload.Length;
        Alone = room.Mode == SendMode.Careful;
        State = EntryState.Sent;
        Attempt!.CountOut();
    }

    /// <summary>The client had no room after all: as if the event had not been sent. The sender whose turn it is.</summary>
    internal void TakeBack()
    {
        Room!.GiveBack(PayloadBytes);
        Room = null;
        State = EntryState.NotSent;
        Attempt!.CountIn();
    }

    /// <summary>Makes it ready for another event.</summary>
    internal void Reset()
    {
        State = EntryState.NotSent;
        Code = ErrorCode.NoError;
        Alone = false;
        TriesTopic = false;
        Topic = null;
        Detail = null;
        Attempt = null;
        Room = null;
        Key = KeyHash.None;
    }
}
