using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>Answers with the product header, which clients of version 8 and later want on every one, refusals too.</summary>
internal static class ElasticAnswers
{
    internal const string Overload = "es_rejected_execution_exception";

    private const string Compatible = "application/vnd.elasticsearch+json";

    internal static void Json(HttpContext context, int status, string json)
    {
        Begin(context);
        DialectResponse.WriteJson(context, status, json);
        context.Response.ContentType = ContentType(context.Request);
    }

    internal static void Begin(HttpContext context) => context.Response.Headers["X-Elastic-Product"] = "Elasticsearch";

    /// <summary>The type the client asked for, where it is Elasticsearch's own.</summary>
    internal static string ContentType(HttpRequest request) =>
        request.Headers.Accept is { Count: 1 } accept && accept[0] is { Length: < 100 } type
        && type.StartsWith(Compatible, StringComparison.OrdinalIgnoreCase) && !type.Contains(',', StringComparison.Ordinal)
            ? type
            : "application/json";

    /// <summary>A refusal of the whole request as Elasticsearch words it.</summary>
    internal static void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var (status, type) = kind.Status switch
        {
            _ when refusal.IsLater => (StatusCodes.Status429TooManyRequests, Overload),
            StatusCodes.Status401Unauthorized => (StatusCodes.Status401Unauthorized, "security_exception"),
            StatusCodes.Status403Forbidden => (StatusCodes.Status403Forbidden, "security_exception"),
            StatusCodes.Status404NotFound => (StatusCodes.Status404NotFound, "index_not_found_exception"),
            StatusCodes.Status405MethodNotAllowed => (StatusCodes.Status405MethodNotAllowed, "method_not_allowed"),
            StatusCodes.Status413PayloadTooLarge => (StatusCodes.Status413PayloadTooLarge, "content_too_long_exception"),
            var other => (other, other >= 500 ? "internal_error" : "illegal_argument_exception"),
        };
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"ingest\", ApiKey";
        }
        Json(context, status, Error(type, refusal.Problem.Detail, status));
    }

    internal static string Error(string type, string reason, int status)
    {
        var cause = $"\"type\":\"{type}\",\"reason\":{DialectResponse.Quoted(reason)}";
        return $"{{\"error\":{{\"root_cause\":[{{{cause}}}],{cause}}},\"status\":{DialectResponse.Text(status)}}}";
    }
}
