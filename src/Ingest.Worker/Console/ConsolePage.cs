using System.Security.Cryptography;
using System.Text;

namespace Ingest.Worker;

/// <summary>
/// The page at <c>/</c> of the admin listener: one file, nothing from elsewhere. It shows nothing by itself; what it asks for is guarded as
/// always. Its style and its script are allowed by their hashes, so that nothing else can run in it.
/// </summary>
internal static class ConsolePage
{
    private const string Resource = "Ingest.Worker.Console.console.html";

    /// <summary>Maps the page.</summary>
    internal static void MapConsole(this IEndpointRouteBuilder endpoints)
    {
        // Read when the page is asked for: hashing loads OpenSSL.
        var page = new Lazy<(byte[] Bytes, string Policy)>(
            () => Read() is var bytes ? (bytes, Policy(Encoding.UTF8.GetString(bytes))) : default);
        endpoints.MapMethods(
            "/",
            [HttpMethods.Get, HttpMethods.Head],
            (RequestDelegate)(context => AnswerAsync(context, page.Value.Bytes, page.Value.Policy)));
    }

    /// <summary>The page's content security policy.</summary>
    internal static string Policy(string page) =>
        $"default-src 'none'; style-src '{Hash(page, "style")}'; script-src '{Hash(page, "script")}'; connect-src 'self'; "
        + "img-src data:; require-trusted-types-for 'script'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    internal static byte[] Read()
    {
        using var resource = typeof(ConsolePage).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not in the executable.");
        using var copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }

    private static Task AnswerAsync(HttpContext context, byte[] page, string policy)
    {
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = page.Length;
        var headers = response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(page, context.RequestAborted).AsTask();
    }

    private static string Hash(string page, string element)
    {
        var start = page.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var end = page.IndexOf($"</{element}>", start, StringComparison.Ordinal);
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page[start..end])));
    }
}
