using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Ingest.DeadLetters;
using Ingest.Operations.Audit;
using Ingest.Operations.Letters;
using Ingest.Publishing;
using Ingest.Wal.Storage;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Admin;

/// <summary><c>/deadletters</c>: what sinks refused, and what becomes of it.</summary>
internal static class DeadLetterEndpoints
{
    private const int RequestBytesMax = 1024 * 1024;
    private const int FlushBytes = 64 * 1024;
    private const int UnknownShownMax = 5;

    internal static void Map(AdminRoutes routes, AdminSurface surface)
    {
        AdminRoutes.Handler With(Func<HttpContext, DeadLetterStore, Task> act) => context => GuardAsync(context, act, surface);
        AdminRoutes.Handler Recorded(Func<HttpContext, DeadLetterStore, AuditTrail, Task> act) =>
            With((context, letters) => act(context, letters, surface.Audit));
        routes.Map("/deadletters", needsToken: true, (HttpMethods.Get, With(ListAsync)), (HttpMethods.Delete, Recorded(DropMatchingAsync)));
        routes.Get("/deadletters/groups", With(GroupsAsync));
        routes.Get("/deadletters/export", With(ExportAsync));
        routes.Map(
            "/deadletters/requeue", needsToken: true, (HttpMethods.Get, With(ProgressAsync)), (HttpMethods.Post, Recorded(RequeueAsync)));
        routes.Post("/deadletters/drop", Recorded(DropAsync));
        const string one = "/deadletters/{lane}/{sequence}";
        routes.Map(one, needsToken: true, (HttpMethods.Get, With(ShowAsync)), (HttpMethods.Delete, Recorded(DropOneAsync)));
        routes.Get("/deadletters/{lane}/{sequence}/payload", With(PayloadAsync));
    }

    // What cannot be done is a problem document, whatever was asked.
    private static async Task GuardAsync(HttpContext context, Func<HttpContext, DeadLetterStore, Task> act, AdminSurface surface)
    {
        try
        {
            await act(context, surface.DeadLetters);
        }
        catch (FormatException e)
        {
            await AdminProblem.Bad(e.Message).WriteAsync(context);
        }
        catch (DeadLettersRebuildingException)
        {
            context.Response.Headers.RetryAfter = "1";
            await AdminProblem.Unavailable("rebuilding", "The dead letters are still being read after the start.").WriteAsync(context);
        }
        catch (Exception e) when (e is StorageException or DeadLettersBlockedException && !context.Response.HasStarted)
        {
            await AdminProblem.Unavailable("storage_failed", $"Nothing was changed: {e.Message}.").WriteAsync(context);
        }
    }

    private static async Task ListAsync(HttpContext context, DeadLetterStore letters)
    {
        var query = context.Request.Query;
        var limit = DeadLetterQuery.Limit(query);
        var found = await letters.Operations.ListAsync(
            DeadLetterQuery.Filter(query, "limit", "after"), DeadLetterQuery.After(query), limit, context.RequestAborted);
        var next = found.Count == limit ? found[^1].Key.ToString() : null;
        var page = new DeadLetterPage([.. found.Select(DeadLetterListItem.Of)], next, letters.Status.Count);
        await AdminJson.WriteAsync(context, page, DeadLetterJson.Plain.DeadLetterPage);
    }

    private static async Task GroupsAsync(HttpContext context, DeadLetterStore letters)
    {
        var query = context.Request.Query;
        var by = DeadLetterQuery.Grouping(query);
        var groups = await letters.Operations.GroupsAsync(by, DeadLetterQuery.Filter(query, "by", "limit"), context.RequestAborted);
        var shown = groups.Take(DeadLetterQuery.Limit(query)).Select(DeadLetterGroupItem.Of);
        var page = new DeadLetterGroupPage([.. shown], groups.Count, groups.Sum(group => group.Count));
        await AdminJson.WriteAsync(context, page, DeadLetterJson.Plain.DeadLetterGroupPage);
    }

    private static async Task ShowAsync(HttpContext context, DeadLetterStore letters)
    {
        var key = Key(context);
        if (await letters.Operations.ReadAsync(key, context.RequestAborted) is not { } read)
        {
            await Unknown([key], "").WriteAsync(context);
            return;
        }
        var line = new ArrayBufferWriter<byte>(4096);
        DeadLetterJsonWriter.WriteLine(line, read);
        await AdminJson.WriteAsync(context, line.WrittenMemory, "application/json");
    }

    /// <summary>The payload byte for byte. No browser is to take it for a page of ours.</summary>
    private static async Task PayloadAsync(HttpContext context, DeadLetterStore letters)
    {
        var key = Key(context);
        if (await letters.Operations.ReadAsync(key, context.RequestAborted) is not { } read)
        {
            await Unknown([key], "").WriteAsync(context);
            return;
        }
        context.Response.Headers.ContentDisposition = "attachment";
        context.Response.Headers.ContentSecurityPolicy = "sandbox";
        await AdminJson.WriteAsync(context, read.Event.Payload, "application/octet-stream");
    }

    private static async Task ExportAsync(HttpContext context, DeadLetterStore letters)
    {
        var filter = DeadLetterQuery.Filter(context.Request.Query);
        context.Response.ContentType = "application/x-ndjson";
        var lines = new ArrayBufferWriter<byte>(FlushBytes);
        await foreach (var read in letters.Operations.ExportAsync(filter, context.RequestAborted))
        {
            DeadLetterJsonWriter.WriteLine(lines, read);
            if (lines.WrittenCount >= FlushBytes)
            {
                await context.Response.Body.WriteAsync(lines.WrittenMemory, context.RequestAborted);
                lines.ResetWrittenCount();
                // Back from the thread that waits for sockets: the next letters are read from the disk.
                await Task.Yield();
            }
        }
        await context.Response.Body.WriteAsync(lines.WrittenMemory, context.RequestAborted);
    }

    private static async Task RequeueAsync(HttpContext context, DeadLetterStore letters, AuditTrail audit)
    {
        var selection = await ReadSelectionAsync(context);
        var change = await letters.Operations.RequeueAsync(selection, context.RequestAborted);
        await AnswerAsync(context, audit, "deadletters.requeue", selection, change, StatusCodes.Status202Accepted);
    }

    private static async Task ProgressAsync(HttpContext context, DeadLetterStore letters)
    {
        if (!long.TryParse(context.Request.Query["ticket"], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new FormatException("ticket is the number a requeue answered with.");
        }
        await (await letters.Operations.TicketAsync(number, context.RequestAborted) is { } ticket
            ? AdminJson.WriteAsync(
                context,
                new DeadLetterProgress(ticket.Ticket, ticket.Letters, ticket.Delivered, ticket.Refused, ticket.Dropped, ticket.Waiting),
                DeadLetterJson.Plain.DeadLetterProgress)
            : AdminProblem.Missing("unknown_ticket", $"No requeue {number} is remembered.").WriteAsync(context));
    }

    private static async Task DropAsync(HttpContext context, DeadLetterStore letters, AuditTrail audit) =>
        await DropAsync(context, letters, audit, await ReadSelectionAsync(context));

    private static Task DropOneAsync(HttpContext context, DeadLetterStore letters, AuditTrail audit) =>
        DropAsync(context, letters, audit, DeadLetterSelection.Of(Key(context)));

    private static async Task DropMatchingAsync(HttpContext context, DeadLetterStore letters, AuditTrail audit)
    {
        var filter = DeadLetterQuery.Filter(context.Request.Query, "all");
        var all = DeadLetterQuery.Text(context.Request.Query, "all") == "true";
        if (all == (filter != DeadLetterFilter.All))
        {
            throw new FormatException("Say which letters: a filter, or all=true for all.");
        }
        await DropAsync(context, letters, audit, DeadLetterSelection.Of(filter));
    }

    private static async Task DropAsync(
        HttpContext context, DeadLetterStore letters, AuditTrail audit, DeadLetterSelection selection)
    {
        var change = await letters.Operations.DropAsync(selection, context.RequestAborted);
        await AnswerAsync(context, audit, "deadletters.drop", selection, change);
    }

    private static string Text(DeadLetterSelection selection)
    {
        if (selection.Keys is { } keys)
        {
            var more = keys.Count > UnknownShownMax ? $" and {keys.Count - UnknownShownMax} more" : "";
            return string.Join(", ", keys.Take(UnknownShownMax)) + more;
        }
        return selection.Filter == DeadLetterFilter.All ? "all" : selection.Filter.ToString();
    }

    private static Task AnswerAsync(
        HttpContext context,
        AuditTrail audit,
        string action,
        DeadLetterSelection selection,
        DeadLetterChange change,
        int status = StatusCodes.Status200OK)
    {
        if (change.Unknown.Count > 0)
        {
            return Unknown(change.Unknown, " Nothing was changed.").WriteAsync(context);
        }
        if (change.LaneMissing is { } lane)
        {
            var detail = $"Lane {lane} has no sink now, or files, which take nothing earlier: configure the one that refused them, or "
                + "leave its letters out. Nothing was changed.";
            return AdminProblem.Conflict("unknown_lane", detail).WriteAsync(context);
        }
        var ticket = change.Ticket > 0 ? $", ticket {change.Ticket}" : "";
        audit.Record(context, action, Text(selection), $"{change.Letters} letters{ticket}");
        context.Response.StatusCode = status;
        return AdminJson.WriteAsync(context, new DeadLetterChangeAnswer(change.Letters, change.Ticket),
            DeadLetterJson.Plain.DeadLetterChangeAnswer);
    }

    private static async Task<DeadLetterSelection> ReadSelectionAsync(HttpContext context)
    {
        var body = new ArrayBufferWriter<byte>();
        int read;
        while ((read = await context.Request.Body.ReadAsync(body.GetMemory(4096), context.RequestAborted)) > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > RequestBytesMax)
            {
                throw new FormatException($"A request has at most {RequestBytesMax} bytes.");
            }
        }
        try
        {
            var request = JsonSerializer.Deserialize(body.WrittenSpan, DeadLetterJson.Default.DeadLetterRequest);
            return DeadLetterQuery.Selection(request ?? throw new FormatException("The request is empty."));
        }
        catch (JsonException e)
        {
            throw new FormatException($"The request is no JSON that makes sense here: {e.Message}", e);
        }
    }

    private static DeadLetterKey Key(HttpContext context) =>
        DeadLetterQuery.Key($"{context.Request.RouteValues["lane"]}/{context.Request.RouteValues["sequence"]}");

    private static AdminProblem Unknown(IReadOnlyList<DeadLetterKey> keys, string outcome)
    {
        var named = string.Join(", ", keys.Take(UnknownShownMax));
        var more = keys.Count > UnknownShownMax ? $" and {keys.Count - UnknownShownMax} more" : "";
        return AdminProblem.Missing("unknown_dead_letter", $"There is no dead letter {named}{more}.{outcome}");
    }
}
