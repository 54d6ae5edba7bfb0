using System.Buffers;
using System.Text.Json;

namespace Ingest.Testing;

/// <summary>Posts a journalled attempt and writes down how it ended.</summary>
public static class Posting
{
    /// <summary>Sends the attempt's events and waits for the answer, at most as long as <paramref name="patience"/>.</summary>
    internal static async Task SendAsync(
        RawConnection connection, EventJournal journal, Attempt attempt, ArrayBufferWriter<byte> body, TimeSpan patience)
    {
        body.ResetWrittenCount();
        journal.WriteBody(attempt, body);
        var path = attempt.Stream == "default" ? "/v1/events" : $"/v1/streams/{attempt.Stream}/events";
        var key = attempt.Key.Length == 0 ? "" : $"Ingest-Key: {attempt.Key}\r\n";
        var head = RawConnection.PostHead(path, ContentType(attempt.Shape), body.WrittenCount, key);
        var request = new byte[head.Length + body.WrittenCount];
        head.CopyTo(request, 0);
        body.WrittenSpan.CopyTo(request.AsSpan(head.Length));

        using var patient = new CancellationTokenSource(patience, TimeProvider.System);
        try
        {
            Record(attempt, await connection.ExchangeAsync(request, patient.Token));
        }
        catch (OperationCanceledException)
        {
            attempt.Outcome = AttemptOutcome.Hung;
        }
        attempt.EndedAt = TimeProvider.System.GetTimestamp();
    }

    private static string ContentType(BodyShape body) => body switch
    {
        BodyShape.Ndjson => "application/x-ndjson",
        BodyShape.Opaque => "application/octet-stream",
        _ => "application/json",
    };

    /// <summary>Notes on an attempt what came back for it.</summary>
    public static void Record(Attempt attempt, RawAnswer answer)
    {
        attempt.Status = answer.Status;
        attempt.Close = answer.Close || !answer.Complete;
        attempt.HasRetryAfter = answer.Header("Retry-After") is not null;
        attempt.Outcome = answer.Status switch
        {
            0 => AttemptOutcome.Cut,
            202 => AttemptOutcome.Accepted,
            _ => AttemptOutcome.Refused,
        };
        if (!answer.Complete || answer.Body.IsEmpty)
        {
            return;
        }
        using var body = JsonDocument.Parse(answer.Body);
        if (answer.Status == 202)
        {
            attempt.FirstSequence = body.RootElement.GetProperty("first").GetInt64();
            attempt.LastSequence = body.RootElement.GetProperty("last").GetInt64();
        }
        else if (body.RootElement.TryGetProperty("code", out var code))
        {
            attempt.Code = code.GetString() ?? "";
        }
    }
}
