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

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly string[] Names = ["detail", "title", "message", "error_description", "error", "code"];

    internal static async ValueTask<string> ReadAsync(
        HttpResponseMessage response, int bytesMax, TimeProvider time, CancellationToken cancel)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}");
        var text = bytesMax > 0 && IsReadable(response) ? Sentence(response, await BodyAsync(response, bytesMax, time, cancel)) : "";
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

    // Compressed, it is no text yet, and how much text it will be is not known.
    private static bool IsReadable(HttpResponseMessage response) => response.Content.Headers.ContentEncoding.Count == 0;

    // What has come by the time the answer breaks off, stalls or the attempt ends.
    private static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(
        HttpResponseMessage response, int bytesMax, TimeProvider time, CancellationToken cancel)
    {
        var bytes = new byte[bytesMax];
        var read = 0;
        using var within = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, within.Token);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            int more;
            while (read < bytesMax && (more = await body.ReadAsync(bytes.AsMemory(read), either.Token)) > 0)
            {
                read += more;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // Then this is all it says.
        }
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
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Cut short by the bound, no JSON, or text that is no UTF-8 or half a character: the status is all there is to say.
        }
        return "";
    }
}
