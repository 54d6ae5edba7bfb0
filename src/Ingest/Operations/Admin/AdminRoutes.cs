using Ingest.Intake.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ingest.Operations.Admin;

/// <summary>Maps paths with what they answer to each method; everything passes the guard and every error is a problem document.</summary>
internal sealed class AdminRoutes(IEndpointRouteBuilder endpoints, AdminGuard guard)
{
    internal delegate Task Handler(HttpContext context);

    /// <summary>Maps a path that is only read.</summary>
    internal void Get(string pattern, Handler handler, bool needsToken = true) => Map(pattern, needsToken, (HttpMethods.Get, handler));

    /// <summary>Maps a path that does something.</summary>
    internal void Post(string pattern, Handler handler) => Map(pattern, needsToken: true, (HttpMethods.Post, handler));

    internal void Map(string pattern, bool needsToken, params (string Method, Handler Handler)[] handlers)
    {
        var allow = string.Join(
            ", ", handlers.Select(entry => entry.Method == HttpMethods.Get ? IntakeEndpoint.ReadMethods : entry.Method));
        endpoints.Map(pattern, (RequestDelegate)(context => AnswerAsync(context, needsToken, () =>
        {
            var method = HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method;
            var handler = Array.Find(handlers, entry => HttpMethods.Equals(entry.Method, method)).Handler;
            if (handler is not null)
            {
                return handler(context);
            }
            context.Response.Headers.Allow = allow;
            return AdminProblem.MethodNotAllowed.WriteAsync(context);
        })));
    }

    /// <summary>Answers other methods on a path that is only read and needs no token.</summary>
    internal static Task RefuseMethodAsync(HttpContext context)
    {
        AddHeaders(context);
        context.Response.Headers.Allow = IntakeEndpoint.HealthMethods;
        return AdminProblem.MethodNotAllowed.WriteAsync(context);
    }

    /// <summary>Answers everything that is not mapped.</summary>
    internal void Fallback() =>
        endpoints.MapFallback("{**path}", (RequestDelegate)(context =>
            AnswerAsync(context, needsToken: true, () => AdminProblem.NotFound.WriteAsync(context))));

    private Task AnswerAsync(HttpContext context, bool needsToken, Func<Task> answer)
    {
        AddHeaders(context);
        return guard.Check(context.Request, needsToken) is { } problem ? problem.WriteAsync(context) : answer();
    }

    private static void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
    }
}
