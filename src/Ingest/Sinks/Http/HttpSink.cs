using Ingest.Sinks.Contract;
using Ingest.Sinks.Files;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Formats;
using Ingest.Sinks.Http.Requests;
using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Http;

/// <summary>
/// POSTs batches. A batch is one flight: its requests, one a stream where each has a place of its own, and more where it is bisected or the
/// format says so, go one after another, so that events of one key keep their order.
/// </summary>
internal sealed class HttpSink : ISink
{
    private static readonly SinkVerdict NotSent =
        new(VerdictKind.Retryable, "not sent within the attempt", Scope: VerdictScope.NotTried);

    private readonly SinkSetup _setup;
    private readonly HttpSinkOptions _options;
    private readonly UrlTemplate _url;
    private readonly StatusTable _statuses;
    private readonly HttpCredentials _credentials;
    private readonly RequestFormat _format;
    private readonly ILogger _logger;
    private HttpMessageInvoker? _client;
    private PartSender? _sender;

    internal HttpSink(SinkSetup setup, HttpSinkOptions options, UrlTemplate url)
    {
        (_setup, _options, _url) = (setup, options, url);
        _statuses = new StatusTable(options.Statuses, options.Compression != HttpCompression.None);
        _credentials = new HttpCredentials(options, setup.DataDirectory, setup.Time);
        _format = RequestFormats.Of(options, setup, _statuses);
        _logger = setup.Loggers.CreateLogger<HttpSink>();
        Traits = new SinkTraits
        {
            BatchBytesMax = options.BatchBytesMax,
            BatchEventsMax = Math.Min(options.BatchEventsMax, _format.EventsMax),
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
            var client = HttpConnections.Open(_options, _credentials.Tls(), _credentials.Proxy);
            _client?.Dispose();
            _client = client;
            var exchange = new HttpExchange(client, _credentials, _statuses, _format, _options, _setup.Time, _url.IsPerStream);
            _sender = new PartSender(exchange, _credentials, _format, _options, _url, _setup.EpochOf);
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
            if (!await SendAsync(batch, stream, Sendable(batch, indexes, verdicts), verdicts, cancel))
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

    // What the format refuses has its verdict without being sent.
    private List<int> Sendable(EventBatch batch, List<int> indexes, SinkVerdict[] verdicts)
    {
        var sendable = new List<int>(indexes.Count);
        foreach (var index in indexes)
        {
            if (_format.Refuse(batch[index]) is { } refused)
            {
                verdicts[index] = refused;
            }
            else
            {
                sendable.Add(index);
            }
        }
        return sendable;
    }

    // Sends what goes to one place. Returns whether to go on with other places.
    private async ValueTask<bool> SendAsync(
        EventBatch batch, string stream, List<int> indexes, SinkVerdict[] verdicts, CancellationToken cancel)
    {
        var rounds = new KeyRounds(batch, indexes, _format.EventsMax, _format.JudgesEvents && _options.KeyOrder);
        while (rounds.Next() is { Count: > 0 } round)
        {
            var part = new SinkVerdict[round.Count];
            Array.Fill(part, NotSent);
            var whole = await TrySendAsync(batch, stream, round.ToArray(), part, cancel);
            for (var i = 0; i < part.Length; i++)
            {
                verdicts[round[i]] = part[i];
                if (part[i].Kind is not (VerdictKind.Delivered or VerdictKind.Rejected))
                {
                    rounds.Hold(round[i]);
                }
            }
            if (!whole)
            {
                // Other streams have places of their own; what fails for the sink as a whole, or ran out of time, fails for them too.
                return !cancel.IsCancellationRequested && part.Any(verdict => verdict.Scope == VerdictScope.Stream);
            }
        }
        return true;
    }

    private async ValueTask<bool> TrySendAsync(
        EventBatch batch, string stream, ReadOnlyMemory<int> round, SinkVerdict[] part, CancellationToken cancel)
    {
        try
        {
            return await Bisection.RunAsync(part, (start, count) => _sender!.SendAsync(batch, stream, round.Slice(start, count), cancel));
        }
        catch (OperationCanceledException)
        {
            // What was decided before the attempt ended is decided.
            return false;
        }
    }
}
