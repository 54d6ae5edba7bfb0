using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ingest.Sinks.Http;

/// <summary>
/// What an answer says for itself: its status, and of a short text or a JSON object (RFC 9457 <c>detail</c> or <c>title</c>, or the usual
/// <c>message</c>, <c>error</c>) the sentence. Bodies are read no further than a bound; pages of HTML say nothing to anybody here.
/// </summary>
internal static class AnswerReason
{
    private const int TextLengthMax = 300;

    private static readonly string[] Names = ["detail", "title", "message", "error_description", "error", "code"];

    internal static async ValueTask<string> ReadAsync(HttpResponseMessage response, int bytesMax, CancellationToken cancel)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}");
        var text = bytesMax > 0 ? Sentence(response, await BodyAsync(response, bytesMax, cancel)) : "";
        return text.Length > 0 ? $"{status}: {text}" : status;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage response, int bytesMax, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var bytes = new byte[bytesMax];
        var read = await body.ReadAtLeastAsync(bytes, bytesMax, throwOnEndOfStream: false, cancel);
        return bytes.AsMemory(0, read);
    }

    private static string Sentence(HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (type.EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            return Member(body);
        }
        return type.Equals("text/plain", StringComparison.OrdinalIgnoreCase) ? OneLine(Encoding.UTF8.GetString(body.Span)) : "";
    }

    private static string Member(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.String)
            {
                return OneLine(root.GetString()!);
            }
            foreach (var name in root.ValueKind == JsonValueKind.Object ? Names : [])
            {
                if (root.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String)
                {
                    return OneLine(member.GetString()!);
                }
            }
        }
        catch (JsonException)
        {
            // Cut short by the bound, or no JSON: the status is all there is to say.
        }
        return "";
    }

    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= TextLengthMax ? line : line[..TextLengthMax] + "…";
    }
}
