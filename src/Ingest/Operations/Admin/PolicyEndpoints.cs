using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ingest.Health.Policy;
using Ingest.Operations.Audit;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Admin;

/// <summary>
/// <c>/policy</c>: shows the policy in force, and replaces it. The ETag names what is in force, so that of two operators who change it at
/// once the second learns of the first.
/// </summary>
internal static class PolicyEndpoints
{
    private const int TagBytes = 8;

    internal static void Map(AdminRoutes routes, AdminSurface surface) => routes.Map(
        "/policy",
        needsToken: true,
        (HttpMethods.Get, context => ShowAsync(context, surface.Policy.Current.Document)),
        (HttpMethods.Put, context => ReplaceAsync(context, surface)));

    private static Task ShowAsync(HttpContext context, PolicyDocument document)
    {
        var body = Body(document);
        context.Response.Headers.ETag = Tag(body);
        return AdminJson.WriteAsync(context, body, "application/json");
    }

    private static async Task ReplaceAsync(HttpContext context, AdminSurface surface)
    {
        var policy = surface.Policy;
        var before = policy.Current;
        var match = context.Request.Headers.IfMatch.ToString();
        if (match is not ("" or "*") && match != Tag(Body(before.Document)))
        {
            await AdminProblem.Outdated.WriteAsync(context);
            return;
        }
        try
        {
            var body = await ReadAsync(context);
            var done = policy.TrySet(body.Span, match is "" or "*" ? null : before, out var error);
            if (done)
            {
                surface.Audit.Record(context, "policy.set", "node", Encoding.UTF8.GetString(Body(policy.Current.Document)));
            }
            await (done ? ShowAsync(context, policy.Current.Document)
                : error is null ? AdminProblem.Outdated.WriteAsync(context)
                : AdminProblem.Invalid("invalid_policy", error).WriteAsync(context));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await AdminProblem.Failed($"The policy could not be written, the old one stays: {e.Message}").WriteAsync(context);
        }
    }

    // A little more than is allowed is enough to be told so.
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.IsCompleted || read.Buffer.Length > PolicyDocument.BytesMax)
            {
                var body = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, PolicyDocument.BytesMax + 1)).ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static byte[] Body(PolicyDocument document) =>
        JsonSerializer.SerializeToUtf8Bytes(document, PolicyJson.Default.PolicyDocument);

    private static string Tag(byte[] body) => $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, TagBytes))}\"";
}
