using Ingest.Operations.Admin;
using Ingest.Operations.Debug.Recording;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Debug;

/// <summary>
/// <c>/debug</c>: what is asked when a node behaves strangely and no debugger may be attached. Only reads, but for a collection.
/// </summary>
internal static class DebugEndpoints
{
    internal static void Map(AdminRoutes routes, AdminSurface surface)
    {
        // Both take a while and are asked by hand: one at a time is enough.
        var turn = new SemaphoreSlim(1, 1);
        routes.Map(
            "/debug/gc",
            needsToken: true,
            (HttpMethods.Get, context => AdminJson.WriteAsync(context, HeapView.Read(), DebugJson.Default.HeapView)),
            (HttpMethods.Post, context => InTurnAsync(context, turn, () => CollectAsync(context))));
        routes.Get("/debug/threads", context => AdminJson.WriteAsync(context, ThreadView.Read(), DebugJson.Default.ThreadView));
        routes.Get("/debug/settings", context => AdminJson.WriteAsync(
            context, surface.Settings.Value, DebugJson.Default.IReadOnlyListShownSetting));
        routes.Get("/debug/log", context => InTurnAsync(context, turn, () => AdminJson.WriteAsync(
            context, LogView.Read(surface.LogDirectory), DebugJson.Default.LogView)));
        new RecordingEndpoints(surface, turn).Map(routes);
    }

    /// <summary>Gives back what can be given back, large objects included, and says what is left.</summary>
    private static Task CollectAsync(HttpContext context)
    {
        System.Runtime.GCSettings.LargeObjectHeapCompactionMode = System.Runtime.GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return AdminJson.WriteAsync(context, HeapView.Read(), DebugJson.Default.HeapView);
    }

    private static async Task InTurnAsync(HttpContext context, SemaphoreSlim turn, Func<Task> answer)
    {
        await turn.WaitAsync(context.RequestAborted);
        try
        {
            await answer();
        }
        finally
        {
            turn.Release();
        }
    }
}
