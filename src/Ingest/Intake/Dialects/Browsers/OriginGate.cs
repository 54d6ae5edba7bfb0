using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Dialects.Browsers;

/// <summary>
/// Lets pages of allowed origins send, and no others. Browsers need no leave for some requests (text, beacons) and store whatever a page
/// sends to a node on the visitor's own machine, so what shows a foreign origin is refused whatever its form.
/// </summary>
/// <remarks>
/// Fetch Standard, section "CORS protocol". The origin is answered as it was sent and with credentials allowed: beacons are sent with
/// credentials, for which <c>*</c> does not count. A page's origin is never compared with the node's own name, which anyone can have
/// resolved to it. A page that may send may send what headers it likes, as any other producer: those of CloudEvents, those that are kept,
/// and what each library for analytics adds of its own.
/// </remarks>
/// <param name="origins">The origins that may send; <c>*</c>: all. None: requests that show an origin are refused.</param>
internal sealed class OriginGate(IReadOnlyCollection<string> origins)
{
    private readonly HashSet<string> _origins = [.. origins.Select(origin => origin.TrimEnd('/').ToLowerInvariant())];

    /// <summary>Runs the handler, or answers a preflight, or refuses.</summary>
    internal Task RunAsync(HttpContext context, Func<HttpContext, Task> handle, Func<HttpContext, Task> refuse)
    {
        var origin = context.Request.Headers.Origin;
        if (origin.Count == 0)
        {
            return handle(context);
        }
        if (!IsAllowed(origin))
        {
            return refuse(context);
        }
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = "true";
        headers.Vary = "Origin";
        if (!HttpMethods.IsOptions(context.Request.Method) || !context.Request.Headers.ContainsKey("Access-Control-Request-Method"))
        {
            headers.AccessControlExposeHeaders = "Retry-After, X-Request-Id, Ingest-Code";
            return handle(context);
        }
        headers.AccessControlAllowMethods = HttpMethods.Post;
        var asked = context.Request.Headers.AccessControlRequestHeaders;
        if (asked.Count == 1 && Ascii.IsValid(asked.ToString()))
        {
            headers.AccessControlAllowHeaders = asked;
        }
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private bool IsAllowed(StringValues origin) =>
        origin.Count == 1 && Ascii.IsValid(origin.ToString())
        && (_origins.Contains("*") || _origins.Contains(origin.ToString().ToLowerInvariant()));
}
