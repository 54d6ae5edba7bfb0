using System.Text.Json;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;

namespace Ingest.Sinks.Http.Formats.Bulk;

/// <summary>The answer to <c>_bulk</c>, of which each item is a verdict on an event. Pure.</summary>
internal static class BulkAnswer
{
    private const int Conflict = 409;

    // Statuses of 4xx that blame a document for what is wrong with its index.
    private static readonly string[] OfIndex = ["invalid_index_name_exception", "index_closed_exception", "index_not_found_exception"];

    /// <summary>Reads it.</summary>
    /// <param name="body">The body of an answer with 200.</param>
    /// <param name="events">Events of the request.</param>
    /// <param name="statuses">Judges the status of an item.</param>
    /// <param name="ofStream">Each stream has an index of its own.</param>
    /// <param name="withReasons">Whether sentences of errors are kept: they may repeat what was sent.</param>
    internal static HttpAnswer Read(AnswerBody body, int events, StatusTable statuses, bool ofStream, bool withReasons)
    {
        if (!body.IsWhole)
        {
            // It may say that all were taken. Sent again, those that were are conflicts.
            return new HttpAnswer(new SinkVerdict(
                VerdictKind.Retryable, $"the answer broke off, or is longer than {body.Bytes.Length} bytes or compressed"));
        }
        try
        {
            using var document = JsonDocument.Parse(body.Bytes);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("items", out var items)
                && items.ValueKind == JsonValueKind.Array && items.GetArrayLength() == events)
            {
                var judge = new ItemJudge(statuses, ofStream, withReasons);
                return new HttpAnswer(SinkVerdict.Delivered, PerEvent: [.. items.EnumerateArray().Select(judge.Of)]);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // The same as an answer that is JSON and none of these.
        }
        return new HttpAnswer(new SinkVerdict(
            VerdictKind.Blocked, $"what is at the URL answers without {events} items: no _bulk", Scope: VerdictScope.Sink));
    }

    private sealed class ItemJudge(StatusTable statuses, bool ofStream, bool withReasons)
    {
        internal SinkVerdict Of(JsonElement item)
        {
            var result = item.EnumerateObject().First().Value;
            var status = result.GetProperty("status").GetInt32();
            var (type, reason) = Error(result);
            if (status == Conflict && type is "" or "version_conflict_engine_exception")
            {
                // It is there: an earlier attempt was taken, and its answer lost.
                return SinkVerdict.Delivered;
            }
            var kind = OfIndex.Contains(type) ? VerdictKind.Blocked : statuses[status, saysWhen: false];
            if (kind == VerdictKind.Delivered)
            {
                return SinkVerdict.Delivered;
            }
            var said = withReasons && reason.Length > 0 ? $"{type}: {reason}" : type;
            return new SinkVerdict(kind, said.Length > 0 ? $"item {status}: {said}" : $"item {status}", Scope: ScopeOf(kind));
        }

        // Overload is the other side's as a whole; a document that fails beside others that do not, for its shard's sake, is alone.
        private VerdictScope ScopeOf(VerdictKind kind) => kind switch
        {
            VerdictKind.Congested => VerdictScope.Unknown,
            VerdictKind.Blocked => ofStream ? VerdictScope.Stream : VerdictScope.Unknown,
            _ => VerdictScope.Event,
        };

        private static (string Type, string Reason) Error(JsonElement result)
        {
            if (!result.TryGetProperty("error", out var error))
            {
                return ("", "");
            }
            return error.ValueKind == JsonValueKind.Object
                ? (Text(error, "type"), Text(error, "reason"))
                : (error.ValueKind == JsonValueKind.String ? AnswerReason.OneLine(error.GetString()!) : "", "");
        }

        private static string Text(JsonElement error, string name) =>
            error.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
                ? AnswerReason.OneLine(text.GetString()!)
                : "";
    }
}
