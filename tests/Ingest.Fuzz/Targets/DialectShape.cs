using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A kind of request of a dialect: its path, its head, a body that is right, and the events a plain reader sees in a body.
/// </summary>
internal sealed record DialectShape(string Pattern, string Seed)
{
    internal string ContentType { get; init; } = "application/json";

    internal string Query { get; init; } = "";

    internal (string Name, string Value)[] Headers { get; init; } = [];

    internal (string Name, string Value)[] Route { get; init; } = [];

    /// <summary>Set where the seed is no text.</summary>
    internal byte[]? Bytes { get; init; }

    /// <summary>Signs a body, where the dialect wants that.</summary>
    internal Action<HttpRequest, byte[]>? Sign { get; init; }

    /// <summary>The payloads of a body that was taken; null: nothing to compare with.</summary>
    internal Func<byte[], List<byte[]>?>? Plain { get; init; }

    internal byte[] SeedBytes => Bytes ?? Encoding.UTF8.GetBytes(Seed);

    internal DefaultHttpContext Request(byte[] body)
    {
        var context = new DefaultHttpContext();
        var request = context.Request;
        (request.Method, request.Protocol, request.ContentType, request.ContentLength) = ("POST", "HTTP/2", ContentType, body.Length);
        request.QueryString = new QueryString(Query);
        foreach (var (name, value) in Headers)
        {
            request.Headers[name] = value;
        }
        foreach (var (name, value) in Route)
        {
            request.RouteValues[name] = value;
        }
        Sign?.Invoke(request, body);
        context.Response.Body = new MemoryStream();
        context.Features.Set<IHttpResponseTrailersFeature>(new Trailers());
        return context;
    }

    private sealed class Trailers : IHttpResponseTrailersFeature
    {
        IHeaderDictionary IHttpResponseTrailersFeature.Trailers { get; set; } = new HeaderDictionary();
    }
}
