using System.IO.Pipelines;
using Ingest.Intake.Body;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ingest.Intake.Http;

/// <summary>
/// Reads on what follows a refusal, and throws it away, so that the answer arrives (RFC 9112, section 9.6). A socket that is closed with
/// bytes unread is reset, and the reset overtakes the answer: a client that writes all of a body before it reads sees only a broken
/// connection, and by the rule for those sends the same again. Any thread.
/// </summary>
/// <remarks>
/// Bounded by bytes, by time (also by the server's own least rate of a body) and by how many requests do so at once. Past a bound of bytes
/// or time the connection is reset; a request beyond their number is read on by the server alone, which it does for five seconds.
/// </remarks>
/// <param name="options">The bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class LingeringClose(IntakeOptions options, TimeProvider time)
{
    private int _count;

    /// <summary>Requests that are read on at the moment.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Completes the answer, which has been written, and reads to the end of the request's body or to a bound.</summary>
    internal async Task ReadOnAsync(HttpContext context)
    {
        if (!IsWorthIt(context))
        {
            return;
        }
        if (Interlocked.Increment(ref _count) <= options.LingerRequestsMax)
        {
            try
            {
                await ReadAsync(context);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
            {
                // The client is gone, too slow, or sends no body that can be read: it has its answer, or wants none.
            }
        }
        Interlocked.Decrement(ref _count);
    }

    /// <summary>
    /// Streams of HTTP/2 end one by one without a reset. A client that waits for 100 (Continue) does not send what it is refused for. One
    /// that was too slow has used its time.
    /// </summary>
    private bool IsWorthIt(HttpContext context) =>
        options.LingerTime > TimeSpan.Zero
        && !HttpProtocol.IsHttp2(context.Request.Protocol)
        && context.Request.Headers.Expect.Count == 0
        && context.Response.StatusCode != StatusCodes.Status408RequestTimeout
        && !context.RequestAborted.IsCancellationRequested
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private async Task ReadAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
        if (reader.TryRead(out var whole))
        {
            reader.AdvanceTo(whole.Buffer.End);
            if (whole.IsCompleted)
            {
                return;
            }
        }
        await context.Response.CompleteAsync();
        var deadline = BodyDeadline.Arm(reader, options.LingerTime, time);
        try
        {
            if (!await TryDiscardAsync(reader))
            {
                context.Abort();
            }
        }
        finally
        {
            deadline.Disarm();
        }
    }

    /// <summary>False: a bound was reached.</summary>
    private async Task<bool> TryDiscardAsync(PipeReader reader)
    {
        var left = options.LingerBytesMax;
        while (left > 0)
        {
            var result = await reader.ReadAsync();
            left -= result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
            {
                return result.IsCompleted;
            }
        }
        return false;
    }
}
