using Ingest.Events;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Datadog;

/// <summary>Datadog's log intake, of its API and of its older agents.</summary>
internal sealed class DatadogDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "datadog";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var intake = new DatadogIntake(options);
        return
        [
            DialectRoute.Takes("/api/v2/logs", intake),
            DialectRoute.Takes("/v1/input", intake),
            DialectRoute.Takes("/v1/input/{key}", intake),
            DialectRoute.Answers("/api/v1/validate", ValidateAsync),
        ];
    }

    private static Task ValidateAsync(HttpContext context, IDialectNode node)
    {
        var known = node.Knows(context.Request, DatadogIntake.Credentials(context.Request));
        DialectResponse.WriteJson(
            context,
            known ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden,
            known ? "{\"valid\":true}" : "{\"errors\":[\"Forbidden\"]}");
        return Task.CompletedTask;
    }
}

/// <summary>Takes an array, objects one after another, or lines of text; each element, object or line is an event.</summary>
internal sealed class DatadogIntake(DialectOptions options) : DialectIntake(options)
{
    /// <inheritdoc/>
    public override string FallbackStream => "datadog";

    /// <inheritdoc/>
    public override DialectCredentials FindKey(HttpRequest request) => Credentials(request);

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var first = body.IndexOfAnyExcept(" \r\n\t"u8) is var at and >= 0 ? body[at] : (byte)0;
        if (first is not ((byte)'{' or (byte)'['))
        {
            events.Are(EventFormat.Opaque, MediaTypeNames.Text);
            return JsonEvents.ReadLines(body, default, events);
        }
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone)
        {
            return problem;
        }
        if (first == '{')
        {
            return JsonEvents.ReadValues(ref cursor, body, events);
        }
        problem = JsonEvents.ReadElements(ref cursor, body, events);
        return problem.IsNone ? cursor.End() : problem;
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) =>
        DialectResponse.Write(context, StatusCodes.Status202Accepted, "application/json", "{}"u8);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status429TooManyRequests
            : kind == ProblemKind.Unauthenticated ? StatusCodes.Status403Forbidden
            : kind.Status;
        var error = $"{{\"status\":\"{status}\",\"title\":\"{kind.Code}\",\"detail\":{DialectResponse.Quoted(refusal.Problem.Detail)}}}";
        DialectResponse.WriteJson(context, status, $"{{\"errors\":[{error}]}}");
    }

    internal static DialectCredentials Credentials(HttpRequest request) => DialectCredentials.Of(request.Headers["DD-API-KEY"])
        .Or(DialectCredentials.Of(request.Query["dd-api-key"]))
        .Or(new DialectCredentials(request.RouteValues["key"] as string));
}
