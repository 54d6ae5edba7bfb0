using System.Globalization;
using System.Net;
using System.Text;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Formats;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http;

/// <summary>Makes one request of some events of a batch, sends it, and says what came of it. Any thread.</summary>
internal sealed class PartSender(
    HttpExchange exchange, HttpCredentials credentials, RequestFormat format, HttpSinkOptions options, UrlTemplate url,
    Func<long, Guid> epochOf)
{
    private static readonly HttpAnswer NoAnswer = new(new SinkVerdict(VerdictKind.Retryable, "no answer within the attempt"));

    private readonly RefusedParts _refused = new();

    /// <summary>Sends events that the format does not refuse.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="stream">The stream whose place they go to; empty where there is one place for all.</param>
    /// <param name="indexes">Indexes of the batch.</param>
    /// <param name="cancel">The lane gives the attempt up.</param>
    internal async ValueTask<HttpAnswer> SendAsync(EventBatch batch, string stream, ReadOnlyMemory<int> indexes, CancellationToken cancel)
    {
        var part = PartKey.Of(batch, indexes.Span);
        if (indexes.Length > 1 && _refused.Find(part) is { } known)
        {
            return known;
        }
        using var request = Request(batch, stream, indexes.Span, part, out var fault);
        if (fault is not null)
        {
            return new HttpAnswer(new SinkVerdict(VerdictKind.Blocked, fault, Scope: VerdictScope.Sink));
        }
        // The answer comes on a thread that waits for sockets (docs/decisions/0013-request-threads.md): what follows encodes and flushes.
        HttpAnswer answer;
        try
        {
            answer = await exchange.SendAsync(request, indexes.Length, cancel).AsTask()
                .ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        catch (OperationCanceledException)
        {
            // These were under way as the attempt ended, so they may be why it took so long; what comes behind them was not tried.
            return NoAnswer;
        }
        if (indexes.Length > 1 && answer.Verdict.Kind == VerdictKind.Rejected)
        {
            _refused.Add(part, answer);
        }
        return answer;
    }

    private HttpRequestMessage Request(EventBatch batch, string stream, ReadOnlySpan<int> indexes, PartKey part, out string? fault)
    {
        var first = batch[indexes[0]];
        var body = format.Encode(batch, indexes).Compress(options.Compression);
        var request = new HttpRequestMessage(HttpMethod.Post, format.Place(url.For(stream), first))
        {
            Content = body.ToContent(),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        Describe(request, part, batch, indexes);
        try
        {
            credentials.Apply(request, body);
            fault = null;
        }
        catch (Exception e) when (HttpCredentials.Problem(e) is { } problem)
        {
            fault = problem;
        }
        format.Describe(request, first);
        return request;
    }

    private void Describe(HttpRequestMessage request, PartKey part, EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var (first, last, checksum) = part;
        var headers = request.Headers;
        headers.TryAddWithoutValidation(
            "Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"\"{epochOf(first):N}-{first}-{last}-{checksum:x8}\""));
        headers.TryAddWithoutValidation("Ingest-Sequence", string.Create(CultureInfo.InvariantCulture, $"{first}-{last}"));
        headers.TryAddWithoutValidation("Ingest-Events", indexes.Length.ToString(CultureInfo.InvariantCulture));
        if (Trace(batch, indexes, "traceparent"u8) is { } parent)
        {
            headers.TryAddWithoutValidation("traceparent", parent);
            if (Trace(batch, indexes, "tracestate"u8) is { } state)
            {
                headers.TryAddWithoutValidation("tracestate", state);
            }
        }
    }

    // A request belongs to a trace only if all its events do.
    private static string? Trace(EventBatch batch, ReadOnlySpan<int> indexes, ReadOnlySpan<byte> name)
    {
        var common = batch[indexes[0]].Attributes.Find(name);
        foreach (var index in common.IsEmpty ? [] : indexes[1..])
        {
            if (!batch[index].Attributes.Find(name).SequenceEqual(common))
            {
                return null;
            }
        }
        return common.IsEmpty ? null : Encoding.ASCII.GetString(common);
    }
}
