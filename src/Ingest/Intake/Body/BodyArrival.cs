using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Ingest.Intake.Admission;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Body;

/// <summary>Collects bodies under their limits of size, time and memory.</summary>
internal sealed class BodyArrival(IntakeOptions options, BufferBudget budget, TimeProvider time)
{
    // Below this a body stays where the server received it until it is whole: one copy, of the right size.
    private const int HeldInPipeBytes = 16 * 1024;
    private const int FirstBytes = 64 * 1024;

    /// <summary>
    /// True: all of the body is here already, in one piece of the server's memory; look at it, then advance the reader to its end. False:
    /// <see cref="ReadAsync"/> finds what there is, and what is wrong.
    /// </summary>
    internal static bool TryReadWhole(PipeReader reader, out ReadOnlySequence<byte> whole)
    {
        try
        {
            if (!reader.TryRead(out var result))
            {
                whole = default;
                return false;
            }
            whole = result.Buffer;
            if (result.IsCompleted && whole.IsSingleSegment)
            {
                return true;
            }
            // Looked at, not examined: the next read returns at once with the same.
            reader.AdvanceTo(whole.Start);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The next read throws the same, where it is answered.
            whole = default;
        }
        return false;
    }

    /// <summary>Reads to the end of the body. The result is the caller's to give back to the budget.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<ArrivedBody> ReadAsync(PipeReader reader, long? contentLength)
    {
        var deadline = BodyDeadline.Arm(reader, options.BodyDeadline, time);
        var body = default(ArrivedBody);
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync();
                var data = result.Buffer;
                if (!result.IsCompleted && !result.IsCanceled && data.Length < HeldInPipeBytes)
                {
                    reader.AdvanceTo(data.Start, data.End);
                    continue;
                }
                var problem = result.IsCanceled ? TimedOut : Take(ref body, data, contentLength);
                reader.AdvanceTo(data.End);
                if (!problem.IsNone)
                {
                    budget.Release(body);
                    return new ArrivedBody { Problem = problem };
                }
                if (result.IsCompleted)
                {
                    return body;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            budget.Release(body);
            // What the server throws for trailers that are no text leaves its reader unusable: nothing but closing is left.
            return e is ConnectionResetException or OperationCanceledException or InvalidOperationException
                ? new ArrivedBody { IsGone = true }
                : new ArrivedBody { Problem = OfServer(e as BadHttpRequestException) };
        }
        finally
        {
            deadline.Disarm();
        }
    }

    private static Problem TimedOut { get; } = new(ProblemKind.BodyTimeout, "The body was not there within Intake:BodyDeadline.");

    /// <summary>What the server found wrong with a body while it was read.</summary>
    private Problem OfServer(BadHttpRequestException? e) => e?.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => new Problem(ProblemKind.BodyTimeout, "The body arrived too slowly (Listen:BodyRateMin)."),
        StatusCodes.Status413PayloadTooLarge => BodyLimits.TooLarge(options),
        _ => new Problem(ProblemKind.BadRequest, "The body ended early, or its chunks are malformed."),
    };

    private Problem Take(ref ArrivedBody body, ReadOnlySequence<byte> data, long? contentLength)
    {
        var length = body.Length + data.Length;
        if (length > options.BodyBytesMax)
        {
            return BodyLimits.TooLarge(options);
        }
        if (length > (body.Rented?.Length ?? 0) && !TryGrow(ref body, (int)length, contentLength))
        {
            return BufferBudget.Exhausted;
        }
        data.CopyTo(body.Rented.AsSpan(body.Length));
        body = body with { Length = (int)length };
        return default;
    }

    /// <summary>Makes room in steps that what really arrived pays for: a Content-Length is only a promise.</summary>
    private bool TryGrow(ref ArrivedBody body, int needed, long? contentLength)
    {
        var likely = Math.Max(needed, Math.Min(contentLength ?? FirstBytes, options.BodyBytesMax));
        return budget.TryGrow(ref body, (int)Math.Min(likely, Math.Max(FirstBytes, needed * 2L)));
    }
}
