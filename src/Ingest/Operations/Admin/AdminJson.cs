using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Admin;

/// <summary>Answers in one piece, with their length.</summary>
internal static class AdminJson
{
    internal static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json");

    internal static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body, string type)
    {
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
