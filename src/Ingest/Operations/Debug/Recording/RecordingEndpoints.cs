using System.Globalization;
using Ingest.Operations.Admin;
using Ingest.Operations.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.Diagnostics.NETCore.Client;

namespace Ingest.Operations.Debug.Recording;

/// <summary>
/// <c>/debug/trace</c> and <c>/debug/gcdump</c>: what the runtime tells of this process, as a <c>.nettrace</c> file while it comes. One
/// at a time, bounded, and only where a token is set: it names methods, and a heap has the shape of what is in memory.
/// </summary>
internal sealed class RecordingEndpoints(AdminSurface surface)
{
    internal const int SecondsMax = 300;
    private const int SecondsDefault = 10;
    private const long BytesMin = 1L << 20;
    private const long BytesDefault = 256L << 20;
    private const long BytesMax = 1L << 30;

    private static readonly TimeSpan HeapTimeMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan HeapLook = TimeSpan.FromMilliseconds(50);

    private static readonly AdminProblem Off = new(
        StatusCodes.Status403Forbidden,
        "forbidden",
        "Not without a token",
        "Traces and heap dumps are off where Admin:Token is not set.");

    private static readonly AdminProblem Running = AdminProblem.Conflict(
        "recording_runs", "A trace or a heap dump of this node is being made; one at a time.");

    private int _running;

    private static long Collections => GC.GetGCMemoryInfo(GCKind.FullBlocking).Index;

    internal void Map(AdminRoutes routes)
    {
        routes.Get("/debug/trace", TraceAsync);
        routes.Get("/debug/gcdump", HeapAsync);
    }

    private Task HeapAsync(HttpContext context)
    {
        var before = Collections;
        return RecordAsync(context, RecordingKind.Heap(), "", BytesMax, stop => CollectedAsync(before, stop));
    }

    private Task TraceAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!TryRead(query["seconds"], SecondsDefault, 1, SecondsMax, out var seconds)
            || !TryRead(query["bytes"], BytesDefault, BytesMin, BytesMax, out var bytes))
        {
            return AdminProblem.Bad($"seconds is a number from 1 to {SecondsMax}, bytes one from {BytesMin} to {BytesMax}.")
                .WriteAsync(context);
        }
        return RecordAsync(
            context, RecordingKind.Trace, $"{seconds} s", bytes, stop => Task.Delay(TimeSpan.FromSeconds(seconds), surface.Time, stop));
    }

    private async Task RecordAsync(
        HttpContext context, RecordingKind kind, string outcome, long bytesMax, Func<CancellationToken, Task> wait)
    {
        if (surface.Options.Token.Length == 0)
        {
            await Off.WriteAsync(context);
            return;
        }
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            await Running.WriteAsync(context);
            return;
        }
        try
        {
            await StreamAsync(context, kind, outcome, bytesMax, wait);
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or OperationCanceledException)
        {
            await FailAsync(context, e);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private async Task StreamAsync(
        HttpContext context, RecordingKind kind, string outcome, long bytesMax, Func<CancellationToken, Task> wait)
    {
        var response = context.Response;
        response.ContentType = "application/octet-stream";
        var now = surface.Time.GetUtcNow();
        var name = string.Create(CultureInfo.InvariantCulture, $"ingest-{kind.Name}-{now:yyyyMMdd'T'HHmmss'Z'}.nettrace");
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, surface.Stopping);
        var client = new DiagnosticsClient(Environment.ProcessId);
        using var session = await client.StartEventPipeSessionAsync(kind.Sources, kind.NamesMethods, kind.BufferMebibytes, limit.Token);
        surface.Audit.Record(context, $"debug.{kind.Name}", "node", outcome);
        await response.StartAsync(limit.Token);
        if (!await new RecordingStream(session, response.Body, bytesMax).RunAsync(wait, surface.Time, limit.Token))
        {
            context.Abort();
        }
    }

    /// <summary>Says why there is none, or ends the connection where half of one is sent.</summary>
    private static Task FailAsync(HttpContext context, Exception failure)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.Headers.Remove("Content-Disposition");
        var detail = $"The runtime does not take the request (DOTNET_EnableDiagnostics): {failure.Message}";
        return AdminProblem.Unavailable("diagnostics_off", detail).WriteAsync(context);
    }

    // The runtime collects as soon as the recording begins; the events of it are there when this process runs again.
    private async Task CollectedAsync(long before, CancellationToken stop)
    {
        var start = surface.Time.GetTimestamp();
        while (Collections == before && surface.Time.GetElapsedTime(start) < HeapTimeMax)
        {
            await Task.Delay(HeapLook, surface.Time, stop);
        }
    }

    private static bool TryRead(string? text, long otherwise, long least, long most, out long value)
    {
        value = otherwise;
        return string.IsNullOrEmpty(text)
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most);
    }
}
