using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Http;

/// <summary>Counts and times requests, with tags that are bounded and made once.</summary>
internal sealed class RequestMetrics(Instruments instruments, TimeProvider time)
{
    // As nginx counts them: the client was gone before there was an answer.
    private const int ClientClosedRequest = 499;

    private static readonly object[] Statuses = [.. Enumerable.Range(0, 600).Select(status => (object)status)];

    private static readonly string[] KnownMethods =
        ["POST", "GET", "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

    internal long Start() => time.GetTimestamp();

    internal void Accepted(string route, long started) => Accepted(route, StatusCodes.Status202Accepted, started);

    internal void Accepted(string route, int status, long started) => Record(HttpMethods.Post, route, status, started);

    internal void Answered(string method, string route, int status, long started) => Record(method, route, status, started);

    internal void Refused(string method, string route, ProblemKind kind, long started) =>
        Refused(method, route, kind, kind.Status, started);

    internal void Refused(string method, string route, ProblemKind kind, int status, long started)
    {
        instruments.Refused.TryAdd(1, new KeyValuePair<string, object?>("code", kind.Code));
        Record(method, route, status, started);
    }

    internal void Gone(string route, long started) => Record(HttpMethods.Post, route, ClientClosedRequest, started);

    private void Record(string method, string route, int status, long started)
    {
        if (instruments.RequestDuration.Enabled)
        {
            instruments.RequestDuration.TryRecord(
                time.GetElapsedTime(started).TotalSeconds,
                new KeyValuePair<string, object?>("http.request.method", Known(method)),
                new KeyValuePair<string, object?>("http.route", route),
                new KeyValuePair<string, object?>("http.response.status_code", Statuses[status]));
        }
    }

    /// <summary>The method as OpenTelemetry has it: what is not well known is one value.</summary>
    private static string Known(string method)
    {
        var known = HttpMethods.GetCanonicalizedValue(method);
        return Array.IndexOf(KnownMethods, known) >= 0 ? known : "_OTHER";
    }
}
