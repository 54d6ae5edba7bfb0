using Ingest.Drain;
using Ingest.Operations.Audit;
using Ingest.Operations.Debug;
using Ingest.Operations.Fleet;
using Ingest.Operations.History;
using Ingest.Operations.Status;
using Ingest.Operations.Tail;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ingest.Operations.Admin;

/// <summary>Maps what operators call.</summary>
internal static class AdminEndpoints
{
    /// <summary>Maps what operators call: docs/openapi.json has all of it.</summary>
    /// <param name="endpoints">The admin listener's routes; health is mapped apart, for it needs no token.</param>
    /// <param name="surface">What is shown and moved.</param>
    public static void MapOperations(this IEndpointRouteBuilder endpoints, AdminSurface surface)
    {
        var routes = new AdminRoutes(endpoints, surface.Guard);
        routes.Get("/metrics", context => MetricsAsync(context, surface), needsToken: !surface.Options.PublicMetrics);
        routes.Get("/status", context => AdminJson.WriteAsync(context, surface.Status.Read(), StatusJson.Plain.NodeStatus));
        routes.Get("/openapi.json", ApiDocument.WriteAsync, needsToken: false);
        routes.Post("/drain", context => DrainAsync(context, surface));
        routes.Post("/resume", context => ResumeAsync(context, surface));
        LaneEndpoints.Map(routes, surface);
        PolicyEndpoints.Map(routes, surface);
        routes.Get("/events/tail", new TailEndpoint(surface).HandleAsync);
        DebugEndpoints.Map(routes, surface);
        DeadLetterEndpoints.Map(routes, surface);
        AuditEndpoint.Map(routes, surface);
        HistoryEndpoint.Map(routes, surface);
        FleetEndpoint.Map(routes, surface);
        routes.Fallback();
    }

    private static Task MetricsAsync(HttpContext context, AdminSurface surface)
    {
        var (body, type) = surface.Metrics.Collect(context.Request.Headers.Accept.ToString());
        return AdminJson.WriteAsync(context, body, type);
    }

    /// <summary>Starts the drain and answers at once: <c>/status</c> shows how far it is.</summary>
    private static Task DrainAsync(HttpContext context, AdminSurface surface)
    {
        TimeSpan? deadline = null;
        if (context.Request.Query["deadlineSeconds"].ToString() is { Length: > 0 } text)
        {
            if (!double.TryParse(text, out var seconds) || !(seconds >= 0 && seconds <= DrainOptions.DeadlineMax.TotalSeconds))
            {
                var expected = $"deadlineSeconds is a number from 0 to {DrainOptions.DeadlineMax.TotalSeconds}.";
                return AdminProblem.Bad(expected).WriteAsync(context);
            }
            deadline = TimeSpan.FromSeconds(seconds);
        }
        _ = surface.Drain.RequestDrain("POST /drain", exitAfter: false, deadline);
        surface.Audit.Record(context, "drain", "node", deadline is { } within ? $"begun, within {within}" : "begun");
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return AdminJson.WriteAsync(context, surface.Status.Read(), StatusJson.Plain.NodeStatus);
    }

    private static async Task ResumeAsync(HttpContext context, AdminSurface surface)
    {
        var outcome = await surface.Drain.ResumeAsync().WaitAsync(context.RequestAborted);
        if (outcome == ResumeOutcome.Resumed)
        {
            surface.Audit.Record(context, "resume", "node");
        }
        await (outcome switch
        {
            ResumeOutcome.Resumed => AdminJson.WriteAsync(context, surface.Status.Read(), StatusJson.Plain.NodeStatus),
            ResumeOutcome.NotDraining => AdminProblem.Conflict("not_draining", "There is no drain to take back.").WriteAsync(context),
            ResumeOutcome.Exiting => AdminProblem.Conflict(
                "exiting", "The process exits after this drain; start it again instead.").WriteAsync(context),
            ResumeOutcome.Overtaken => AdminProblem.Conflict(
                "overtaken", "Another drain was asked for before this one was taken back.").WriteAsync(context),
            _ => AdminProblem.Failed("A step could not be undone; /status says which. Restart the node.").WriteAsync(context),
        });
    }
}
