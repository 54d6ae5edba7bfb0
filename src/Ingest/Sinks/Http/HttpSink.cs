using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Files;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Requests;
using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Http;

/// <summary>
/// POSTs batches. A batch is one flight: its requests, one a stream where each has a place of its own and more where it is bisected, go one
/// after another, so that events of one key keep their order.
/// </summary>
internal sealed class HttpSink : ISink
{
    private static readonly SinkVerdict NotSent =
        new(VerdictKind.Retryable, "not sent within the attempt", Scope: VerdictScope.NotTried);

    private static readonly HttpAnswer NoAnswer = new(new SinkVerdict(VerdictKind.Retryable, "no answer within the attempt"));

    private readonly SinkSetup _setup;
    private readonly HttpSinkOptions _options;
    private readonly UrlTemplate _url;
    private readonly StatusTable _statuses;
    private readonly HttpCredentials _credentials;
    private readonly CloudEventEncoder _cloudEvents;
    private readonly RefusedParts _refused = new();
    private readonly Func<long, Guid> _epochOf;
    private readonly ILogger _logger;
    private HttpMessageInvoker? _client;
    private HttpExchange? _exchange;

    internal HttpSink(SinkSetup setup, HttpSinkOptions options, UrlTemplate url)
    {
        (_setup, _options, _url) = (setup, options, url);
        _statuses = new StatusTable(options.Statuses, options.Compression != HttpCompression.None);
        _credentials = new HttpCredentials(options, setup.DataDirectory, setup.Time);
        _cloudEvents = new CloudEventEncoder(setup.LogId, setup.EpochOf);
        _epochOf = setup.EpochOf;
        _logger = setup.Loggers.CreateLogger<HttpSink>();
        Traits = new SinkTraits
        {
            BatchBytesMax = options.BatchBytesMax,
            BatchEventsMax = options.BatchEventsMax,
            WindowMax = options.WindowMax,
        };
    }

    public SinkTraits Traits { get; }

    /// <summary>Reads secrets and certificates. Whether the other side is there, the first batch will tell.</summary>
    public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel)
    {
        try
        {
            _credentials.Check();
            var client = HttpConnections.Open(_options, _credentials.Tls());
            _client?.Dispose();
            _client = client;
            _exchange = new HttpExchange(client, _credentials, _statuses, _options, _setup.Time, _url.IsPerStream);
        }
        catch (Exception e) when (HttpCredentials.Problem(e) is { } problem)
        {
            return ValueTask.FromResult(new SinkVerdict(VerdictKind.Blocked, problem));
        }
        Log.Opened(_logger, _setup.Name, _options.Format, _options.Url, _options.WindowMax);
        return ValueTask.FromResult(SinkVerdict.Delivered);
    }

    public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        var verdicts = new SinkVerdict[batch.Count];
        Array.Fill(verdicts, NotSent);
        foreach (var (stream, indexes) in Groups(batch))
        {
            var part = new SinkVerdict[indexes.Count];
            Array.Fill(part, verdicts[indexes[0]]);
            bool whole;
            try
            {
                whole = await Bisection.RunAsync(part, (start, count) => SendAsync(batch, stream, indexes, start, count, cancel));
            }
            catch (OperationCanceledException)
            {
                // What was decided before the attempt ended is decided.
                whole = false;
            }
            for (var i = 0; i < indexes.Count; i++)
            {
                verdicts[indexes[i]] = part[i];
            }
            // Other streams have places of their own; what fails for the sink as a whole, or ran out of time, fails for them too.
            if (!whole && (cancel.IsCancellationRequested || !part.Any(verdict => verdict.Scope == VerdictScope.Stream)))
            {
                break;
            }
        }
        return new SinkResult(SinkVerdict.Delivered, verdicts);
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }

    private List<(string Stream, List<int> Indexes)> Groups(EventBatch batch)
    {
        if (!_url.IsPerStream)
        {
            return [("", [.. Enumerable.Range(0, batch.Count)])];
        }
        var groups = new StreamGroups();
        groups.Group(batch);
        return [.. groups.All.Select(group => (group.Stream, group.Indexes))];
    }

    private async ValueTask<HttpAnswer> SendAsync(
        EventBatch batch, string stream, List<int> indexes, int start, int count, CancellationToken cancel)
    {
        var part = PartKey.Of(batch, CollectionsMarshal.AsSpan(indexes).Slice(start, count));
        if (count > 1 && _refused.Find(part) is { } known)
        {
            return known;
        }
        var body = RequestBody.Encode(
            batch, CollectionsMarshal.AsSpan(indexes).Slice(start, count), _options.Format, _cloudEvents)
            .Compress(_options.Compression);
        using var request = new HttpRequestMessage(HttpMethod.Post, _url.For(stream))
        {
            Content = body.ToContent(),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        Describe(request, part, batch, CollectionsMarshal.AsSpan(indexes).Slice(start, count));
        try
        {
            _credentials.Apply(request, body);
        }
        catch (Exception e) when (HttpCredentials.Problem(e) is { } problem)
        {
            return new HttpAnswer(new SinkVerdict(VerdictKind.Blocked, problem, Scope: VerdictScope.Sink));
        }
        // The answer comes on a thread that waits for sockets (docs/decisions/0013-request-threads.md): what follows encodes and flushes.
        HttpAnswer answer;
        try
        {
            answer = await _exchange!.SendAsync(request, cancel).AsTask().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        catch (OperationCanceledException)
        {
            // These were under way as the attempt ended, so they may be why it took so long; what comes behind them was not tried.
            return NoAnswer;
        }
        if (count > 1 && answer.Verdict.Kind == VerdictKind.Rejected)
        {
            _refused.Add(part, answer);
        }
        return answer;
    }

    private void Describe(HttpRequestMessage request, PartKey part, EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var (first, last, checksum) = part;
        var headers = request.Headers;
        headers.TryAddWithoutValidation(
            "Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"\"{_epochOf(first):N}-{first}-{last}-{checksum:x8}\""));
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
