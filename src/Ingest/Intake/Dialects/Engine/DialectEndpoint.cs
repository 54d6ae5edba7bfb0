using System.Runtime.CompilerServices;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

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

    private readonly IntakeParts _parts;
    private readonly DialectAdmission _admission;
    private readonly DialectEncoding _encoding;
    private readonly DialectStore _store;
    private readonly WaitingRoom _room;
    private readonly DialectAnswers _answers;
    private readonly ReplyBodies _bodies;
    private readonly Func<Problem> _gate;

    internal DialectEndpoint(IntakeParts parts, SubmitShares submit)
    {
        _parts = parts;
        _admission = new DialectAdmission(parts);
        _gate = _admission.Gate;
        _encoding = new DialectEncoding(parts, _admission);
        _room = new WaitingRoom(parts.Time);
        _answers = new DialectAnswers(parts);
        _bodies = new ReplyBodies(parts);
        _store = new DialectStore(parts, submit, _admission, _room, _answers);
    }

    /// <summary>Requests that wait for pressure to pass.</summary>
    internal int Waiting => _room.Waiting;

    /// <summary>Handles a request that brings events.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    internal async ValueTask HandleAsync(HttpContext context, string dialect, DialectRoute route)
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

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask TakeAsync(DialectVisit visit)
    {
        var (request, intake) = (visit.Context.Request, visit.Intake);
        var postponed = await _room.OutlastAsync(_gate, _store.Patience(visit), 0, visit.Context.RequestAborted);
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
            await _store.StoreAsync(visit, encoded);
        }
    }

    /// <summary>Reads the body and encodes it; null where the client is gone.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
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
        new() { Problem = problem, Entry = entry };

    private EncodedDialect Encode(DialectVisit visit, in DialectEntry entry, ReadOnlySpan<byte> body, in Problem postponed)
    {
        var encoded = _encoding.Encode(visit.Context.Request, visit.Intake, visit.Dialect, entry, body, postponed);
        if (encoded.Problem.IsNone)
        {
            DialectAdmission.ChargeRest(encoded.Entry, Math.Max(encoded.Count, 1), body.Length);
        }
        return encoded;
    }
}

/// <summary>One request on its way.</summary>
internal readonly record struct DialectVisit(HttpContext Context, DialectIntake Intake, string Dialect, string Route, long Started);
