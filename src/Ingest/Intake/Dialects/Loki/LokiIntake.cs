using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Loki;

/// <summary>
/// Takes the streams of a push: each, with its labels and lines, is an event, in JSON as it was sent, of protobuf in the same shape. The
/// tenant (<c>X-Scope-OrgID</c>) names the stream.
/// </summary>
/// <remarks>Protobuf is packed as one block of Snappy, which no header says; some name it in Content-Encoding all the same.</remarks>
internal sealed class LokiIntake(DialectOptions options) : DialectIntake(options)
{
    private const string Tenant = "X-Scope-OrgID";

    /// <inheritdoc/>
    public override string FallbackStream => "loki";

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (request.Headers[Tenant] is { Count: 1 } tenant && !string.IsNullOrEmpty(tenant[0]))
        {
            events.UseStream(Encoding.UTF8.GetBytes(tenant[0]!));
        }
        return IsProtobuf(request) ? LokiPush.Read(body, events) : JsonEvents.ReadMember(body, "streams"u8, events);
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) =>
        DialectResponse.WriteEmpty(context, StatusCodes.Status204NoContent);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal) => DialectResponse.Write(
        context,
        refusal.IsLater ? StatusCodes.Status429TooManyRequests : refusal.Problem.Kind.Status,
        "text/plain; charset=utf-8",
        Encoding.UTF8.GetBytes($"{refusal.Problem.Kind.Code}: {refusal.Problem.Detail}\n"));

    internal override ContentEncoding[]? Encodings(HttpRequest request, out Problem problem)
    {
        problem = default;
        return IsProtobuf(request) && request.Headers.ContentEncoding == "snappy" ? [] : base.Encodings(request, out problem);
    }

    internal override BodyWrapping Unwrap(HttpRequest request, ReadOnlySpan<byte> body) =>
        IsProtobuf(request) ? new BodyWrapping(0, ContentEncoding.Snappy) : default;

    private static bool IsProtobuf(HttpRequest request) =>
        request.ContentType?.Contains("protobuf", StringComparison.OrdinalIgnoreCase) == true;
}
