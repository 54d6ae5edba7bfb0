using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// Delivers batches in transactions: fills one with what waits, commits it with the progress, and answers. A transaction that fails is
/// told to the lane event by event, and the session it was in is given up. Worker only.
/// </summary>
internal sealed class TransactionDelivery
{
    // A step of filling looks at the clock every so many events.
    private const int EventsPerLook = 64;

    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(2);

    private readonly KafkaOptions _options;
    private readonly TransactionWorker _worker;
    private readonly ProgressOwner _owner;
    private readonly TransactionFill _fill;
    private readonly KnownTopics _topics;
    private readonly TransactionCalls _calls;
    private readonly TransactionSize _size;
    private readonly TimeProvider _time;
    private bool _refusedForSize;

    internal TransactionDelivery(
        KafkaOptions options,
        TransactionWorker worker,
        ProgressOwner owner,
        KnownTopics topics,
        TransactionFill fill,
        TransactionCalls calls,
        TimeProvider time)
    {
        (_options, _worker, _owner, _topics, _fill, _calls, _time) = (options, worker, owner, topics, fill, calls, time);
        _size = new TransactionSize(options.TransactionTime, options.QueueBytesMax / 2);
    }

    /// <summary>Delivers what waits, as far as it goes into one transaction.</summary>
    internal void Deliver()
    {
        var verdict = _owner.Ensure();
        if (verdict.Kind != VerdictKind.Delivered)
        {
            FailWaiting(verdict);
            return;
        }
        var transaction = new OpenTransaction(_owner.Progress, _time.GetTimestamp());
        transaction.Delivered.RaiseFloor(_owner.Saved, _owner.Owes);
        try
        {
            Fill(transaction);
            if (transaction.HasBegun)
            {
                Commit(transaction);
            }
            Answer(transaction);
        }
        catch (KafkaException failure)
        {
            Fail(transaction, failure);
        }
        catch (Exception failure)
        {
            // Whatever it is, it ends this turn and not the thread.
            Fail(transaction, new KafkaException(new Error(ErrorCode.Local_Fail, $"{failure.GetType().Name}: {failure.Message}")));
        }
    }

    /// <summary>Answers everything that waits with this verdict.</summary>
    internal void FailWaiting(in SinkVerdict verdict)
    {
        while (_worker.TryPeek(out var batch))
        {
            LeaveRest(batch, verdict);
        }
    }

    private void Fill(OpenTransaction transaction)
    {
        while (_worker.TryPeek(out var batch))
        {
            var from = batch.Next;
            var mayGoOn = FillFrom(transaction, batch);
            transaction.Parts.Add((batch, from, batch.Next));
            if (batch.Next == batch.Count)
            {
                _worker.Take();
            }
            if (!mayGoOn || _owner.Session.Mode == SendMode.Careful)
            {
                return;
            }
        }
    }

    // Returns whether the transaction may take another batch.
    private bool FillFrom(OpenTransaction transaction, Handover batch)
    {
        while (batch.Next < batch.Count)
        {
            if (transaction.Bytes >= _size.BytesMax || (batch.Next % EventsPerLook == 0 && IsOld(transaction)))
            {
                return false;
            }
            switch (_fill.Offer(transaction, batch, batch.Next))
            {
                case TransactionFill.Step.Done:
                    batch.Next++;
                    break;
                case TransactionFill.Step.Full when IsOld(transaction):
                case TransactionFill.Step.CommitFirst:
                    return false;
                case TransactionFill.Step.Full:
                    _worker.Closing.WaitHandle.WaitOne(FullPause);
                    break;
                default:
                    LeaveAbandoned(batch);
                    return true;
            }
        }
        return true;
    }

    private bool IsOld(OpenTransaction transaction) =>
        transaction.HasBegun && _time.GetElapsedTime(transaction.Start) > _size.Filling;

    private void Commit(OpenTransaction transaction)
    {
        var progress = _owner.Progress with { Delivered = transaction.Delivered };
        var filled = _time.GetTimestamp();
        _calls.Repeat(timeout => _owner.Session.SendProgress(progress, timeout), _options.OpenTimeout);
        _calls.Repeat(_owner.Session.Commit, _options.TransactionTimeout);
        _owner.Committed(progress);
        _size.Note(transaction.Bytes, _time.GetElapsedTime(transaction.Start), _time.GetElapsedTime(filled));
        if (_owner.Session.Mode == SendMode.Careful)
        {
            EndCare(anyGuilty: false);
        }
    }

    private static void Answer(OpenTransaction transaction)
    {
        foreach (var (batch, _, to) in transaction.Parts)
        {
            if (to == batch.Count)
            {
                batch.Answer();
            }
        }
    }

    private void Fail(OpenTransaction transaction, KafkaException noticed)
    {
        var failure = noticed.Error.Code == ErrorCode.Local_State ? FindCause(noticed) : noticed;
        var code = failure.Error.Code;
        var refused = _owner.Session.Refused;
        var isCareful = _owner.Session.Mode == SendMode.Careful;
        _owner.Lose(failure);
        var mayBlame = VerdictTable.BlamesEvent(code) || VerdictTable.StopsTopic(code);
        if (mayBlame && !isCareful)
        {
            _refusedForSize |= code is ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge;
            _owner.Mode = SendMode.Careful;
        }
        var knowsGuilty = isCareful && !transaction.Refusals.IsEmpty;
        var verdict = refused ?? (mayBlame || knowsGuilty || ProgressRules.IsFenced(code)
            ? new SinkVerdict(
                VerdictKind.Retryable, $"Its transaction failed: {VerdictTable.Reason(code, failure.Error.Reason)}",
                Scope: VerdictScope.NotTried)
            : VerdictTable.For(code, failure.Error.Reason));
        if (verdict.Kind is VerdictKind.Rejected or VerdictKind.Delivered)
        {
            verdict = new SinkVerdict(VerdictKind.Retryable, verdict.Reason);
        }
        foreach (var batch in transaction.Parts.Select(part => part.Batch).Append(Waiting()).OfType<Handover>().Distinct())
        {
            FailBatch(transaction, batch, verdict);
        }
        if (knowsGuilty && mayBlame)
        {
            EndCare(anyGuilty: true);
        }
    }

    // A transaction that failed takes no more, and only a commit says what it failed of.
    private KafkaException FindCause(KafkaException noticed)
    {
        try
        {
            _owner.Session.Commit(_options.CloseTimeout);
        }
        catch (KafkaException cause)
        {
            return cause;
        }
        return noticed;
    }

    // One that is partly handed over is in no part yet when the client refuses.
    private Handover? Waiting() => _worker.TryPeek(out var batch) && batch.Next > 0 ? batch : null;

    private void FailBatch(OpenTransaction transaction, Handover batch, in SinkVerdict verdict)
    {
        for (var index = 0; index < batch.Count; index++)
        {
            var isJudged = index < batch.Next && batch.On(index).Kind != VerdictKind.Delivered;
            if (isJudged || _owner.Progress.Holds(batch.At(index).Sequence))
            {
                continue;
            }
            if (transaction.Refusals.TryGetValue((batch, index), out var refusal)
                && VerdictTable.ForTopic(refusal.Code, refusal.Topic) is var own
                && own.Scope != VerdictScope.NotTried)
            {
                JudgeRefused(batch, index, own, refusal);
            }
            else
            {
                _fill.Leave(batch, index, verdict);
            }
        }
        TakeAndAnswer(batch);
    }

    private void JudgeRefused(Handover batch, int index, in SinkVerdict verdict, (ErrorCode Code, string Topic) refusal)
    {
        if (VerdictTable.StopsTopic(refusal.Code))
        {
            _topics.Refuse(refusal.Topic, refusal.Code);
        }
        if (verdict.Kind == VerdictKind.Rejected)
        {
            batch.Judge(index, verdict);
        }
        else
        {
            _fill.Leave(batch, index, verdict);
        }
    }

    private void EndCare(bool anyGuilty)
    {
        if (!anyGuilty && _refusedForSize)
        {
            _owner.BatchBytesMax = SessionPlan.Halved(_owner.BatchBytesMax);
        }
        _refusedForSize = false;
        _owner.Mode = SendMode.Fast;
    }

    private void LeaveAbandoned(Handover batch) =>
        LeaveRest(batch, new SinkVerdict(VerdictKind.Retryable, "The attempt was given up.", Scope: VerdictScope.NotTried));

    private void LeaveRest(Handover batch, in SinkVerdict verdict)
    {
        for (; batch.Next < batch.Count; batch.Next++)
        {
            _fill.Leave(batch, batch.Next, verdict);
        }
        TakeAndAnswer(batch);
    }

    private void TakeAndAnswer(Handover batch)
    {
        if (_worker.TryPeek(out var first) && ReferenceEquals(first, batch))
        {
            _worker.Take();
        }
        batch.Answer();
    }
}
