using Microsoft.AspNetCore.Http;

namespace Ingest.Operations;

/// <summary>
/// docs/openapi.json, which describes both listeners: for authors of producers, and of scripts around a node. Written by hand; a
/// test holds it against the routes, the codes and the settings there are (docs/decisions/0030-openapi.md).
/// </summary>
internal static class ApiDocument
{
    private const string Name = "openapi.json";

    /// <summary>The document, UTF-8.</summary>
    internal static ReadOnlyMemory<byte> Bytes { get; } = Read();

    internal static Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = Bytes.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(Bytes, context.RequestAborted).AsTask();
    }

    private static byte[] Read()
    {
        using var resource = typeof(ApiDocument).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"{Name} was not built in.");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
