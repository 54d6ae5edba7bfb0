using System.Globalization;
using Ingest.Operations.Audit;
using Ingest.Operations.Status;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Admin;

/// <summary><c>/lanes/{lane}/parked</c>: events a lane has set aside, and what an operator does with them.</summary>
internal static class ParkedEndpoints
{
    private const int LimitUsual = 100;
    private const int LimitMax = 1000;
    private const int SequencesMax = 1000;

    internal static void Map(AdminRoutes routes, AdminSurface surface)
    {
        routes.Get("/lanes/{lane}/parked", context => ListAsync(context, surface.Lanes));
        // What operators do is recorded when it is durable.
        Post("try", ParkedAction.Try);
        Post("deadletter", ParkedAction.DeadLetter);
        Post("drop", ParkedAction.Drop);

        void Post(string verb, ParkedAction action) =>
            routes.Post($"/lanes/{{lane}}/parked/{verb}", context => ActAsync(context, surface, action, $"parked.{verb}"));
    }

    private static string Lane(HttpContext context) => (string)context.Request.RouteValues["lane"]!;

    private static async Task ListAsync(HttpContext context, LaneSet lanes)
    {
        var query = context.Request.Query;
        var after = 0L;
        var limit = LimitUsual;
        if ((query.ContainsKey("after") && !TryNumber(query["after"].ToString(), long.MaxValue, out after))
            || (query.ContainsKey("limit") && !TryLimit(query["limit"].ToString(), out limit)))
        {
            await AdminProblem.Bad($"after is a sequence number, and limit a number from 1 to {LimitMax}.").WriteAsync(context);
            return;
        }
        var stream = query.ContainsKey("stream") ? query["stream"].ToString() : null;
        var status = lanes.Statuses.FirstOrDefault(lane => lane.Name == Lane(context));
        if (status is null || lanes.ListParked(status.Name, stream, after, limit) is not { } found)
        {
            await Unknown(context);
            return;
        }
        var page = new ParkedPage(
            status.Name,
            status.ParkedEvents,
            [.. status.Parked.Select(LaneAccounting.View)],
            [.. found.Select(View)],
            found.Count == limit ? found[^1].Sequence : null);
        await AdminJson.WriteAsync(context, page, StatusJson.Plain.ParkedPage);
    }

    private static async Task ActAsync(HttpContext context, AdminSurface surface, ParkedAction action, string name)
    {
        if (!TrySelect(context.Request.Query, action, out var selection))
        {
            await AdminProblem.Bad(
                $"Name what is meant: stream=NAME, sequence=N (repeated, at most {SequencesMax}), or all=true.").WriteAsync(context);
            return;
        }
        if (surface.Lanes.ActOnParkedAsync(Lane(context), selection, action, context.RequestAborted) is not { } acting)
        {
            await Unknown(context);
            return;
        }
        if (await acting is not { } events)
        {
            await AdminProblem.Conflict("lane_stopped", $"Lane {Lane(context)} is stopped.").WriteAsync(context);
            return;
        }
        surface.Audit.Record(context, name, Lane(context), $"{Describe(selection)}: {events} events");
        await AdminJson.WriteAsync(context, new ParkedChanged(events), StatusJson.Plain.ParkedChanged);
    }

    // Trying everything is harmless; moving and dropping everything has to be said.
    private static bool TrySelect(IQueryCollection query, ParkedAction action, out ParkedSelection selection)
    {
        var stream = query.ContainsKey("stream") ? query["stream"].ToString() : null;
        HashSet<long>? sequences = null;
        foreach (var text in query["sequence"])
        {
            if (!TryNumber(text ?? "", long.MaxValue, out var sequence) || (sequences ??= []).Count >= SequencesMax)
            {
                selection = new ParkedSelection(null, []);
                return false;
            }
            sequences.Add(sequence);
        }
        selection = new ParkedSelection(stream, sequences);
        return stream is not null || sequences is not null || action == ParkedAction.Try || query["all"] == "true";
    }

    private static string Describe(ParkedSelection selection) =>
        selection.Sequences is { Count: 1 } one ? string.Create(CultureInfo.InvariantCulture, $"event {one.First()}")
        : selection.Sequences is { } some ? string.Create(CultureInfo.InvariantCulture, $"{some.Count} chosen")
        : selection.Stream is { } stream ? $"stream {stream}"
        : "all";

    private static bool TryLimit(string text, out int limit)
    {
        var isLimit = TryNumber(text, LimitMax, out var number) && number >= 1;
        limit = (int)number;
        return isLimit;
    }

    private static bool TryNumber(string text, long max, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;

    private static ParkedEventView View(ParkedEventStatus parked) => new(
        parked.Sequence,
        parked.Stream,
        Time(parked.AcceptedUnixMs),
        Time(parked.SinceUnixMs),
        parked.Attempts,
        parked.Bytes,
        parked.Reason,
        Math.Round(parked.NextTrySeconds, 1));

    private static DateTime Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime;

    private static Task Unknown(HttpContext context) =>
        AdminProblem.Missing("unknown_lane", $"There is no lane {Lane(context)}.").WriteAsync(context);
}
