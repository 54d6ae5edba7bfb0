using System.Text;
using Ingest.Events;

namespace Ingest.Tests.Intake.Matrix;

/// <summary>Something a producer relies on, whatever the format and the encoding.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Expected">What a cell is to say; null where the feature does not apply.</param>
/// <param name="TryAsync">Tries it, and says what came.</param>
internal sealed record SentFeature(
    string Name, Func<SentFormat, SentEncoding, string?> Expected, Func<MatrixCell, Task<string>> TryAsync)
{
    internal const int EventBytesMax = 4096;
    private const string Once = "202, repeated, 409 idempotency_conflict";
    private const string OnceById = "202, repeated, 202";
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    internal static IReadOnlyList<SentFeature> All { get; } =
    [
        new("stored byte for byte", (_, _) => "202", async cell => Same(await cell.PostAsync(), cell.Payloads)),
        new("the same in chunks", (_, _) => "202", async cell => Same(await cell.PostAsync(isChunked: true), cell.Payloads)),
        new("one key for all", (_, _) => "202", async cell =>
            OnAll(await cell.PostAsync(headers: ("Ingest-Key", "key-7")), stored => Encoding.UTF8.GetString(stored.Key) == "key-7")),
        new("the trace goes on", (_, _) => "202", async cell =>
            OnAll(
                await cell.PostAsync(headers: ("traceparent", Trace)),
                stored => Encoding.UTF8.GetString(stored.Attributes.Find("traceparent"u8)) == Trace)),
        new("Idempotency-Key", (_, _) => Once, cell => RepeatAsync(cell, ("Idempotency-Key", cell.Id))),
        new(
            "CloudEvent source and id",
            (format, _) => format.IsMarkedByItself ? OnceById : null,
            cell => RepeatAsync(cell)),
        new("without a byte", (format, _) => format.Empty, async cell => (await cell.PostAsync(body: "")).Word),
        new("an event too large", (_, _) => "413 event_too_large", async cell => (await cell.PostAsync(body: cell.Large)).Word),
        new("malformed", (format, _) => format.Broken is { } broken ? $"400 {broken.Code}" : null, async cell =>
            (await cell.PostAsync(body: cell.Format.Broken!.Value.Body)).Word),
        new("cut short", (_, encoding) => encoding.Header is null ? null : "400 bad_encoding", async cell =>
            (await cell.PostAsync(cut: 3)).Word),
    ];

    private static string Same(MatrixAnswer answer, string[] payloads) =>
        answer.Stored.Select(stored => Encoding.UTF8.GetString(stored.Payload.Span)).SequenceEqual(payloads) ? answer.Word : "other bytes";

    private static string OnAll(MatrixAnswer answer, Func<StoredEvent, bool> isSo) =>
        answer.Stored.Count > 0 && answer.Stored.All(isSo) ? answer.Word : "not on all events";

    private static async Task<string> RepeatAsync(MatrixCell cell, params (string, string)[] headers)
    {
        var first = await cell.PostAsync(headers: headers);
        var again = await cell.PostAsync(headers: headers);
        var other = await cell.PostAsync(body: cell.Body + " ", headers: headers);
        var repeated = again.IsReplay && again.Text == first.Text ? "repeated" : "stored again";
        return $"{first.Word}, {repeated}, {other.Word}";
    }
}
