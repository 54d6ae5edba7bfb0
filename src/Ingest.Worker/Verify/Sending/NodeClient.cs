using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Ingest.Worker.Verify.Sending;

/// <summary>Posts requests to a node's intake. Any thread.</summary>
internal sealed class NodeClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _target;
    private readonly string _run;

    internal NodeClient(SendPlan plan, string run)
    {
        (_target, _run) = (plan.Target, run);
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = plan.Connections,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(handler) { Timeout = plan.Timeout };
        if (plan.Key.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", plan.Key);
        }
    }

    /// <summary>Posts events of one key. Every attempt at the same events has the same <c>Idempotency-Key</c>.</summary>
    /// <exception cref="OperationCanceledException">Interrupted: there is no answer, and none is known.</exception>
    internal async Task<SendAnswer> PostAsync(int key, long first, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _target) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        request.Headers.Add("Ingest-Key", EventText.KeyName(key));
        request.Headers.Add("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"{_run}-{key}-{first}"));
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            var problem = await answer.Content.ReadAsByteArrayAsync(cancel);
            return new SendAnswer((int)answer.StatusCode, CodeOf(problem), answer.Headers.RetryAfter?.Delta);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return new SendAnswer(0, e.Message, null);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string CodeOf(byte[] problem)
    {
        try
        {
            using var document = JsonDocument.Parse(problem);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("code", out var code)
                && code.ValueKind == JsonValueKind.String
                ? code.GetString()!
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
