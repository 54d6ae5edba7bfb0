using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Ingest.Hosting.Server;

/// <summary>The span of a request, below the producer's own where it sent one. Its events carry it on to their delivery.</summary>
internal static class IntakeSpan
{
    /// <summary>Handles a request within a span, if the sampler wants it; for listeners that want any.</summary>
    internal static async Task RunAsync(HttpContext context, string route, Func<HttpContext, Task> handle)
    {
        var headers = context.Request.Headers;
        // A header that is no context is as good as none.
        _ = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var producer);
        using var span = Start(context.Request.Method, route, producer);
        await handle(context);
        if (span is null)
        {
            return;
        }
        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        span.SetTag("ingest.request.id", context.Response.Headers["X-Request-Id"].ToString());
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    // A span that is made only to be handed on would be stored with every event and lead nowhere.
    private static Activity? Start(string method, string route, in ActivityContext producer)
    {
        // Whatever a client calls its method is no name of ours.
        var name = HttpMethods.IsPost(method) ? "POST" : "HTTP";
        var span = Spans.Source.StartActivity($"{name} {route}", ActivityKind.Server, producer);
        if (span is { Recorded: false })
        {
            span.Dispose();
            return null;
        }
        span?.SetTag("http.request.method", method);
        span?.SetTag("http.route", route);
        return span;
    }
}
