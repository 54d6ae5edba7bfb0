using System.Globalization;
using Ingest.Operations.Admin;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.History;

/// <summary><c>/history</c>: the last hour of the node.</summary>
internal static class HistoryEndpoint
{
    private const int SinceDefault = 600;
    private const int PointsDefault = 300;

    internal static void Map(AdminRoutes routes, AdminSurface surface) =>
        routes.Get("/history", context => ReadAsync(context, surface));

    private static Task ReadAsync(HttpContext context, AdminSurface surface)
    {
        if (!TryNumber(context, "sinceSeconds", SinceDefault, out var since)
            || !TryNumber(context, "points", PointsDefault, out var points))
        {
            return AdminProblem.Bad($"sinceSeconds and points are numbers from 1 to {HistoryRing.Seconds}.").WriteAsync(context);
        }
        var now = surface.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var page = surface.History.Ring.Read(now - (since * 1000L), now, points) with { Limits = surface.HistoryLimits };
        return AdminJson.WriteAsync(context, page, HistoryJson.Default.HistoryPage);
    }

    private static bool TryNumber(HttpContext context, string name, int otherwise, out int number)
    {
        number = otherwise;
        return context.Request.Query[name].ToString() is not { Length: > 0 } text
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
                && number is >= 1 and <= HistoryRing.Seconds);
    }
}
