using System.Text;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Loki;

/// <summary>Loki's push API in its JSON encoding.</summary>
internal sealed class LokiDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "loki";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) =>
        [DialectRoute.Takes("/loki/api/v1/push", new LokiIntake(options)), DialectRoute.Answers("/ready", ReadyAsync)];

    private static Task ReadyAsync(HttpContext context, IDialectNode node)
    {
        DialectResponse.Write(
            context,
            node.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            "text/plain; charset=utf-8",
            node.IsReady ? "ready\n"u8 : "not ready\n"u8);
        return Task.CompletedTask;
    }
}

/// <summary>
/// Takes the elements of <c>streams</c>: each, with its labels and lines, is an event. The tenant (<c>X-Scope-OrgID</c>) names the stream.
/// </summary>
internal sealed class LokiIntake(DialectOptions options) : DialectIntake(options)
{
    private const string Tenant = "X-Scope-OrgID";

    /// <inheritdoc/>
    public override string FallbackStream => "loki";

    /// <inheritdoc/>
    public override Problem Check(HttpRequest request) =>
        request.ContentType?.Contains("protobuf", StringComparison.OrdinalIgnoreCase) == true
            ? new Problem(ProblemKind.BadRequest, "Pushes are taken as JSON: set the client's encoding to json.")
            : default;

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (request.Headers[Tenant] is { Count: 1 } tenant && !string.IsNullOrEmpty(tenant[0]))
        {
            events.UseStream(Encoding.UTF8.GetBytes(tenant[0]!));
        }
        return JsonEvents.ReadMember(body, "streams"u8, events);
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
}
