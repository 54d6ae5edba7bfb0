using System.Globalization;
using Ingest.Operations.Admin;
using Ingest.Sinks.Files;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Tail;

/// <summary>
/// <c>GET /events/tail</c>: committed events as lines of JSON, from a place in the log on, for as long as the client reads. A tail is a
/// reader of the log and nothing else: it looks for new events by itself, so that commits do not know of it, and waits for its own
/// client alone.
/// </summary>
internal sealed class TailEndpoint(AdminSurface surface)
{
    // How soon an event shows; and the price of a tail that waits: ten reads of one number a second.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // How long a tail may go on showing what there is while the process leaves.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private int _running;

    internal async Task HandleAsync(HttpContext context)
    {
        if (TailRequest.TryRead(context.Request.Query, surface.Log, out var problem) is not { } request)
        {
            await AdminProblem.Bad(problem).WriteAsync(context);
            return;
        }
        try
        {
            if (Interlocked.Increment(ref _running) > surface.Options.TailsMax)
            {
                await TooMany().WriteAsync(context);
                return;
            }
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            await using var stopping = surface.Stopping.Register(() => limit.CancelAfter(LastWords));
            await StreamAsync(context, request, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The client left, or the node does.
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task StreamAsync(HttpContext context, TailRequest request, CancellationToken stop)
    {
        var response = context.Response;
        response.ContentType = "application/x-ndjson";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }
        // The client is to know at once that it is followed, also when nothing happens for long.
        await response.StartAsync(stop);
        await response.Body.FlushAsync(stop);
        using var tail = new LogTail(surface.Log, request);
        using var lines = new LineBuffer();
        using var timer = new PeriodicTimer(LookInterval, surface.Time);
        while (!tail.IsDone && !stop.IsCancellationRequested)
        {
            // A flush may end on a thread that serves sockets, and reading a file is not its business.
            await Task.Yield();
            // Asked before the log is read: what was committed before the queue closed is shown, and then it is over.
            var ended = !request.Follow || surface.TakesNoMore || surface.Stopping.IsCancellationRequested;
            var caughtUp = tail.Fill(lines);
            if (lines.Length > 0)
            {
                var output = response.BodyWriter;
                lines.Written.CopyTo(output.GetSpan(lines.Length));
                output.Advance(lines.Length);
                lines.Clear();
                await output.FlushAsync(stop);
            }
            if (caughtUp && (ended || !await timer.WaitForNextTickAsync(stop)))
            {
                return;
            }
        }
    }

    private AdminProblem TooMany() => new(
        StatusCodes.Status429TooManyRequests,
        "too_many_tails",
        "There are enough of them",
        string.Create(CultureInfo.InvariantCulture, $"{surface.Options.TailsMax} tails run (Admin:TailsMax); end one first."));
}
