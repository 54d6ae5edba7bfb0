using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Ingest.Operations.Status;

namespace Ingest.Operations.Fleet;

/// <summary>
/// Asks the other nodes for their status when an operator looks. However many look, each node is asked once a second at most. Any thread.
/// </summary>
/// <param name="options">Which nodes.</param>
/// <param name="token">What they are asked with; empty: nothing.</param>
/// <param name="own">This node.</param>
/// <param name="time">The clock.</param>
internal sealed class FleetReader(FleetOptions options, string token, StatusReader own, TimeProvider time) : IDisposable
{
    // A status has about 200 bytes a stream.
    private const int AnswerBytesMax = 16 * 1024 * 1024;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lazy<HttpClient> _http = new(() => NewClient(options, token));
    private readonly Lock _lock = new();

    // Under the lock: the last look, under way or done, and when it began.
    private Task<FleetPage>? _last;
    private long _begun;

    /// <summary>Reads this node and the others, as they are now or were a second ago.</summary>
    internal Task<FleetPage> ReadAsync(CancellationToken cancel)
    {
        Task<FleetPage> look;
        lock (_lock)
        {
            if (_last is null || (_last.IsCompleted && (time.GetElapsedTime(_begun) > Fresh || !_last.IsCompletedSuccessfully)))
            {
                _begun = time.GetTimestamp();
                _last = Task.Run(LookAsync, CancellationToken.None);
            }
            look = _last;
        }
        return look.WaitAsync(cancel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            _http.Value.Dispose();
        }
    }

    private async Task<FleetPage> LookAsync()
    {
        var self = PeerStatus.Of(own.Read());
        using var limit = new CancellationTokenSource(options.Timeout, time);
        IReadOnlyList<Uri> addresses;
        IReadOnlyList<string> failures;
        try
        {
            (addresses, failures) = await PeerAddresses.FindAsync(options.Peers, limit.Token);
        }
        catch (OperationCanceledException)
        {
            failures = [$"The names of the other nodes were not resolved within {options.Timeout.TotalSeconds:0.#} s."];
            addresses = [];
        }
        var peers = await Task.WhenAll(addresses.Select(address => AskAsync(address, self.Log?.Id)));
        var others = peers.OfType<PeerView>().OrderBy(peer => peer.Node ?? peer.Url, StringComparer.Ordinal);
        return new FleetPage([self.View("", self: true), .. others], failures);
    }

    // Null: it is this node, under another name.
    private async Task<PeerView?> AskAsync(Uri address, string? ownLog)
    {
        var url = address.GetLeftPart(UriPartial.Authority);
        try
        {
            using var answer = await _http.Value.GetAsync(new Uri(address, "/status"));
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                return new PeerView { Url = url, Error = "It wants another token than Admin:Token of this node." };
            }
            if (!answer.IsSuccessStatusCode)
            {
                return new PeerView { Url = url, Error = $"It answered {(int)answer.StatusCode}." };
            }
            var status = JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(), PeerJson.Default.PeerStatus);
            return status is null ? new PeerView { Url = url, Error = "It sent no status." }
                : status.Log?.Id is { } id && id == ownLog ? null
                : status.View(url, self: false);
        }
        catch (TaskCanceledException)
        {
            return new PeerView { Url = url, Error = $"It did not answer within {options.Timeout.TotalSeconds:0.#} s." };
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException)
        {
            return new PeerView { Url = url, Error = e is JsonException ? "What it sent is no status." : e.Message };
        }
    }

    private static HttpClient NewClient(FleetOptions options, string token)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = 2,
        };
        var http = new HttpClient(handler) { Timeout = options.Timeout, MaxResponseContentBufferSize = AnswerBytesMax };
        if (token.Length > 0)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return http;
    }
}
