using System.Globalization;
using Ingest.Operations.Admin;
using Ingest.Operations.Letters;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Audit;

/// <summary><c>/audit</c>: what operators did. Also records it, for the endpoints that do things.</summary>
internal static class AuditEndpoint
{
    /// <summary>The request header in which operators say who they are.</summary>
    internal const string OperatorHeader = "Ingest-Operator";

    private const int LimitDefault = 100;
    private const int LimitMax = 1000;

    internal static void Map(AdminRoutes routes, AdminSurface surface) =>
        routes.Get("/audit", context => ReadAsync(context, surface.Audit));

    /// <summary>Records that a request did something; durable when it returns.</summary>
    internal static void Record(this AuditTrail trail, HttpContext context, string action, string target, string detail = "done")
    {
        var name = Uri.UnescapeDataString(context.Request.Headers[OperatorHeader].ToString());
        trail.Record(new AuditEntry(
            0, default, action, target, detail, name.Length > 0 ? name : null, context.Connection.RemoteIpAddress?.ToString() ?? "local"));
    }

    private static async Task ReadAsync(HttpContext context, AuditTrail trail)
    {
        var query = context.Request.Query;
        try
        {
            var action = DeadLetterQuery.Text(query, "action");
            var (since, until) = (DeadLetterQuery.Time(query, "since"), DeadLetterQuery.Time(query, "until"));
            var page = trail.Read(
                entry => (action is null || entry.Action.StartsWith(action, StringComparison.Ordinal))
                    && !(entry.Time < since) && !(entry.Time >= until),
                Number(query, "before", long.MaxValue),
                (int)(Number(query, "limit", LimitMax) ?? LimitDefault));
            await AdminJson.WriteAsync(context, page, AuditJson.Default.AuditPage);
        }
        catch (FormatException e)
        {
            await AdminProblem.Bad(e.Message).WriteAsync(context);
        }
        catch (Wal.Storage.StorageException e)
        {
            await AdminProblem.Unavailable("storage_failed", $"The audit trail cannot be read: {e.Message}.").WriteAsync(context);
        }
    }

    private static long? Number(IQueryCollection query, string name, long max)
    {
        if (DeadLetterQuery.Text(query, name) is not { } text)
        {
            return null;
        }
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max
            ? number
            : throw new FormatException($"{name} is a number from 1 to {max}.");
    }
}
