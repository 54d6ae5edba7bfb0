using Ingest.Health;
using Ingest.Hosting.Dialects;
using Ingest.Hosting.Server;
using Ingest.Intake.Http;
using Ingest.Intake.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.Hosting;

/// <summary>Maps what producers and load balancers call.</summary>
public static class IngestEndpoints
{
    private static readonly (string Pattern, Func<HealthState, HealthAnswer> Pick)[] HealthRoutes =
    [
        ("/health/live", health => health.Live),
        ("/health/ready", health => health.Ready),
        ("/health", health => health.Detail),
        ("/healthz", health => health.Ready),
    ];

    // A balancer that is told no method asks with OPTIONS; it wants the status alone.
    private static readonly string[] HealthMethods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Options];

    /// <summary>Where health is asked for.</summary>
    internal static IEnumerable<string> HealthPatterns => HealthRoutes.Select(route => route.Pattern);

    /// <summary>
    /// Maps intake and health: <c>/v1/events</c>, <c>/v1/streams/{stream}/events</c>, <c>/v1/receipts/{range}</c>,
    /// <c>/health/live</c>, <c>/health/ready</c>,
    /// <c>/health</c> and <c>/healthz</c>, and the paths of the dialects that are enabled.
    /// </summary>
    public static IEndpointRouteBuilder MapIngest(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapIngestIntake();
        return endpoints.MapIngestHealth();
    }

    /// <summary>Maps what producers call.</summary>
    public static IEndpointRouteBuilder MapIngestIntake(this IEndpointRouteBuilder endpoints)
    {
        // The node opens when its host starts, which is after this where an application maps its routes first.
        var node = endpoints.ServiceProvider.GetRequiredService<IngestNode>();
        var dialects = endpoints.ServiceProvider.GetRequiredService<NodeDialects>();
        var mark = new SurfaceMark(HostedSurface.Intake);
        // Made once: a handler that is made for each request would be an allocation for each.
        Func<HttpContext, Task> named = context => node.Intake.HandleStreamAsync(context);
        endpoints.Map(IntakeEndpoint.DefaultPattern, DefaultHandler(endpoints.ServiceProvider)).WithMetadata(mark);
        endpoints.Map(IntakeEndpoint.StreamPattern, (RequestDelegate)(context =>
            dialects.RunAsync(context, IntakeEndpoint.StreamPattern, named))).WithMetadata(mark);
        Func<HttpContext, Task> receipt = context => node.Intake.HandleReceiptAsync(context);
        endpoints.Map(ReceiptEndpoint.Pattern, (RequestDelegate)(context =>
            dialects.RunAsync(context, ReceiptEndpoint.Pattern, receipt))).WithMetadata(mark);
        dialects.Map(endpoints, mark);
        return endpoints;
    }

    /// <summary>What handles <see cref="IntakeEndpoint.DefaultPattern"/>.</summary>
    internal static RequestDelegate DefaultHandler(IServiceProvider services)
    {
        var node = services.GetRequiredService<IngestNode>();
        var dialects = services.GetRequiredService<NodeDialects>();
        Func<HttpContext, Task> handle = context => node.Intake.HandleDefaultAsync(context);
        return context => dialects.RunAsync(context, IntakeEndpoint.DefaultPattern, handle);
    }

    /// <summary>Maps what load balancers ask.</summary>
    public static IEndpointRouteBuilder MapIngestHealth(this IEndpointRouteBuilder endpoints)
    {
        var node = endpoints.ServiceProvider.GetRequiredService<IngestNode>();
        foreach (var (pattern, pick) in HealthRoutes)
        {
            endpoints.MapMethods(
                pattern,
                HealthMethods,
                (RequestDelegate)(context => AnswerAsync(context, pick(node.Health))));
        }
        return endpoints;
    }

    /// <summary>
    /// Answers a question for health before the router is asked: a start is not over before one is answered, and the router's table takes
    /// longer to make than all of it. What is not written as balancers write it goes on to the router, which answers the same.
    /// </summary>
    internal static IApplicationBuilder UseIngestHealth(this IApplicationBuilder app, IngestNode node) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (Array.Exists(HealthMethods, method => HttpMethods.Equals(method, request.Method)))
        {
            foreach (var (pattern, pick) in HealthRoutes)
            {
                if (request.Path.Value == pattern)
                {
                    return AnswerAsync(context, pick(node.Health));
                }
            }
        }
        return next(context);
    });

    /// <summary>Answers with the status of <paramref name="answer"/>, and its text where the method has one.</summary>
    internal static Task AnswerAsync(HttpContext context, HealthAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            response.Headers.Allow = IntakeEndpoint.HealthMethods;
        }
        response.ContentType = "application/json";
        response.ContentLength = answer.Body.Length;
        response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(answer.Body, context.RequestAborted).AsTask();
    }
}
