using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>A dialect that is served, and its paths.</summary>
/// <param name="Name">The dialect's name.</param>
/// <param name="Routes">What it serves.</param>
internal sealed record ServedDialect(string Name, IReadOnlyList<DialectRoute> Routes);

/// <summary>Maps the paths of dialects. One path may have several methods; all others are refused in the dialect's words.</summary>
internal static class DialectMap
{
    /// <param name="endpoints">Where to map.</param>
    /// <param name="mark">Metadata of every path.</param>
    /// <param name="dialects">What is served.</param>
    /// <param name="endpoint">What takes events; asked for with each request, because a node opens after its paths are mapped.</param>
    /// <param name="node">What answers handshakes.</param>
    /// <param name="around">Runs a handler; given the path for telemetry.</param>
    internal static void Map(
        IEndpointRouteBuilder endpoints,
        object mark,
        IEnumerable<ServedDialect> dialects,
        Func<DialectEndpoint> endpoint,
        IDialectNode node,
        Func<HttpContext, string, Func<HttpContext, Task>, Task> around)
    {
        foreach (var dialect in dialects)
        {
            foreach (var path in dialect.Routes.GroupBy(route => route.Pattern, StringComparer.Ordinal))
            {
                var routes = path.ToArray();
                var allow = string.Join(", ", routes.SelectMany(route => route.Methods).Distinct(StringComparer.Ordinal));
                // Made once, not with each request.
                Func<HttpContext, Task> handle = context => HandleAsync(context, dialect.Name, routes, allow, endpoint(), node);
                endpoints.Map(path.Key, (RequestDelegate)(context => around(context, path.Key, handle))).WithMetadata(mark);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private static async Task HandleAsync(
        HttpContext context, string dialect, DialectRoute[] routes, string allow, DialectEndpoint endpoint, IDialectNode node)
    {
        foreach (var route in routes)
        {
            if (!Takes(route, context.Request.Method))
            {
                continue;
            }
            if (route.Reply is { } reply)
            {
                await reply(context, node);
            }
            else
            {
                await endpoint.HandleAsync(context, dialect, route);
            }
            await BeginLastAsync(context);
            return;
        }
        await endpoint.RefuseMethodAsync(context, dialect, Array.Find(routes, route => route.Intake is not null) ?? routes[0], allow);
    }

    // By hand: this is asked for each request, and allocates nothing.
    private static bool Takes(DialectRoute route, string method)
    {
        for (var i = 0; i < route.Methods.Count; i++)
        {
            if (route.Methods[i].Equals(method, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Begins an answer that ends its connection. The server begins none by itself where the body ended early, so it would not see that
    /// this is the last one, and would read the next request while the read of the body is still open.
    /// </summary>
    private static async Task BeginLastAsync(HttpContext context)
    {
        if (context.Response.Headers.Connection.Count > 0 && !context.Response.HasStarted)
        {
            await context.Response.BodyWriter.FlushAsync();
        }
    }
}
