using System.Net.Http.Headers;
using System.Text;

namespace Ingest.Abuse;

/// <summary>A producer that does everything right, one request after the other over one connection.</summary>
/// <param name="intake">Whom it sends to.</param>
/// <param name="version">The HTTP it speaks; 2 in clear text, with prior knowledge.</param>
internal sealed class HonestProducer(Uri intake, Version version) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly byte[] Event = Encoding.UTF8.GetBytes("{\"honest\":\"" + new string('h', 200) + "\"}");

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
    {
        Timeout = TimeSpan.FromSeconds(20),
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly Uri _events = new(intake, "/v1/events");

    /// <summary>Requests answered 202, and all.</summary>
    internal (int Accepted, int All) Counts { get; private set; }

    /// <summary>Sends so many and says how long all but the slowest hundredth took at most, in milliseconds.</summary>
    internal async Task<double> MeasureAsync(int requests)
    {
        var took = new double[requests];
        for (var i = 0; i < requests; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await SendAsync();
            took[i] = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        }
        Array.Sort(took);
        return took[requests * 99 / 100];
    }

    /// <summary>Sends at an even pace until told to stop.</summary>
    internal async Task GoOnAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await SendAsync();
            await Task.Delay(Pause, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task SendAsync()
    {
        using var content = new ByteArrayContent(Event) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var accepted = false;
        try
        {
            using var answer = await _http.PostAsync(_events, content);
            accepted = (int)answer.StatusCode == 202;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // Counted below: an honest producer has a right to an answer.
        }
        Counts = (Counts.Accepted + (accepted ? 1 : 0), Counts.All + 1);
    }
}
