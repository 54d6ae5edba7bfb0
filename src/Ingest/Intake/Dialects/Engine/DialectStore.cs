using System.Runtime.CompilerServices;
using Ingest.Intake.Admission;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Queue;
using Ingest.Queue.Totals;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>Hands a batch over streams to the queue, which owns it from here on, and waits until it is durable or refused.</summary>
internal delegate ValueTask<CommitReceipt> SubmitShares(
    Ingest.Wal.Writing.RecordBatch batch, StreamShare[] shares, TimeSpan wait, CancellationToken cancel);

/// <summary>Stores a dialect's events once the operator's policy lets them in, unless they are a repeat, and has them answered.</summary>
internal sealed class DialectStore(
    IntakeParts parts, SubmitShares submit, DialectAdmission admission, WaitingRoom room, DialectAnswers answers)
{
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    /// <summary>Stores the events once, or answers why not.</summary>
    internal ValueTask StoreAsync(in DialectVisit visit, EncodedDialect encoded)
    {
        if (!encoded.Problem.IsNone)
        {
            Refuse(visit, encoded, encoded.Problem);
            return ValueTask.CompletedTask;
        }
        if (encoded.Batch is null)
        {
            answers.Accept(visit, new DialectReceipt(0, 0, 0, IsReplay: false, encoded.State));
            return ValueTask.CompletedTask;
        }
        var problem = admission.CheckPolicy(encoded.Entry.Producer!, encoded.Shares);
        return problem.IsNone ? StoreAllowedAsync(visit, encoded) : OutlastPolicyAsync(visit, encoded);
    }

    /// <summary>Waits for the operator's policy to let all streams in.</summary>
    private async ValueTask OutlastPolicyAsync(DialectVisit visit, EncodedDialect encoded)
    {
        var problem = await room.OutlastAsync(
            () => admission.CheckPolicy(encoded.Entry.Producer!, encoded.Shares),
            Patience(visit), encoded.Batch!.Bytes, visit.Context.RequestAborted);
        if (!problem.IsNone)
        {
            Refuse(visit, encoded, problem);
            return;
        }
        await StoreAllowedAsync(visit, encoded);
    }

    private ValueTask StoreAllowedAsync(in DialectVisit visit, EncodedDialect encoded) =>
        encoded.Mark is { } mark ? StoreOnceAsync(visit, encoded, mark) : SubmitAsync(visit, encoded);

    private void Refuse(in DialectVisit visit, EncodedDialect encoded, in Problem problem)
    {
        encoded.Batch?.Dispose();
        DialectAdmission.Refund(encoded.Entry);
        answers.Refuse(visit, problem, encoded);
    }

    /// <summary>
    /// How long a request may wait from here on. All its waits together are bounded from its beginning, as its client's patience is;
    /// each has a second at least, for a slow upload is no reason to refuse.
    /// </summary>
    internal TimeSpan Patience(in DialectVisit visit)
    {
        var most = visit.Intake.AdmissionWait(visit.Context.Request);
        var least = most < LeastWait ? most : LeastWait;
        var left = most - parts.Time.GetElapsedTime(visit.Started);
        return left > least ? left : least;
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask SubmitAsync(DialectVisit visit, EncodedDialect encoded)
    {
        var receipt = await submit(encoded.Batch!, encoded.Shares, Patience(visit), CancellationToken.None);
        Answer(visit, encoded, receipt);
    }

    /// <summary>The same for events whose ids tell whether they were stored before, or are on their way at this moment.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask StoreOnceAsync(DialectVisit visit, EncodedDialect encoded, RequestMark mark)
    {
        var window = parts.Window;
        if (window.IsRecovering)
        {
            encoded.Batch!.Dispose();
            answers.Refuse(visit, EventStore.Recovering, encoded);
            return;
        }
        var claim = window.Claim(mark);
        while (claim.Outcome == ClaimOutcome.InFlight)
        {
            await claim.Settled!;
            claim = window.Claim(mark);
        }
        if (claim.Outcome != ClaimOutcome.New)
        {
            encoded.Batch!.Dispose();
            visit.Context.Response.Headers[IntakeHeaders.IdempotentReplayed] = "true";
            answers.Accept(
                visit, new DialectReceipt(claim.Count, claim.First, claim.First + claim.Count - 1, IsReplay: true, encoded.State));
            return;
        }
        Answer(visit, encoded, await SubmitClaimedAsync(visit, encoded, mark));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CommitReceipt> SubmitClaimedAsync(DialectVisit visit, EncodedDialect encoded, RequestMark mark)
    {
        var settled = false;
        try
        {
            var receipt = await submit(encoded.Batch!, encoded.Shares, Patience(visit), CancellationToken.None);
            if (receipt.Status == CommitStatus.Durable)
            {
                parts.Window.Settle(mark, receipt.First, encoded.Count);
                settled = true;
            }
            return receipt;
        }
        finally
        {
            if (!settled)
            {
                parts.Window.Abandon(mark);
            }
        }
    }

    private void Answer(DialectVisit visit, EncodedDialect encoded, CommitReceipt receipt)
    {
        if (receipt.Status == CommitStatus.Durable)
        {
            answers.Accept(
                visit, new DialectReceipt(encoded.Count, receipt.First, receipt.Last, IsReplay: false, encoded.State));
            return;
        }
        answers.Refuse(visit, EventStore.OfReceipt(receipt.Status), encoded);
    }
}
