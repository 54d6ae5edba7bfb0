using Ingest.Operations.Audit;
using Ingest.Operations.Status;
using Ingest.Operations.Tail;
using Ingest.Publishing.Lanes;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Admin;

/// <summary><c>/lanes</c>: who is delivered to, how far, and what an operator does to a lane.</summary>
internal static class LaneEndpoints
{
    private static readonly Lock Forgetting = new();

    internal static void Map(AdminRoutes routes, AdminSurface surface)
    {
        routes.Get("/lanes", context => AdminJson.WriteAsync(context, surface.Status.Read(), StatusJson.Plain.NodeStatus));
        routes.Post("/lanes/{lane}/resume", context => ResumeAsync(context, surface));
        routes.Map(
            "/lanes/{lane}/rewind",
            needsToken: true,
            (HttpMethods.Get, context => PreviewAsync(context, surface)),
            (HttpMethods.Post, context => RewindAsync(context, surface)));
        ParkedEndpoints.Map(routes, surface);
        routes.Map("/lanes/{lane}", needsToken: true, (HttpMethods.Delete, context => ForgetAsync(context, surface)));
    }

    private static string Lane(HttpContext context) => (string)context.Request.RouteValues["lane"]!;

    /// <summary>Lets a blocked or waiting lane try now.</summary>
    private static Task ResumeAsync(HttpContext context, AdminSurface surface) =>
        surface.Lanes.Resume(Lane(context)) ? Done(context, surface, "lanes.resume") : Unknown(context);

    /// <summary>Counts what a rewind to <c>?to=</c> would deliver again, and moves nothing.</summary>
    private static Task PreviewAsync(HttpContext context, AdminSurface surface)
    {
        if (!TryFindPlace(context, surface, out var next))
        {
            return NoPlace(context);
        }
        var name = Lane(context);
        if (surface.Lanes.Statuses.FirstOrDefault(lane => lane.Name == name) is not { } lane)
        {
            return Unknown(context);
        }
        var (first, settled) = (surface.Log.FirstSequence, lane.Settled);
        return next < first || next > settled + 1
            ? AdminProblem.Conflict("out_of_range", $"Lane {name} can go back to any event from {first} to "
                + $"{settled + 1}.").WriteAsync(context)
            : AdminJson.WriteAsync(
                context, new RewindPreview(name, next, settled, settled + 1 - next), StatusJson.Plain.RewindPreview);
    }

    private static bool TryFindPlace(HttpContext context, AdminSurface surface, out long next) =>
        TailRequest.TryFind(context.Request.Query["to"].ToString(), surface.Log, out next);

    private static Task NoPlace(HttpContext context) =>
        AdminProblem.Bad($"to is a sequence number from 1, or {TimeText.Expected}.").WriteAsync(context);

    /// <summary>Moves a lane back to <c>?to=</c> a sequence number or a time.</summary>
    private static async Task RewindAsync(HttpContext context, AdminSurface surface)
    {
        if (!TryFindPlace(context, surface, out var next))
        {
            await NoPlace(context);
            return;
        }
        var outcome = await surface.Lanes.RewindAsync(Lane(context), next, context.RequestAborted);
        await (outcome.Status switch
        {
            RewindStatus.Done => Done(context, surface, "lanes.rewind", $"to {next}"),
            RewindStatus.UnknownLane => Unknown(context),
            RewindStatus.Stopped => AdminProblem.Conflict("lane_stopped", outcome.Detail).WriteAsync(context),
            RewindStatus.OutOfRange => AdminProblem.Conflict("out_of_range", outcome.Detail).WriteAsync(context),
            _ => AdminProblem.Failed(outcome.Detail).WriteAsync(context),
        });
    }

    /// <summary>Deletes the cursor of a lane that has no sink any more, so that it no longer holds the log.</summary>
    private static Task ForgetAsync(HttpContext context, AdminSurface surface)
    {
        var name = Lane(context);
        if (surface.Lanes.Statuses.Any(lane => lane.Name == name))
        {
            const string detail = "The lane has a sink; take it out of Deliver and restart first.";
            return AdminProblem.Conflict("lane_in_use", detail).WriteAsync(context);
        }
        lock (Forgetting)
        {
            return surface.Lanes.Forget(name) ? Done(context, surface, "lanes.forget") : Unknown(context);
        }
    }

    private static Task Done(HttpContext context, AdminSurface surface, string action, string detail = "done")
    {
        surface.Audit.Record(context, action, Lane(context), detail);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task Unknown(HttpContext context) =>
        AdminProblem.Missing("unknown_lane", $"There is no lane {Lane(context)}.").WriteAsync(context);
}
