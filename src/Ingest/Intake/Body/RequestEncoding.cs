using Ingest.Intake.Admission;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Producers;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Body;

/// <summary>A request's events, encoded, or why they are not taken.</summary>
internal readonly struct EncodedRequest
{
    /// <summary>Why nothing is stored.</summary>
    internal Problem Problem { get; init; }

    /// <summary>The events, owned by the holder of this; null where there is a problem.</summary>
    internal RecordBatch? Batch { get; init; }

    /// <summary>Tells a repeat from a new request; null where it was not asked for.</summary>
    internal RequestMark? Mark { get; init; }

    /// <summary>The producer and its numbers; null where the request does not say.</summary>
    internal ProducerMark? Numbers { get; init; }

    /// <summary>Whether there are events, and nothing is to be asked of them before they are stored.</summary>
    internal bool IsPlain => Batch is { Count: > 0 } && Mark is null && Numbers is null;
}

/// <summary>From an admitted request and the bytes of its body to encoded events, in one synchronous step.</summary>
internal sealed class RequestEncoding(IntakeOptions options, StreamDirectory streams, IdempotencyWindow window, TimeProvider time)
{
    private const int HeadBytesEstimate = 256;

    private readonly KeptHeaders? _kept = options.KeepHeaders.Length > 0 ? new KeptHeaders(options.KeepHeaders) : null;

    internal EncodedRequest Encode(HttpRequest request, in AdmittedRequest admitted, ReadOnlySpan<byte> body)
    {
        var traits = RequestTraits.OfThisThread;
        var type = admitted.Type;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var problem = traits.Read(request.Headers, type, admitted.Stream, now, _kept, options.LenientCloudEvents);
        if (problem.IsNone)
        {
            problem = traits.ReadNumbers(request.Headers, type, admitted.Producer!, body, options);
        }
        if (problem.IsNone && window.IsOn && !traits.IsMarked)
        {
            problem = traits.ReadRepeat(request.Headers, type, admitted.Producer!, body, options);
        }
        if (!problem.IsNone)
        {
            return new EncodedRequest { Problem = problem };
        }
        var batch = RecordBatch.Rent(body.Length + (type.IsOneEvent ? 0 : body.Length / 4) + HeadBytesEstimate);
        problem = EventBodies.Encode(type, body, traits, options, batch);
        if (problem.IsNone)
        {
            problem = streams.Keep(admitted.Stream, admitted.Producer!.Name);
        }
        if (!problem.IsNone)
        {
            batch.Dispose();
            return new EncodedRequest { Problem = problem };
        }
        admitted.Producer!.Quota?.Charge(batch.Count - 1, Math.Max(0, body.Length - (request.ContentLength ?? 0)));
        admitted.Policy.Charge(admitted.Stream.Name, admitted.Producer.PolicyName, batch.Count - 1);
        return new EncodedRequest
        {
            Batch = batch,
            Mark = traits.IsMarked && traits.Numbers is null ? traits.Mark : null,
            Numbers = traits.Numbers,
        };
    }
}
