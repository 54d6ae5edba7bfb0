using System.Globalization;
using System.Net.Sockets;
using Ingest.Operations.Admin;
using Ingest.Operations.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.Diagnostics.NETCore.Client;

namespace Ingest.Operations.Debug.Recording;

/// <summary>
/// <c>/debug/trace</c> and <c>/debug/gcdump</c>: what the runtime tells of this process, as a <c>.nettrace</c> file while it comes. One
/// at a time, bounded, and only where a token is set: it names methods, and a heap has the shape of what is in memory.
/// </summary>
/// <param name="surface">The node.</param>
/// <param name="turn">Held while one of the node's operators has it collect.</param>
internal sealed class RecordingEndpoints(AdminSurface surface, SemaphoreSlim turn)
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

    private Task HeapAsync(HttpContext context) =>
        RecordAsync(context, RecordingKind.Heap(), "", BytesMax, CollectedAsync);

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
            context, RecordingKind.Trace(), $"{seconds} s", bytes, (_, stop) => PassedAsync(TimeSpan.FromSeconds(seconds), stop));
    }

    // The wait is given the number of collections before the recording.
    private async Task RecordAsync(
        HttpContext context, RecordingKind kind, string outcome, long bytesMax, Func<long, CancellationToken, Task<bool>> wait)
    {
        if (surface.Options.Token.Length == 0)
        {
            await Off.WriteAsync(context);
            return;
        }
        if (surface.SecretsInSight is [var key, ..])
        {
            await Exposed(key).WriteAsync(context);
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
        catch (Exception e) when (e is DiagnosticsClientException or IOException or SocketException or OperationCanceledException)
        {
            await FailAsync(context, e);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private async Task StreamAsync(
        HttpContext context, RecordingKind kind, string outcome, long bytesMax, Func<long, CancellationToken, Task<bool>> wait)
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
        surface.Audit.Record(context, $"debug.{kind.Name}", "node", outcome);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, surface.Stopping);
        var (session, before) = await StartAsync(kind, limit.Token);
        // Nothing between the two: a session that is disposed of without a reader waits for one for ever.
        using var ended = session;
        using var recording = new RecordingStream(
            session.EventStream, session.StopAsync, response.Body, new RecordingLimits(bytesMax, kind.EndBytesMax), surface.Time);
        if (!await recording.RunAsync(stop => wait(before, stop), limit.Token))
        {
            context.Abort();
        }
    }

    /// <summary>Says why there is none, or ends the connection where half of one is sent.</summary>
    private Task FailAsync(HttpContext context, Exception failure)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.Headers.Remove("Content-Disposition");
        var problem = surface.Stopping.IsCancellationRequested
            ? AdminProblem.Unavailable("exiting", "The node is stopping: nothing is recorded any more.")
            : AdminProblem.Unavailable(
                "diagnostics_off", $"The runtime does not take the request (DOTNET_EnableDiagnostics): {failure.Message}");
        return problem.WriteAsync(context);
    }

    // A collection of POST /debug/gc is not taken for that of the dump, which is over when the session has begun (.NET 10).
    private async Task<(EventPipeSession Session, long Before)> StartAsync(RecordingKind kind, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            var before = Collections;
            var client = new DiagnosticsClient(Environment.ProcessId);
            return (await client.StartEventPipeSessionAsync(kind.Sources, kind.NamesMethods, kind.BufferMebibytes, cancel), before);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<bool> PassedAsync(TimeSpan time, CancellationToken stop)
    {
        await Task.Delay(time, surface.Time, stop);
        return true;
    }

    private async Task<bool> CollectedAsync(long before, CancellationToken stop)
    {
        var start = surface.Time.GetTimestamp();
        while (Collections == before)
        {
            if (surface.Time.GetElapsedTime(start) >= HeapTimeMax)
            {
                return false;
            }
            await Task.Delay(HeapLook, surface.Time, stop);
        }
        return true;
    }

    private static AdminProblem Exposed(string key) => AdminProblem.Conflict(
        "secret_on_command_line",
        $"The command line gives the secret {key}, and the runtime puts the command line into every recording: "
            + "give secrets by a file or the environment, and start the node again.");

    private static bool TryRead(string? text, long otherwise, long least, long most, out long value)
    {
        value = otherwise;
        return string.IsNullOrEmpty(text)
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most);
    }
}
