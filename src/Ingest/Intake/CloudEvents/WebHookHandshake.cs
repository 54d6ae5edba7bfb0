using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.CloudEvents;

/// <summary>
/// The abuse protection of CloudEvents' HTTP webhooks (section 4): a sender asks whether it may, and an answer without the allowed origin
/// means no.
/// </summary>
internal static class WebHookHandshake
{
    private const string Asked = "WebHook-Request-Origin";

    /// <summary>Whether a request asks.</summary>
    internal static bool IsAsked(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey(Asked);

    /// <summary>Answers it.</summary>
    /// <param name="context">The request and its answer.</param>
    /// <param name="origins">Whose question is answered with yes; <c>*</c>: everyone's.</param>
    internal static void Answer(HttpContext context, string[] origins)
    {
        var headers = context.Request.Headers;
        var origin = headers[Asked].ToString();
        context.Response.Headers.Allow = HttpMethods.Post;
        if (origin.Length > 0 && (origins.Contains("*") || origins.Contains(origin, StringComparer.OrdinalIgnoreCase)))
        {
            context.Response.Headers["WebHook-Allowed-Origin"] = origin;
            context.Response.Headers["WebHook-Allowed-Rate"] = headers.TryGetValue("WebHook-Request-Rate", out var rate) ? rate : "*";
        }
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentLength = 0;
    }
}
