using Confluent.Kafka;
using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>Hands events to a transaction, and judges those that must not go into it. Worker only.</summary>
/// <param name="owner">Who has the session.</param>
/// <param name="encoder">Makes messages.</param>
/// <param name="topics">Which topics there are.</param>
/// <param name="owed">Events the lane has still to send again.</param>
/// <param name="now">The time since any fixed start.</param>
internal sealed class TransactionFill(
    ProgressOwner owner, MessageEncoder encoder, KnownTopics topics, HeldKeys owed, Func<TimeSpan> now)
{
    private static readonly Action<StoredEvent, TransactionFill> Offering = static (stored, fill) => fill.OfferRead(stored);

    private OpenTransaction _transaction = null!;
    private Handover _batch = null!;
    private int _index;
    private Step _step;

    /// <summary>What became of an offer.</summary>
    internal enum Step
    {
        /// <summary>The event is with the client, judged, or already there: the next one.</summary>
        Done,

        /// <summary>The client has no room at the moment.</summary>
        Full,

        /// <summary>The event's topic has to be asked for, and a transaction must not wait for that: commit first.</summary>
        CommitFirst,

        /// <summary>The caller does not wait for the batch any more.</summary>
        Abandoned,
    }

    /// <summary>Offers an event of a batch to a transaction.</summary>
    /// <exception cref="KafkaException">The client refused to take anything.</exception>
    internal Step Offer(OpenTransaction transaction, Handover batch, int index)
    {
        (_transaction, _batch, _index) = (transaction, batch, index);
        return batch.TryRead(index, this, Offering) ? _step : Step.Abandoned;
    }

    /// <summary>A verdict that leaves the event pending: later ones of its key wait for it.</summary>
    internal void Leave(Handover batch, int index, in SinkVerdict verdict)
    {
        batch.Judge(index, verdict);
        var (sequence, key) = batch.At(index);
        owed.Add(key, sequence);
    }

    private void OfferRead(StoredEvent stored)
    {
        _step = Step.Done;
        if (_transaction.Holds(stored.Sequence))
        {
            if (owed.Any)
            {
                owed.Settle(KeyHash.Of(stored), stored.Sequence);
            }
            return;
        }
        if (owed.Any && !owed.MayGo(KeyHash.Of(stored), stored.Sequence, now()))
        {
            _batch.Judge(_index, AttemptVerdicts.Held);
            return;
        }
        var message = encoder.Encode(stored, out var topic);
        if (FindFault(stored, message, topic) is { } verdict)
        {
            Judge(stored, verdict);
        }
        else if (!topics.IsKnown(topic) && _transaction.HasBegun && !topics.IsRefused(topic))
        {
            TakeBack(stored, Step.CommitFirst);
        }
        else if (topics.Find(topic) is { } refusal)
        {
            Judge(stored, refusal);
        }
        else
        {
            Hand(stored, message!, topic);
        }
    }

    private SinkVerdict? FindFault(StoredEvent stored, Message<byte[], byte[]>? message, string topic) =>
        encoder.ReasonAgainst(topic) is { } forbidden ? VerdictTable.For(ErrorCode.TopicException, forbidden)
        : message is null ? VerdictTable.For(ErrorCode.MsgSizeTooLarge)
        : !_transaction.Delivered.HasRoomFor(stored.Sequence) ? NoRoomIn(_transaction.Delivered)
        : null;

    private static SinkVerdict NoRoomIn(DeliveredNumbers delivered) => new(
        VerdictKind.Retryable,
        "There is no room in the progress for more events that are delivered out of turn, until the lane has noted those before. "
        + (delivered.Owed.Count == 0 ? "" : $"Events {delivered.Owed.All[0].First} to {delivered.Owed.Last} are among them: of the dead "
            + "letters and parked events in between, those that Kafka has already make room when they are sent again or dropped."),
        Scope: VerdictScope.NotTried);

    private void Judge(StoredEvent stored, in SinkVerdict verdict)
    {
        _batch.Judge(_index, verdict);
        if (verdict.Kind != VerdictKind.Rejected)
        {
            owed.Add(KeyHash.Of(stored), stored.Sequence);
        }
    }

    private void Hand(StoredEvent stored, Message<byte[], byte[]> message, string topic)
    {
        if (!_transaction.HasBegun)
        {
            owner.Session.Begin();
            _transaction.HasBegun = true;
        }
        try
        {
            owner.Session.Produce(topic, message, ReportTo(topic));
            _transaction.Add(stored.Sequence, stored.Payload.Length);
        }
        catch (KafkaException failure) when (failure.Error.Code == ErrorCode.Local_QueueFull)
        {
            TakeBack(stored, Step.Full);
        }
        catch (KafkaException failure) when (VerdictTable.BlamesEvent(failure.Error.Code))
        {
            // The client itself found it too large; nothing was sent.
            Judge(stored, VerdictTable.For(failure.Error.Code));
        }
    }

    private Action<ErrorCode>? ReportTo(string topic)
    {
        if (owner.Session.Mode == SendMode.Fast)
        {
            return null;
        }
        var (transaction, place) = (_transaction, (_batch, _index));
        return code =>
        {
            if (code != ErrorCode.NoError)
            {
                transaction.Refusals[place] = (code, topic);
            }
        };
    }

    // It is offered once more: if it was owed it is so again.
    private void TakeBack(StoredEvent stored, Step step)
    {
        _step = step;
        if (owed.Any)
        {
            owed.Add(KeyHash.Of(stored), stored.Sequence);
        }
    }
}
