using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>One of several processes that deliver to one cluster, and what it was sent.</summary>
internal sealed class Peer : IDisposable
{
    private const int Keys = 10;
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(1) };
    private readonly AdminClient _admin;
    private readonly IngestSetup _setup;
    private readonly string _name;
    private int _sent;

    internal Peer(IngestSetup setup, string name)
    {
        (_setup, _name) = (setup, name);
        _admin = new AdminClient(setup);
        Process = IngestProcess.Start(setup);
    }

    internal IngestProcess Process { get; private set; }

    internal string Data => _setup.Data;

    /// <summary>Starts it again on its directory, having ended.</summary>
    internal void Relaunch()
    {
        Process.Dispose();
        Process = IngestProcess.Start(_setup);
    }

    /// <summary>Sends events one after the other; those that were acknowledged.</summary>
    internal async Task<List<string>> SendAsync(int events)
    {
        var acknowledged = new List<string>();
        for (; events > 0; events--)
        {
            acknowledged.Add(await SendOneAsync(default) ?? throw new InvalidOperationException($"{_name} refuses. {Process.Output}"));
        }
        return acknowledged;
    }

    /// <summary>Sends events one after the other until there is an end; the one under way then is of unknown outcome.</summary>
    internal async Task SendUntilAsync(List<string> acknowledged, List<string> doubtful, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var next = Text(_sent + 1);
            try
            {
                if (await SendOneAsync(end) is { } text)
                {
                    acknowledged.Add(text);
                    continue;
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // It is told below.
            }
            doubtful.Add(next);
        }
    }

    /// <summary>The lane as <c>/status</c> shows it.</summary>
    internal async Task<LaneReading?> TryReadLaneAsync() =>
        (await _admin.TryStatusAsync())?.GetProperty("lanes")[0].Deserialize<LaneReading>(JsonSerializerOptions.Web);

    /// <summary>Waits until the lane is like that.</summary>
    internal async Task UntilAsync(string what, Func<LaneReading, bool> isSo)
    {
        LaneReading? last = null;
        try
        {
            await Poll.Until($"{_name} {what}", async () => (last = await TryReadLaneAsync()) is { } lane && isSo(lane), Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {last}\n{Process.Output}", e);
        }
    }

    public void Dispose()
    {
        Process.Dispose();
        _admin.Dispose();
        _http.Dispose();
    }

    private string Text(int number) => string.Create(CultureInfo.InvariantCulture, $"{{\"of\":\"{_name}\",\"number\":{number}}}");

    private async Task<string?> SendOneAsync(CancellationToken end)
    {
        var number = ++_sent;
        var text = Text(number);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_setup.Intake, "/v1/events"))
        {
            Content = new StringContent(text, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Ingest-Key", string.Create(CultureInfo.InvariantCulture, $"k{number % Keys}"));
        using var answer = await _http.SendAsync(request, end);
        return answer.IsSuccessStatusCode ? text : null;
    }
}
