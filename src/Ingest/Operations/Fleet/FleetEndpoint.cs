using Ingest.Operations.Admin;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Fleet;

/// <summary><c>/fleet</c>: the nodes side by side.</summary>
internal static class FleetEndpoint
{
    internal static void Map(AdminRoutes routes, AdminSurface surface) =>
        routes.Get("/fleet", context => ReadAsync(context, surface.Fleet));

    private static async Task ReadAsync(HttpContext context, FleetReader fleet) =>
        await AdminJson.WriteAsync(context, await fleet.ReadAsync(context.RequestAborted), FleetJson.Default.FleetPage);
}
