using Ingest.Intake.Admission;
using Ingest.Intake.Http;
using Ingest.Queue;
using Ingest.Wal.Writing;

namespace Ingest.Intake.Producers;

/// <summary>What became of a producer's request.</summary>
/// <param name="Problem">Why it is refused, where its number is the reason.</param>
/// <param name="Receipt">What the queue said, or said when the request came first; without positions that are not known any more.</param>
/// <param name="IsRepeat">Whether it was stored before.</param>
internal readonly record struct SequencedResult(Problem Problem, CommitReceipt Receipt, bool IsRepeat = false);

/// <summary>Hands a producer's requests over to the queue in the order of their numbers, each once.</summary>
internal sealed class SequencedSubmit(SubmitBatch submit, ProducerSequences sequences)
{
    /// <summary>Stores the events unless they are. The batch is this method's from here on.</summary>
    internal async ValueTask<SequencedResult> SubmitAsync(RecordBatch batch, ProducerMark mark, string stream)
    {
        if (sequences.IsRecovering)
        {
            batch.Dispose();
            return new SequencedResult(EventStore.Recovering, default);
        }
        var claim = sequences.Claim(mark, batch.Count);
        while (claim.Outcome == ProducerOutcome.InFlight)
        {
            await claim.Settled!;
            claim = sequences.Claim(mark, batch.Count);
        }
        if (claim.Reservation is { } reservation)
        {
            return new SequencedResult(default, await SubmitReservedAsync(batch, reservation, stream));
        }
        var count = batch.Count;
        batch.Dispose();
        if (claim.Outcome != ProducerOutcome.Repeat)
        {
            return new SequencedResult(Refusal(claim), default);
        }
        var last = claim.Position > 0 ? claim.Position + count - 1 : 0;
        return new SequencedResult(default, new CommitReceipt(CommitStatus.Durable, claim.Position, last), IsRepeat: true);
    }

    private async ValueTask<CommitReceipt> SubmitReservedAsync(RecordBatch batch, ProducerReservation reservation, string stream)
    {
        // An exception says nothing of the events: those behind it are told what is true of any that were not stored.
        var status = CommitStatus.Overloaded;
        var handedOver = false;
        try
        {
            var before = reservation.Before is { } task ? await task : CommitStatus.Durable;
            if (before != CommitStatus.Durable && reservation.NeedsBefore)
            {
                status = before;
                // What is too large stays so, but these need not: they may be next.
                return new CommitReceipt(status == CommitStatus.TooLarge ? CommitStatus.Overloaded : status);
            }
            handedOver = true;
            var receipt = await submit(batch, stream, CancellationToken.None);
            status = receipt.Status;
            if (status == CommitStatus.Durable)
            {
                sequences.Settle(reservation, receipt.First);
            }
            return receipt;
        }
        finally
        {
            if (!handedOver)
            {
                batch.Dispose();
            }
            if (status != CommitStatus.Durable)
            {
                sequences.Abandon(reservation, status);
            }
        }
    }

    private static Problem Refusal(in ProducerClaim claim) => claim.Outcome switch
    {
        ProducerOutcome.Busy => new Problem(
            ProblemKind.Overloaded, $"{ProducerDecision.InFlightMax} requests of this producer are under way already."),
        ProducerOutcome.Exhausted => new Problem(
            ProblemKind.ProducersExhausted, "The node knows as many producers as Intake:ProducersMax allows, all of them used lately.")
        {
            RetrySeconds = (int)ProducerSequences.KeptAtLeast.TotalSeconds / 10,
        },
        ProducerOutcome.Gap => Expecting(
            ProblemKind.SequenceGap, claim, $"Events before this number are missing: the next of this epoch is {claim.Next}."),
        ProducerOutcome.Conflict => Expecting(
            ProblemKind.SequenceConflict,
            claim,
            $"Some of these numbers are stored with other events: the next is {claim.Next}. Do two producers have one id?"),
        ProducerOutcome.Fenced => Expecting(
            ProblemKind.ProducerFenced, claim, $"The producer has epoch {claim.Epoch} by now: another one took its place."),
        _ => Expecting(
            ProblemKind.UnknownProducer, claim, $"Nothing is known of this producer: it goes on with number 0 of epoch {claim.Epoch}."),
    };

    private static Problem Expecting(ProblemKind kind, in ProducerClaim claim, string detail) =>
        new(kind, detail) { Expected = new ExpectedNumber(claim.Epoch, claim.Next) };
}
