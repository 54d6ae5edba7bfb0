using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Admin;

/// <summary>An answer of the admin listener that is not a success, as RFC 9457 has it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">In snake case, stable.</param>
/// <param name="Title">What kind of problem it is.</param>
/// <param name="Detail">One sentence: what is wrong and what to do.</param>
internal sealed record AdminProblem(int Status, string Code, string Title, string Detail)
{
    internal static readonly AdminProblem Unauthenticated = new(
        StatusCodes.Status401Unauthorized,
        "unauthenticated",
        "A token is needed",
        "Send Authorization: Bearer with the value of Admin:Token.");

    internal static readonly AdminProblem WrongHost = new(
        StatusCodes.Status403Forbidden,
        "forbidden",
        "Not by this name",
        "Call the listener by its address, or add the name to Admin:Hosts.");

    internal static readonly AdminProblem ForeignOrigin = new(
        StatusCodes.Status403Forbidden, "forbidden", "Not from that page", "Requests of other web pages are not taken.");

    internal static readonly AdminProblem NotFound = new(
        StatusCodes.Status404NotFound, "not_found", "There is nothing at this path", "See /openapi.json for what there is.");

    internal static readonly AdminProblem Outdated = new(
        StatusCodes.Status412PreconditionFailed,
        "outdated",
        "Somebody else was faster",
        "The policy is another one than If-Match names; read it again.");

    internal static readonly AdminProblem MethodNotAllowed = new(
        StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Not with this method", "See the Allow header.");

    /// <summary>A request that makes no sense.</summary>
    internal static AdminProblem Bad(string detail) =>
        new(StatusCodes.Status400BadRequest, "bad_request", "The request does not make sense", detail);

    /// <summary>A thing that is not there.</summary>
    internal static AdminProblem Missing(string code, string detail) =>
        new(StatusCodes.Status404NotFound, code, "There is no such thing", detail);

    /// <summary>A request that does not fit the state things are in.</summary>
    internal static AdminProblem Conflict(string code, string detail) => new(StatusCodes.Status409Conflict, code, "Not now", detail);

    /// <summary>A document that is not what it should be.</summary>
    internal static AdminProblem Invalid(string code, string detail) =>
        new(StatusCodes.Status422UnprocessableEntity, code, "The document is wrong", detail);

    /// <summary>A thing that cannot be done at present.</summary>
    internal static AdminProblem Unavailable(string code, string detail) =>
        new(StatusCodes.Status503ServiceUnavailable, code, "Not at present", detail);

    /// <summary>Something of ours that failed.</summary>
    internal static AdminProblem Failed(string detail) =>
        new(StatusCodes.Status500InternalServerError, "internal_error", "The node made a mistake", detail);

    internal Task WriteAsync(HttpContext context)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("type", "urn:ingest:error:" + Code);
            json.WriteString("title", Title);
            json.WriteNumber("status", Status);
            json.WriteString("code", Code);
            json.WriteString("detail", Detail);
            json.WriteEndObject();
        }
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.ContentLength = output.WrittenCount;
        response.Headers.CacheControl = "no-store";
        if (Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer realm=\"ingest\"";
        }
        return response.Body.WriteAsync(output.WrittenMemory, context.RequestAborted).AsTask();
    }
}
