using Confluent.Kafka;
using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>Hands an attempt's events to a producer. Only with the turn.</summary>
/// <param name="ledger">What the client holds.</param>
/// <param name="encoder">Makes messages.</param>
/// <param name="apart">The producer for topics that made trouble.</param>
internal sealed class Sender(InFlightLedger ledger, MessageEncoder encoder, Func<IProducerSession> apart)
{
    private readonly HashSet<ulong> _busy = [];
    private readonly HashSet<ulong> _busyElsewhere = [];

    // Topics that made trouble and cannot be tried in the current attempt.
    private readonly HashSet<string> _behind = new(StringComparer.Ordinal);

    /// <summary>
    /// Hands over what may go. Returns when everything is with the client (<see cref="SendMode.Fast"/>) or settled
    /// (<see cref="SendMode.Careful"/>), or when the producer died or the attempt was interrupted.
    /// </summary>
    internal Task SendAsync(Attempt attempt, IProducerSession session, CancellationToken cancel)
    {
        _behind.Clear();
        return session.Room.Mode == SendMode.Fast
            ? SendFastAsync(attempt, session, cancel) : SendCarefullyAsync(attempt, session, cancel);
    }

    private async Task SendFastAsync(Attempt attempt, IProducerSession session, CancellationToken cancel)
    {
        for (var index = 0; index < attempt.Batch.Count; index++)
        {
            var entry = attempt[index];
            if (!CanGoOn(attempt, session)
                || (entry.State == EntryState.NotSent && attempt.Batch[index] is var stored
                    && !TryHandOver(entry, stored, session)
                    && !await HandOverAsync(entry, stored, attempt, session, cancel)))
            {
                ledger.Order.LeaveOutRest(attempt);
                break;
            }
        }
        attempt.CountIn();
    }

    // Rounds: in each, the first of every key that is left. A refusal is known before the next of its key goes.
    private async Task SendCarefullyAsync(Attempt attempt, IProducerSession session, CancellationToken cancel)
    {
        ledger.Order.CopyKeysLeft(_busyElsewhere);
        while (true)
        {
            var anyLeft = false;
            _busy.Clear();
            for (var index = 0; index < attempt.Batch.Count && CanGoOn(attempt, session); index++)
            {
                var entry = attempt[index];
                var stored = attempt.Batch[index];
                if (entry.State is EntryState.Settled or EntryState.Held or EntryState.BehindTopic)
                {
                    continue;
                }
                var key = KeyHash.Of(stored);
                if (entry.State == EntryState.NotSent && _busyElsewhere.Contains(key) && key != KeyHash.None)
                {
                    // An earlier attempt left one of this key with the client, and this attempt would not learn what became of it.
                    ledger.Order.Hold(entry, stored);
                }
                else if (key != KeyHash.None && !_busy.Add(key))
                {
                    anyLeft = true;
                }
                else if (entry.State == EntryState.NotSent && !TryHandOver(entry, stored, session))
                {
                    await HandOverAsync(entry, stored, attempt, session, cancel);
                }
            }
            attempt.CountIn();
            await attempt.Settled.WaitAsync(cancel);
            if (!anyLeft || !CanGoOn(attempt, session))
            {
                ledger.Order.LeaveOutRest(attempt);
                return;
            }
            attempt.NextRound();
        }
    }

    private static bool CanGoOn(Attempt attempt, IProducerSession session) => !session.Room.IsDead && attempt.Interruption is null;

    // False when the queue is full and nothing happened. Asks each time whether the event may go: an earlier one of its key may have come
    // back while this one waited for room.
    private bool TryHandOver(LedgerEntry entry, StoredEvent stored, IProducerSession session)
    {
        using var handing = ledger.Order.Handing.EnterScope();
        if (!ledger.Order.MayGo(entry, stored))
        {
            return true;
        }
        if (ledger.TroubledTopics.Any && encoder.TopicOf(stored) is var topic && ledger.TroubledTopics.Contains(topic)
            && !ledger.TroubledTopics.IsImpossible(topic))
        {
            TryTopic(entry, stored, topic);
            return true;
        }
        return TryGive(entry, stored, session);
    }

    // One event shows whether the topic still refuses, without stopping those of other topics; the others wait for it.
    private void TryTopic(LedgerEntry entry, StoredEvent stored, string topic)
    {
        // Taken first: where it is another one than before, what the last one tried has come back.
        if (!_behind.Contains(topic) && apart() is var session && ledger.TroubledTopics.TryBegin(topic))
        {
            entry.TriesTopic = true;
            // An earlier one of its key may still be with the other producer, or have come back from it a moment ago.
            if (ledger.Order.MayGoApart(stored, session.Room) && TryGive(entry, stored, session))
            {
                return;
            }
            entry.TriesTopic = false;
            ledger.TroubledTopics.TakeBack(topic);
            _behind.Add(topic);
        }
        entry.Topic = topic;
        ledger.Order.Hold(entry, stored, EntryState.BehindTopic);
    }

    private bool TryGive(LedgerEntry entry, StoredEvent stored, IProducerSession session)
    {
        if (!session.Room.TryTake(stored.Payload.Length))
        {
            return false;
        }
        entry.Send(session.Room, stored);
        var message = encoder.Encode(stored, out var topic);
        var code = encoder.ReasonAgainst(topic) is { } forbidden ? InternalTopic(entry, forbidden)
            : message is null ? ErrorCode.MsgSizeTooLarge
            : ledger.TroubledTopics.Any && ledger.TroubledTopics.IsImpossible(topic) ? Impossible(entry, topic)
            : session.Produce(topic, message, entry);
        if (code == ErrorCode.Local_QueueFull)
        {
            entry.TakeBack();
            return false;
        }
        if (code != ErrorCode.NoError)
        {
            ledger.Refuse(entry, code, topic);
        }
        return true;
    }

    private static ErrorCode Impossible(LedgerEntry entry, string topic)
    {
        entry.Detail = $"topic '{topic}': the brokers said a moment ago that there can be no such topic.";
        return ErrorCode.TopicException;
    }

    private static ErrorCode InternalTopic(LedgerEntry entry, string reason)
    {
        entry.Detail = reason;
        return ErrorCode.TopicException;
    }

    // False when the producer died or the attempt was interrupted while the queue was full.
    private async ValueTask<bool> HandOverAsync(
        LedgerEntry entry, StoredEvent stored, Attempt attempt, IProducerSession session, CancellationToken cancel)
    {
        do
        {
            if (!await session.Room.WaitAsync(attempt.Settled, cancel))
            {
                return false;
            }
        }
        while (!TryHandOver(entry, stored, session));
        return true;
    }
}
