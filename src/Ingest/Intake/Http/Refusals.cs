using System.Globalization;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Http;

/// <summary>Answers requests that are not accepted, with the headers that belong to each code.</summary>
internal sealed class Refusals(IRetryAdvice advice, RequestMetrics metrics)
{
    private static readonly StringValues Challenges = new(["Bearer realm=\"ingest\"", "Basic realm=\"ingest\", charset=\"UTF-8\""]);

    internal async Task AnswerAsync(HttpContext context, Problem problem, string route, long started)
    {
        var headers = context.Response.Headers;
        var kind = problem.Kind;
        if (problem.RetrySeconds > 0)
        {
            headers.RetryAfter = Answers.OfSeconds(problem.RetrySeconds);
        }
        else if (kind.Refusal is { } reason)
        {
            headers.RetryAfter = Answers.OfSeconds(advice.Seconds(reason));
        }
        if (kind == ProblemKind.MethodNotAllowed)
        {
            headers.Allow = headers.Allow.Count == 0 ? HttpMethods.Post : headers.Allow;
        }
        else if (kind == ProblemKind.UnsupportedMediaType)
        {
            headers.Accept = MediaTypes.Accepted;
        }
        else if (kind == ProblemKind.UnsupportedEncoding)
        {
            headers.AcceptEncoding = ContentEncodings.Accepted;
        }
        else if (kind == ProblemKind.Unauthenticated)
        {
            headers.WWWAuthenticate = Challenges;
        }
        if (problem.Expected is { } expected)
        {
            headers[IntakeHeaders.Expected] = string.Create(CultureInfo.InvariantCulture, $"{expected.Epoch};{expected.Next}");
        }
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        // Under pressure a connection is worth more to another node; and where a body was not read to its end, or it is not known where
        // that is, nothing can follow it.
        if (kind.Refusal is not null || kind.Status is StatusCodes.Status408RequestTimeout or StatusCodes.Status413PayloadTooLarge
            || kind == ProblemKind.BadRequest)
        {
            Answers.CloseConnection(context);
        }
        await Answers.ProblemAsync(context, problem);
        // A connection that was reset shows first as a body that ended early: this answer reached no client.
        if (kind == ProblemKind.BadRequest && context.RequestAborted.IsCancellationRequested)
        {
            metrics.Gone(route, started);
            return;
        }
        metrics.Refused(context.Request.Method, route, kind, started);
    }
}
