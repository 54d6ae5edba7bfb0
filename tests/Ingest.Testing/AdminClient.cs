using System.Net;
using System.Text.Json;

namespace Ingest.Testing;

/// <summary>The admin listener, as an operator's script sees it.</summary>
public sealed class AdminClient(IngestSetup setup) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = setup.Admin, Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>The whole of <c>/status</c>; null without an answer.</summary>
    public async Task<JsonElement?> TryStatusAsync()
    {
        try
        {
            return await StatusAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>The whole of <c>/status</c>.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        using var document = JsonDocument.Parse(await _http.GetByteArrayAsync(new Uri("/status", UriKind.Relative)));
        return document.RootElement.Clone();
    }

    /// <summary>The text of <c>/metrics</c>.</summary>
    public Task<string> MetricsAsync() => _http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

    /// <summary>POSTs without a body and returns the status.</summary>
    public async Task<HttpStatusCode> PostAsync(string path)
    {
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content: null);
        return answer.StatusCode;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
