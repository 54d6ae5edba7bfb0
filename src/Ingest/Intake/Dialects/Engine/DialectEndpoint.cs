using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>Hands a batch over streams to the queue, which owns it from here on, and waits until it is durable or refused.</summary>
internal delegate ValueTask<CommitReceipt> SubmitShares(
    Ingest.Wal.Writing.RecordBatch batch, StreamShare[] shares, TimeSpan wait, CancellationToken cancel);

/// <summary>
/// The way of a dialect's request: admitted by its head, read under the limits of every body, named event by event by its dialect, checked
/// for every stream, stored with one commit or not at all, and answered in the dialect's words when it is durable.
/// </summary>
/// <remarks>
/// In this order, each step before the next: gate, head, body, events, key in the body, streams, policy of all streams, claim of the ids,
/// commit. What is refused at one step has taken nothing from the later ones, and gives back what earlier ones took from limits.
/// </remarks>
internal sealed class DialectEndpoint
{
    private const int CheckedInPlaceBytesMax = 128 * 1024;

    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    private readonly IntakeParts _parts;
    private readonly DialectAdmission _admission;
    private readonly DialectEncoding _encoding;
    private readonly SubmitShares _submit;
    private readonly WaitingRoom _room;
    private readonly DialectAnswers _answers;
    private readonly ReplyBodies _bodies;

    internal DialectEndpoint(IntakeParts parts, SubmitShares submit)
    {
        (_parts, _submit) = (parts, submit);
        _admission = new DialectAdmission(parts);
        _encoding = new DialectEncoding(parts, _admission);
        _room = new WaitingRoom(parts.Time);
        _answers = new DialectAnswers(parts);
        _bodies = new ReplyBodies(parts);
    }

    /// <summary>Requests that wait for pressure to pass.</summary>
    internal int Waiting => _room.Waiting;

    /// <summary>Handles a request that brings events.</summary>
    internal async Task HandleAsync(HttpContext context, string dialect, DialectRoute route)
    {
        var visit = new DialectVisit(context, route.Intake!, dialect, route.Pattern, _parts.Metrics.Start());
        _parts.Begin(context);
        _parts.InFlight(1);
        try
        {
            await TakeAsync(visit);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(_parts.Logger, context.Response.Headers[IntakeHeaders.RequestId].ToString(), e);
            context.Response.Clear();
            _answers.Refuse(visit, new Problem(ProblemKind.InternalError, "Look for the X-Request-Id in the node's log."));
        }
        finally
        {
            _parts.InFlight(-1);
        }
        // Answered, and so no longer in flight: a drain does not wait for this.
        if (context.Response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            await _parts.Lingering.ReadOnAsync(context);
        }
    }

    /// <summary>Whether a request shows a key that may send, or none is needed.</summary>
    internal bool Knows(HttpRequest request, DialectCredentials credentials) =>
        DialectKeys.Find(_parts.Authentication, request.Headers, credentials, out var problem) is not null && problem.IsNone;

    /// <summary>Reads the body of a request that brings no events; null where it is too large, broken or too slow.</summary>
    internal ValueTask<byte[]?> ReadBodyAsync(HttpContext context, int bytesMax) => _bodies.ReadAsync(context, bytesMax);

    /// <summary>Answers a method the path is not for.</summary>
    internal Task RefuseMethodAsync(HttpContext context, string dialect, DialectRoute route, string allow)
    {
        var started = _parts.Metrics.Start();
        _parts.Begin(context);
        context.Response.Headers.Allow = allow;
        var problem = new Problem(ProblemKind.MethodNotAllowed, $"This path takes {allow}.");
        if (route.Intake is { } intake)
        {
            _answers.Refuse(new DialectVisit(context, intake, dialect, route.Pattern, started), problem);
            return Task.CompletedTask;
        }
        return _parts.Refusals.AnswerAsync(context, problem, route.Pattern, started);
    }

    private async Task TakeAsync(DialectVisit visit)
    {
        var (request, intake) = (visit.Context.Request, visit.Intake);
        var postponed = await _room.OutlastAsync(_admission.Gate, Patience(visit), 0, visit.Context.RequestAborted);
        if (!postponed.IsNone && !intake.RefusesByEvent(request))
        {
            _answers.Refuse(visit, postponed);
            return;
        }
        var problem = _admission.Check(request, intake, out var entry);
        if (problem.IsNone && entry.IsAsked)
        {
            (var producer, problem) = await _admission.VerifyAsync(request);
            entry = entry with { Producer = producer };
        }
        if (!problem.IsNone)
        {
            _answers.Refuse(visit, problem);
            return;
        }
        if (await EncodeAsync(visit, entry, postponed) is { } encoded)
        {
            await StoreAsync(visit, encoded);
        }
    }

    /// <summary>Reads the body and encodes it; null where the client is gone.</summary>
    private async ValueTask<EncodedDialect?> EncodeAsync(DialectVisit visit, DialectEntry entry, Problem postponed)
    {
        var (request, intake) = (visit.Context.Request, visit.Intake);
        var reader = request.BodyReader;
        if (entry.Encodings.Length == 0 && BodyArrival.TryReadWhole(reader, out var whole))
        {
            if (intake.Unwrap(request, whole.FirstSpan) is { Compression: null } plain)
            {
                var encoded = Encode(visit, entry, plain, whole.FirstSpan, postponed);
                reader.AdvanceTo(whole.End);
                return encoded;
            }
            // Looked at, not examined: the next read returns at once with the same.
            reader.AdvanceTo(whole.Start);
        }
        var body = await _parts.Arrival.ReadAsync(reader, request.ContentLength);
        if (body.IsGone)
        {
            visit.Context.Abort();
            _parts.Metrics.Gone(visit.Route, visit.Started);
            DialectAdmission.Refund(entry);
            return null;
        }
        if (body.Length > CheckedInPlaceBytesMax || entry.Encodings.Length > 0)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        body = _parts.Decoder.Decode(body, entry.Encodings);
        var wrapping = body.Problem.IsNone ? intake.Unwrap(request, body.Bytes) : default;
        if (wrapping.Compression is not null)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            (body, wrapping) = (_parts.Decoder.Unwrap(body, wrapping), default);
        }
        var result = body.Problem.IsNone ? Encode(visit, entry, wrapping, body.Bytes, postponed) : Unread(entry, body.Problem);
        _parts.Budget.Release(body);
        return result;
    }

    /// <summary>Encodes the message of a body that is not compressed.</summary>
    private EncodedDialect Encode(
        DialectVisit visit, in DialectEntry entry, in BodyWrapping wrapping, ReadOnlySpan<byte> body, in Problem postponed) =>
        wrapping.Problem.IsNone
            ? Encode(visit, entry, body[wrapping.Start..], postponed)
            : Unread(entry, wrapping.Problem);

    private static EncodedDialect Unread(in DialectEntry entry, in Problem problem) =>
        new() { Problem = problem, Entry = entry, Shares = [] };

    private EncodedDialect Encode(DialectVisit visit, in DialectEntry entry, ReadOnlySpan<byte> body, in Problem postponed)
    {
        var encoded = _encoding.Encode(visit.Context.Request, visit.Intake, visit.Dialect, entry, body, postponed);
        if (encoded.Problem.IsNone)
        {
            DialectAdmission.ChargeRest(encoded.Entry, Math.Max(encoded.Count, 1), body.Length);
        }
        return encoded;
    }

    private async ValueTask StoreAsync(DialectVisit visit, EncodedDialect encoded)
    {
        var problem = encoded.Problem;
        if (problem.IsNone && encoded.Batch is null)
        {
            _answers.Accept(visit, new DialectReceipt(0, 0, 0, IsReplay: false, encoded.State));
            return;
        }
        if (problem.IsNone)
        {
            problem = await _room.OutlastAsync(
                () => _admission.CheckPolicy(encoded.Entry.Producer!, encoded.Shares),
                Patience(visit), encoded.Batch!.Bytes, visit.Context.RequestAborted);
        }
        if (!problem.IsNone)
        {
            encoded.Batch?.Dispose();
            DialectAdmission.Refund(encoded.Entry);
            _answers.Refuse(visit, problem, encoded);
            return;
        }
        await (encoded.Mark is { } mark ? StoreOnceAsync(visit, encoded, mark) : SubmitAsync(visit, encoded));
    }

    /// <summary>
    /// How long a request may wait from here on. All its waits together are bounded from its beginning, as its client's patience is;
    /// each has a second at least, for a slow upload is no reason to refuse.
    /// </summary>
    private TimeSpan Patience(in DialectVisit visit)
    {
        var most = visit.Intake.AdmissionWait(visit.Context.Request);
        var least = most < LeastWait ? most : LeastWait;
        var left = most - _parts.Time.GetElapsedTime(visit.Started);
        return left > least ? left : least;
    }

    private async ValueTask SubmitAsync(DialectVisit visit, EncodedDialect encoded)
    {
        var receipt = await _submit(encoded.Batch!, encoded.Shares, Patience(visit), CancellationToken.None);
        Answer(visit, encoded, receipt);
    }

    /// <summary>The same for events whose ids tell whether they were stored before, or are on their way at this moment.</summary>
    private async ValueTask StoreOnceAsync(DialectVisit visit, EncodedDialect encoded, RequestMark mark)
    {
        var window = _parts.Window;
        if (window.IsRecovering)
        {
            encoded.Batch!.Dispose();
            _answers.Refuse(visit, EventStore.Recovering, encoded);
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
            _answers.Accept(
                visit, new DialectReceipt(claim.Count, claim.First, claim.First + claim.Count - 1, IsReplay: true, encoded.State));
            return;
        }
        Answer(visit, encoded, await SubmitClaimedAsync(visit, encoded, mark));
    }

    private async ValueTask<CommitReceipt> SubmitClaimedAsync(DialectVisit visit, EncodedDialect encoded, RequestMark mark)
    {
        var settled = false;
        try
        {
            var receipt = await _submit(encoded.Batch!, encoded.Shares, Patience(visit), CancellationToken.None);
            if (receipt.Status == CommitStatus.Durable)
            {
                _parts.Window.Settle(mark, receipt.First, encoded.Count);
                settled = true;
            }
            return receipt;
        }
        finally
        {
            if (!settled)
            {
                _parts.Window.Abandon(mark);
            }
        }
    }

    private void Answer(DialectVisit visit, in EncodedDialect encoded, CommitReceipt receipt)
    {
        if (receipt.Status == CommitStatus.Durable)
        {
            _answers.Accept(
                visit, new DialectReceipt(encoded.Count, receipt.First, receipt.Last, IsReplay: false, encoded.State));
            return;
        }
        _answers.Refuse(visit, EventStore.OfReceipt(receipt.Status), encoded);
    }
}

/// <summary>One request on its way.</summary>
internal readonly record struct DialectVisit(HttpContext Context, DialectIntake Intake, string Dialect, string Route, long Started);
