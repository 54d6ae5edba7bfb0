using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Otlp;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.OtlpGrpc;

/// <summary>Takes the Export method of one signal. The event is the request's message, without gRPC's framing and compression.</summary>
/// <remarks>
/// Answers: OK once the events are durable. UNAVAILABLE with RetryInfo for what passes, which is the one code all clients take as
/// retryable; INVALID_ARGUMENT for what never succeeds, also where it is too large: several clients send RESOURCE_EXHAUSTED again.
/// </remarks>
internal sealed class OtlpGrpcIntake(DialectOptions options, string stream) : DialectIntake(options)
{
    private const string EncodingHeader = "grpc-encoding";

    // Of the client's own time, what is left for the answer to reach it.
    private const double WaitingShare = 0.9;

    /// <inheritdoc/>
    public override string FallbackStream => stream;

    /// <inheritdoc/>
    public override TimeSpan AdmissionWait(HttpRequest request) =>
        GrpcRequest.Timeout(request) * WaitingShare is { } timeout && timeout < Options.AdmissionWait ? timeout : Options.AdmissionWait;

    /// <inheritdoc/>
    public override Problem Check(HttpRequest request) => GrpcRequest.Is(request)
        ? default
        : new Problem(ProblemKind.UnsupportedMediaType, "This path takes calls of gRPC: application/grpc over HTTP/2.");

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events) => OtlpProtobuf.Read(body, events);

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => GrpcAnswer.Accept(context);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var message = OtlpStatus.Message(refusal.Problem);
        if (!GrpcRequest.Is(context.Request))
        {
            var text = Encoding.UTF8.GetBytes(message + "\n");
            DialectResponse.Write(context, kind.Status, "text/plain; charset=utf-8", text);
            return;
        }
        if (kind == ProblemKind.UnsupportedEncoding)
        {
            context.Response.Headers["grpc-accept-encoding"] = GrpcRequest.AcceptedEncodings;
        }
        var seconds = refusal.IsLater ? Math.Clamp(refusal.RetrySeconds, 1, OtlpStatus.RetrySecondsMax) : 0;
        GrpcAnswer.Refuse(context, Code(kind, refusal.IsLater), message, seconds);
    }

    internal override ContentEncoding[]? Encodings(HttpRequest request, out Problem problem)
    {
        var encoding = request.Headers[EncodingHeader];
        problem = encoding.Count == 0 || encoding.ToString() is "gzip" or "deflate" or "identity"
            ? default
            : new Problem(ProblemKind.UnsupportedEncoding, $"Messages may be compressed as {GrpcRequest.AcceptedEncodings}.");
        return problem.IsNone ? [] : null;
    }

    internal override BodyWrapping Unwrap(HttpRequest request, ReadOnlySpan<byte> body) =>
        GrpcRequest.Unwrap(request.Headers[EncodingHeader].ToString(), body);

    private static int Code(ProblemKind kind, bool isLater) =>
        kind == ProblemKind.UnsupportedEncoding || kind == ProblemKind.MethodNotAllowed ? OtlpStatus.Unimplemented
        : kind.Status == StatusCodes.Status413PayloadTooLarge ? OtlpStatus.InvalidArgument
        : OtlpStatus.Code(kind, isLater);
}
