using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>Has answers written in the dialect's words, with the headers every answer has, and counts them.</summary>
internal sealed class DialectAnswers(IntakeParts parts)
{
    internal void Accept(in DialectVisit visit, in DialectReceipt receipt)
    {
        visit.Intake.Accept(visit.Context, receipt);
        parts.Metrics.Accepted(visit.Route, visit.Context.Response.StatusCode, visit.Started);
    }

    internal void Refuse(in DialectVisit visit, in Problem problem, EncodedDialect? encoded = null)
    {
        var (context, kind) = (visit.Context, problem.Kind);
        var headers = context.Response.Headers;
        var later = kind.Refusal is not null || problem.RetrySeconds > 0;
        var seconds = problem.RetrySeconds > 0 ? problem.RetrySeconds
            : kind.Refusal is { } reason ? parts.Advice.Seconds(reason)
            : 0;
        if (seconds > 0)
        {
            headers.RetryAfter = Answers.OfSeconds(seconds);
        }
        headers[IntakeHeaders.Code] = kind.Code;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        if (kind == ProblemKind.UnsupportedEncoding)
        {
            headers.AcceptEncoding = ContentEncodings.Accepted;
        }
        // What was not read to its end, or may be read elsewhere, ends the connection, as in the native intake.
        if (kind.Refusal is not null || kind.Status is StatusCodes.Status408RequestTimeout or StatusCodes.Status413PayloadTooLarge
            || kind == ProblemKind.BadRequest)
        {
            Answers.CloseConnection(context);
        }
        var refusal = new DialectRefusal(problem, later, Math.Max(seconds, later ? 1 : 0), encoded?.Count ?? 0, encoded?.State);
        visit.Intake.Refuse(context, refusal);
        if (kind == ProblemKind.BadRequest && context.RequestAborted.IsCancellationRequested)
        {
            parts.Metrics.Gone(visit.Route, visit.Started);
            return;
        }
        parts.Metrics.Refused(context.Request.Method, visit.Route, kind, context.Response.StatusCode, visit.Started);
    }
}
