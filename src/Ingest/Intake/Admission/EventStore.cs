using System.Runtime.CompilerServices;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Producers;
using Ingest.Intake.Receipts;
using Ingest.Queue;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Admission;

/// <summary>Hands encoded events over to the queue, once, waits for the disk, and answers.</summary>
internal sealed class EventStore(
    SubmitBatch submit,
    IdempotencyWindow window,
    ProducerSequences sequences,
    DeliveredWaits waits,
    Refusals refusals,
    RequestMetrics metrics)
{
    private readonly SequencedSubmit _sequenced = new(submit, sequences);

    /// <summary>Stores events of which nothing is to be asked before. The batch is the queue's from here on.</summary>
    internal ValueTask<CommitReceipt> SubmitAsync(RecordBatch batch, string stream) => submit(batch, stream, CancellationToken.None);

    /// <summary>Stores what needs more than <see cref="SubmitAsync"/>, if there is any, and answers. The batch is this method's.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    internal async Task StoreAsync(HttpContext context, EncodedRequest request, AckWish ack, string stream, string route, long started)
    {
        if (request.Batch is not { } batch)
        {
            await refusals.AnswerAsync(context, request.Problem, route, started);
        }
        else if (batch.Count == 0)
        {
            batch.Dispose();
            await Answers.NothingAcceptedAsync(context);
            metrics.Accepted(route, started);
        }
        else if (request.Numbers is { } numbers)
        {
            await StoreInOrderAsync(context, batch, numbers, ack, stream, route, started);
        }
        else
        {
            await StoreOnceAsync(context, batch, request.Mark!.Value, ack, stream, route, started);
        }
    }

    /// <summary>The same for events that may have been stored before, or may be on their way at this moment.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private async Task StoreOnceAsync(
        HttpContext context, RecordBatch batch, RequestMark mark, AckWish ack, string stream, string route, long started)
    {
        if (window.IsRecovering)
        {
            batch.Dispose();
            await refusals.AnswerAsync(context, Recovering, route, started);
            return;
        }
        var claim = window.Claim(mark);
        while (claim.Outcome == ClaimOutcome.InFlight)
        {
            await claim.Settled!;
            claim = window.Claim(mark);
        }
        if (claim.Outcome == ClaimOutcome.New)
        {
            var count = batch.Count;
            await AnswerAsync(context, count, await SubmitClaimedAsync(batch, mark, stream), ack, route, started);
            return;
        }
        batch.Dispose();
        if (claim.Outcome == ClaimOutcome.Conflict)
        {
            await refusals.AnswerAsync(context, Conflict, route, started);
            return;
        }
        context.Response.Headers[IntakeHeaders.IdempotentReplayed] = "true";
        var receipt = new CommitReceipt(CommitStatus.Durable, claim.First, claim.First + claim.Count - 1);
        await AnswerAsync(context, claim.Count, receipt, ack, route, started);
    }

    /// <summary>The same for the events of a producer that numbers them.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private async Task StoreInOrderAsync(
        HttpContext context, RecordBatch batch, ProducerMark numbers, AckWish ack, string stream, string route, long started)
    {
        var count = batch.Count;
        var result = await _sequenced.SubmitAsync(batch, numbers, stream);
        if (!result.Problem.IsNone)
        {
            await refusals.AnswerAsync(context, result.Problem, route, started);
            return;
        }
        if (result.IsRepeat)
        {
            context.Response.Headers[IntakeHeaders.IdempotentReplayed] = "true";
        }
        if (result.IsRepeat && result.Receipt.First == 0)
        {
            await Answers.AcceptedBeforeAsync(context, count, ack.IsDelivered);
            metrics.Accepted(route, started);
            return;
        }
        await AnswerAsync(context, count, result.Receipt, ack, route, started);
    }

    private async ValueTask<CommitReceipt> SubmitClaimedAsync(RecordBatch batch, RequestMark mark, string stream)
    {
        var settled = false;
        var count = batch.Count;
        try
        {
            var receipt = await submit(batch, stream, CancellationToken.None);
            if (receipt.Status == CommitStatus.Durable)
            {
                window.Settle(mark, receipt.First, count);
                settled = true;
            }
            return receipt;
        }
        finally
        {
            if (!settled)
            {
                window.Abandon(mark);
            }
        }
    }

    /// <summary>Answers for events that are durable, and by the request's wish delivered; or says why they are not stored.</summary>
    internal Task AnswerAsync(HttpContext context, int count, CommitReceipt receipt, AckWish ack, string route, long started)
    {
        if (receipt.Status != CommitStatus.Durable)
        {
            return refusals.AnswerAsync(context, OfReceipt(receipt.Status), route, started);
        }
        if (ack.IsDelivered)
        {
            return AnswerDeliveredAsync(context, count, receipt, ack, route, started);
        }
        metrics.Accepted(route, started);
        return Answers.AcceptedAsync(context, count, receipt);
    }

    private async Task AnswerDeliveredAsync(
        HttpContext context, int count, CommitReceipt receipt, AckWish ack, string route, long started)
    {
        var delivered = await waits.AreDeliveredAsync(context, receipt.First, receipt.Last, ack);
        metrics.Accepted(route, started);
        await Answers.AcceptedAsync(context, count, receipt, delivered);
    }

    internal static Problem Recovering { get; } = new(
        ProblemKind.Starting, "The node still reads what it has: until then it cannot tell whether this is a repeat.");

    private static Problem Conflict { get; } = new(
        ProblemKind.IdempotencyConflict, "Other events were stored under this Idempotency-Key, or this CloudEvent's source and id.");

    internal static Problem OfReceipt(CommitStatus status) => status switch
    {
        CommitStatus.Overloaded => new(ProblemKind.Overloaded, "The queue stayed full for Queue:AdmissionWait."),
        CommitStatus.TooLarge => new(ProblemKind.BatchTooLarge, "The events do not fit into one segment of the log (Wal:SegmentBytes)."),
        CommitStatus.DiskFull => new(ProblemKind.DiskPressure, "The disk is full."),
        CommitStatus.Closed => new(ProblemKind.Draining, "The node is draining."),
        _ => new(ProblemKind.LogFailed, "A write or flush of the log failed; the events may or may not be stored."),
    };
}
