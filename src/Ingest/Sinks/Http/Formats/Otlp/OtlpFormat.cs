using System.Text;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats.Otlp;

/// <summary>
/// OTLP/HTTP: each event is the body of an export request, in protobuf or JSON as it was stored, and goes to the path of its signal below
/// the URL.
/// </summary>
internal sealed class OtlpFormat : RequestFormat
{
    private const int AnswerBytes = 8 * 1024;

    private static readonly string[] Signals = ["logs", "traces", "metrics"];

    private readonly Dictionary<string, string> _signals = new(StringComparer.Ordinal)
    {
        ["otlp_logs"] = "logs",
        ["otlp_spans"] = "traces",
        ["otlp_metrics"] = "metrics",
    };

    /// <param name="further">Signals of streams beside the dialects' own.</param>
    internal OtlpFormat(IReadOnlyDictionary<string, string> further)
    {
        foreach (var (stream, signal) in further)
        {
            _signals[stream] = signal;
        }
    }

    /// <inheritdoc/>
    internal override int EventsMax => 1;

    internal static bool IsSignal(string signal) => Signals.Contains(signal, StringComparer.Ordinal);

    /// <inheritdoc/>
    internal override int AnswerBytesMax(int events) => AnswerBytes;

    /// <inheritdoc/>
    internal override SinkVerdict? Refuse(in StoredEvent stored) => Signal(stored) is null
        ? new SinkVerdict(
            VerdictKind.Blocked,
            $"stream {Encoding.ASCII.GetString(stored.Stream)} has no signal: OtlpSignals says logs, traces or metrics",
            Scope: VerdictScope.Stream)
        : null;

    /// <inheritdoc/>
    internal override Uri Place(Uri url, in StoredEvent first) =>
        new($"{url.AbsoluteUri.TrimEnd('/')}/v1/{Signal(first)}", UriKind.Absolute);

    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var stored = batch[indexes[0]];
        return new RequestBody(
            stored.Payload.ToArray(), stored.Format == EventFormat.Json ? "application/json" : "application/x-protobuf");
    }

    /// <inheritdoc/>
    internal override HttpAnswer? Read(in ReceivedAnswer answer, int events)
    {
        if (answer.Usual.Kind != VerdictKind.Delivered || PartialSuccess.Read(answer.Body.Bytes) is not { Rejected: > 0 } partial)
        {
            return null;
        }
        // A sender must not send it again: part of it was taken (OTLP 1.x, partial success). So it is not lost, and not repeated.
        var why = partial.Message.Length > 0 ? ": " + partial.Message : "";
        var reason = $"HTTP {answer.Status}: {partial.Rejected} of its records refused{why}";
        return new HttpAnswer(new SinkVerdict(VerdictKind.Rejected, reason, Scope: VerdictScope.Event));
    }

    private string? Signal(in StoredEvent stored) => _signals.GetValueOrDefault(Encoding.ASCII.GetString(stored.Stream));
}
