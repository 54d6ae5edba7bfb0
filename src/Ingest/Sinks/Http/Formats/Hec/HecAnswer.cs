using System.Text.Json;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;

namespace Ingest.Sinks.Http.Formats.Hec;

/// <summary>
/// The answer of an HTTP Event Collector: <c>{"text":…,"code":…}</c>. The code tells what a status leaves open; an answer without one is
/// judged by its status, as are codes of later versions with a status that is no success. Pure.
/// </summary>
internal static class HecAnswer
{
    internal const int BytesMax = 8 * 1024;

    private const int Success = 0;
    private const int IncorrectIndex = 7;

    /// <summary>The verdict; null when the status says it all.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="isIndexOfEvent">Whether the producer chose the index, not the settings.</param>
    internal static HttpAnswer? Read(in ReceivedAnswer answer, bool isIndexOfEvent)
    {
        if (!TryRead(answer.Body.Bytes, out var code, out var text))
        {
            return null;
        }
        var isTaken = answer.Usual.Kind == VerdictKind.Delivered;
        if (code == Success && isTaken)
        {
            return null;
        }
        VerdictKind? kind = code switch
        {
            IncorrectIndex when isIndexOfEvent => VerdictKind.Rejected,
            // Tokens, channels and acknowledgements are the settings' matter, and no event is to blame.
            >= 1 and <= 4 or IncorrectIndex or 10 or 11 or 14 or 16 or 21 or 22 => VerdictKind.Blocked,
            5 or 6 or 12 or 13 or 15 => VerdictKind.Rejected,
            8 or 23 => VerdictKind.Retryable,
            9 or 18 or 19 or 20 or 26 or 27 => VerdictKind.Congested,
            _ when isTaken => VerdictKind.Retryable,
            _ => null,
        };
        if (kind is null)
        {
            return null;
        }
        var scope = code is >= 1 and <= 4 or 21 or 22 ? VerdictScope.Sink : answer.Usual.Scope;
        var reason = $"HTTP {answer.Status}, code {code}{(text.Length > 0 ? ": " + text : "")}";
        return new HttpAnswer(new SinkVerdict(kind.Value, reason, answer.Usual.RetryAfter, scope));
    }

    private static bool TryRead(ReadOnlyMemory<byte> body, out int code, out string text)
    {
        (code, text) = (-1, "");
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("code", out var number)
                || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out code))
            {
                return false;
            }
            if (document.RootElement.TryGetProperty("text", out var said) && said.ValueKind == JsonValueKind.String)
            {
                text = AnswerReason.OneLine(said.GetString()!);
            }
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, cut short, or text that is half a character.
            return false;
        }
    }
}
