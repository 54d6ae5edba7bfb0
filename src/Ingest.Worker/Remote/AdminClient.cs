using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Ingest.Operations.Status;

namespace Ingest.Worker.Remote;

/// <summary>Talks to a node's admin listener, and says plainly why it cannot.</summary>
internal sealed class AdminClient : IDisposable
{
    /// <summary>What stands before the path of a socket.</summary>
    internal const string UnixPrefix = "http://unix:";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly HttpClient _http;
    private readonly string _shown;
    private readonly string _origin;

    /// <param name="url">The admin listener.</param>
    /// <param name="token">What it wants to be shown; empty: nothing.</param>
    /// <param name="origin">What named the listener, for messages; empty: the command line or the settings.</param>
    internal AdminClient(string url, string token, string origin)
    {
        (_shown, Token) = (url, token);
        _origin = origin.Length > 0 ? $", from {origin}" : "";
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), UseProxy = false };
        var address = url;
        if (url.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            var endpoint = new UnixDomainSocketEndPoint(url[UnixPrefix.Length..]);
            handler.ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(endpoint, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            };
            address = "http://localhost";
        }
        if (!Uri.TryCreate(Reachable(address), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new CommandFailure(ExitCode.Usage, $"'{url}' is no address: http://HOST:PORT is meant.");
        }
        _http = new HttpClient(handler) { BaseAddress = uri, Timeout = Patience };
        // For the audit trail: who did it, as far as this machine knows.
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Ingest-Operator", Uri.EscapeDataString(Environment.UserName));
        if (token.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>What it shows the node; empty: nothing.</summary>
    internal string Token { get; }

    internal Task<NodeStatus> StatusAsync(CancellationToken cancel) => NodeStatusAsync(HttpMethod.Get, "/status", cancel);

    internal async Task<NodeStatus> NodeStatusAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        using var response = await SendAsync(method, path, content: null, cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        return await JsonSerializer.DeserializeAsync(body, StatusJson.Default.NodeStatus, cancel)
            ?? throw new CommandFailure(ExitCode.Unavailable, $"{_shown} answered with nothing.");
    }

    /// <summary>The answer as text.</summary>
    internal async Task<string> TextAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancel, EntityTagHeaderValue? ifMatch = null)
    {
        using var response = await SendAsync(method, path, content, cancel, ifMatch);
        return await response.Content.ReadAsStringAsync(cancel);
    }

    /// <summary>The answer, its body still to be read; never one that is not a success.</summary>
    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancel, EntityTagHeaderValue? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(ifMatch);
        }
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return response.IsSuccessStatusCode ? response : throw await RefusedAsync(response, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new CommandFailure(
                ExitCode.Unavailable,
                $"Nobody answers at {_shown} ({Cause(e)}{_origin}). Does the node run? Another address: --admin URL.");
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"{_shown} did not answer within {Patience.TotalSeconds:0} s.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // A listener on all addresses is on this machine's loopback too.
    private static string Reachable(string url) => url
        .Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://+", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://[::]", "://[::1]", StringComparison.Ordinal);

    private async Task<CommandFailure> RefusedAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancel);
            var detail = Member(text, "detail") ?? $"it answered {(int)response.StatusCode} {response.ReasonPhrase}.";
            return response.StatusCode switch
            {
                HttpStatusCode.Unauthorized => new CommandFailure(
                    ExitCode.Unavailable, $"The node at {_shown} wants its token: pass --token or set INGEST_Admin__Token."),
                HttpStatusCode.Forbidden => new CommandFailure(ExitCode.Unavailable, $"The node at {_shown} refuses: {detail}"),
                HttpStatusCode.NotFound when Member(text, "code") is null or "unknown_path" => new CommandFailure(
                    ExitCode.Unavailable, $"What answers at {_shown} is no admin listener: {detail}"),
                _ => new CommandFailure(ExitCode.NotFine, $"{char.ToUpperInvariant(detail[0])}{detail[1..]}"),
            };
        }
    }

    private static string? Member(string problem, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(problem);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var member)
                ? member.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Cause(HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "the name is unknown",
        HttpRequestError.SecureConnectionError => "the certificate is not trusted",
        HttpRequestError.ConnectionError when failure.InnerException is SocketException socket => socket.Message.ToLowerInvariant(),
        HttpRequestError.ResponseEnded => "the connection broke off",
        _ => failure.Message,
    };
}
