using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ingest.Sinks.Http.Answers;

/// <summary>
/// What an answer says for itself: its status, and of a short text or a JSON object (RFC 9457 <c>detail</c> or <c>title</c>, or the usual
/// <c>message</c>, <c>error</c>) the sentence. Bodies are read no further than a bound; pages of HTML say nothing to anybody here.
/// </summary>
/// <remarks>
/// The status has decided before the body is read. So nothing that is wrong with a body, or that keeps it from coming, may change what
/// the answer means: a refusal would be sent again for ever.
/// </remarks>
internal static class AnswerReason
{
    private const int TextLengthMax = 300;

    private static readonly string[] Names = ["detail", "title", "message", "error_description", "error", "code"];

    /// <param name="response">The answer.</param>
    /// <param name="body">What came of its body.</param>
    internal static string Of(HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}");
        var text = body.IsEmpty ? "" : Sentence(response, body);
        return text.Length > 0 ? $"{status}: {text}" : status;
    }

    /// <summary>Of a foreign text: one line of text that a terminal can show, cut at a whole character.</summary>
    internal static string OneLine(string text)
    {
        var words = string.Concat(text.EnumerateRunes().Select(rune => Rune.IsControl(rune) ? " " : rune.ToString()));
        var line = string.Join(' ', words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= TextLengthMax)
        {
            return line;
        }
        return line[..(char.IsHighSurrogate(line[TextLengthMax - 1]) ? TextLengthMax - 1 : TextLengthMax)] + "…";
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
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Cut short by the bound, no JSON, or text that is no UTF-8 or half a character: the status is all there is to say.
        }
        return "";
    }
}
